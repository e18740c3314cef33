package notifyd

import (
	"testing"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
	"orpheus.example/notify"
)

// TestPartIsWhatNotifyDoes walks through the mails about orders of which four
// facts are heard: the first, any one, the last, and a refund. All eight would
// make millions of states and show nothing else: what a fact may lead to depends
// on whether another is missing before it, and not on which.
func TestPartIsWhatNotifyDoes(t *testing.T) {
	t.Parallel()
	met := whatIsSaid(t)
	first, last, refund := on(&orderv1.OrderPlaced{}), on(&orderv1.OrderDelivered{}), on(&paymentv1.PaymentRefunded{})
	var worlds []world
	for other := range met {
		worlds = append(worlds, worldOf(map[choreography.Cause][]notify.Command{
			first: met[first], other: met[other], last: met[last], refund: met[refund],
		}))
	}
	choreographytest.Check(t, Part, worlds...)
}

type world = choreographytest.World[notify.State, notify.Command, notify.Event, notify.Call]

var on = choreography.Fact

func worldOf(met map[choreography.Cause][]notify.Command) world {
	return world{
		Decider: decider.Decider[notify.State, notify.Command, notify.Event, notify.Call]{
			Decide: notify.Decide, Evolve: notify.Evolve, Owe: owe, Wake: notify.Wake,
		},
		Met:   met,
		Says:  func(notify.Event) string { return "" }, // nothing is
		Alarm: func(notify.State) string { return waitOver },
		Call: func(c notify.Call) (string, []notify.Command) {
			return sendMail, []notify.Command{notify.NoteSent{ID: c.Mail.ID}, notify.NoteRefused{ID: c.Mail.ID}}
		},
	}
}

func whatIsSaid(t *testing.T) map[choreography.Cause][]notify.Command {
	t.Helper()
	total := &moneypb.Money{CurrencyCode: "EUR", Units: 21}
	details := &orderv1.OrderDetails{Email: "ann@example.com", Total: total}
	// Waits end at different times, the later the further a fact is down the
	// line, as if each had been heard a little after the one before it.
	now := time.Unix(0, 0)
	hearing := ears{now: func() time.Time { now = now.Add(time.Second); return now }, gapWait: time.Minute}
	return choreographytest.Heard(t, hearing.react,
		&orderv1.OrderPlaced{OrderId: "o1", Sequence: 1, Order: details},
		&orderv1.OrderConfirmed{OrderId: "o1", Sequence: 2, Order: details},
		&orderv1.OrderCancellationRequested{OrderId: "o1", Sequence: 3, Order: details},
		&orderv1.OrderCancellationRefused{OrderId: "o1", Sequence: 4, Order: details},
		&orderv1.OrderCancelled{OrderId: "o1", Sequence: 4, Order: details},
		&orderv1.OrderDispatched{OrderId: "o1", Sequence: 5, Order: details},
		&orderv1.OrderShipped{OrderId: "o1", Sequence: 6, Order: details},
		&orderv1.OrderDelivered{OrderId: "o1", Sequence: 7, Order: details},
		&paymentv1.PaymentRefunded{OrderId: "o1", Amount: total},
	)
}
