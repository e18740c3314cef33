package shippingd

import (
	"fmt"
	"testing"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
	"orpheus.example/shipping"
)

// TestPartIsWhatShippingDoes walks through all that may become of a shipment,
// with two carriers and with none.
func TestPartIsWhatShippingDoes(t *testing.T) {
	t.Parallel()
	choreographytest.Check(t, Part, choreographytest.World[shipping.State, shipping.Command, shipping.Event, shipping.Call]{
		Decider: decider.Decider[shipping.State, shipping.Command, shipping.Event, shipping.Call]{
			Decide: shipping.Decide, Evolve: shipping.Evolve, Owe: owe,
		},
		Met:  whatIsMet(t),
		Says: choreographytest.Names(t, codec, says),
		Call: whatCarriersAnswer,
	})
}

func whatIsMet(t *testing.T) map[choreography.Cause][]shipping.Command {
	t.Helper()
	confirmed := &orderv1.OrderConfirmed{OrderId: "o1"}
	both := []string{"swift", "snail"}
	two, asleep, none := hearer{both, preferred}, hearer{both, down}, hearer{nil, down}
	met := choreographytest.Heard(t, two.react,
		confirmed, &orderv1.OrderCancelled{OrderId: "o1"}, &inventoryv1.StockDispatched{OrderId: "o1"})
	on := choreography.Fact(confirmed)
	for _, other := range []hearer{asleep, none} {
		met[on] = append(met[on], choreographytest.Heard(t, other.react, confirmed)[on]...)
	}
	met[choreography.Request(shippingv1.ShippingService_RecordTracking_FullMethodName)] = words()
	return met
}

// words are all that a carrier may say of a parcel.
func words() []shipping.Command {
	return []shipping.Command{
		shipping.Track{Status: shipping.NoWord}, shipping.Track{Status: shipping.InTransit},
		shipping.Track{Status: shipping.Arrived}, shipping.Track{Status: shipping.Missing},
	}
}

func whatCarriersAnswer(c shipping.Call) (call string, answers []shipping.Command) {
	switch c := c.(type) {
	case shipping.CallChoose:
		for _, carrier := range c.Carriers {
			answers = append(answers, shipping.Choose{Carrier: carrier})
		}
		return choose, answers
	case shipping.CallBook:
		return book, []shipping.Command{
			shipping.NoteBooked{Carrier: c.Carrier, Label: "l1", Tracking: "SW1"}, shipping.NoteRefused{Carrier: c.Carrier, Code: "no"},
		}
	case shipping.CallHandOver:
		return handOver, []shipping.Command{shipping.NoteAccepted{}}
	case shipping.CallTrack:
		return track, words()
	case shipping.CallCancel:
		return cancelLabel, []shipping.Command{shipping.NoteCancelled{}}
	}
	panic(fmt.Sprintf("call of unknown kind %T", c))
}
