package notifyd

import (
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/choreography"
)

// The call to the mail server, and the alarm at the end of a wait for a fact
// that is missing.
const (
	sendMail = "mail"
	waitOver = "wait_over"
)

// Part is notify's part in the choreography: what package notify decides, seen
// from outside. It drives nothing; a test explores states of an order's mails
// and compares.
var Part = choreography.Part{
	Service: Name,
	Hears:   hears.Names(),
	Moves: []choreography.Move{
		{On: choreography.Fact(&orderv1.OrderPlaced{}), Owes: oneMail}, // the first of its order: nothing is missing before it

		{On: choreography.Fact(&orderv1.OrderConfirmed{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderCancellationRequested{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderCancellationRefused{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderCancelled{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderDispatched{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderShipped{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&orderv1.OrderDelivered{}), Owes: oneMail, Sets: aWait},
		{On: choreography.Fact(&paymentv1.PaymentRefunded{}), Owes: oneMail},

		{On: choreography.Call(sendMail), Owes: oneMail}, // the next of its order
		{On: choreography.Alarm(waitOver), Owes: oneMail, Sets: aWait},
	},
}

var (
	oneMail = []string{sendMail}
	aWait   = []string{waitOver}
)
