package paymentd

import (
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
)

// The calls to the provider.
const (
	authorize  = "authorize"
	capture    = "capture"
	void       = "void"
	giveRefund = "refund"
)

// Part is payment's part in the choreography: what package payment decides, seen
// from outside. It drives nothing; a test explores all states of a payment and
// compares.
var Part = choreography.Part{
	Service: Name,
	Says:    says.Names(),
	Hears:   hears.Names(),
	Moves: []choreography.Move{
		{On: choreography.Fact(&orderv1.OrderPlaced{}), Owes: []string{authorize}},
		{On: choreography.Fact(&shippingv1.ShipmentBooked{}), Owes: []string{capture}},
		{On: choreography.Fact(&inventoryv1.StockUnavailable{}), Owes: []string{void}},
		{On: choreography.Fact(&orderv1.OrderCancelled{}), Owes: []string{void, giveRefund}},
		{On: choreography.Request(paymentv1.PaymentService_RefundPayment_FullMethodName), Owes: []string{giveRefund}},

		// The answers. What is owed then is what a cancellation demands that was
		// heard while the call was under way.
		{
			On:   choreography.Call(authorize),
			Says: choreography.Facts(&paymentv1.PaymentAuthorized{}, &paymentv1.PaymentDeclined{}), Owes: []string{void},
		},
		{
			On:   choreography.Call(capture),
			Says: choreography.Facts(&paymentv1.PaymentCaptured{}, &paymentv1.PaymentCaptureFailed{}), Owes: []string{void, giveRefund},
		},
		{On: choreography.Call(void), Says: choreography.Facts(&paymentv1.PaymentVoided{})},
		{
			On:   choreography.Call(giveRefund),
			Says: choreography.Facts(&paymentv1.PaymentRefunded{}), Owes: []string{giveRefund},
		},
	},
}
