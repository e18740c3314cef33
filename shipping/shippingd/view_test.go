package shippingd

import (
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/shipping"
)

// TestRowKnowsItsState: a row holds little of a shipment, and yet comes to the same
// state as the shipment does.
func TestRowKnowsItsState(t *testing.T) {
	t.Parallel()
	opened, chosen := shipping.WasOpened{Order: "o1", Carriers: []string{"swift"}}, shipping.CarrierChosen{Order: "o1", Carrier: "swift"}
	booked, noted := shipping.WasBooked{Order: "o1", Carrier: "swift"}, shipping.CancellationNoted{Order: "o1"}
	for name, life := range map[string][]shipping.Event{
		"closed":  {shipping.WasClosed{Order: "o1"}},
		"refused": {opened, chosen, shipping.CarrierRefused{Order: "o1", Carrier: "swift"}, shipping.WasRefused{Order: "o1"}},
		"delivered": {
			opened, chosen, booked, shipping.WasHandedOver{Order: "o1"}, shipping.WasAccepted{Order: "o1"}, shipping.WasLost{Order: "o1"},
			shipping.WasShipped{Order: "o1"}, shipping.WasDelivered{Order: "o1"},
		},
		"cancelled_when_booked":    {opened, chosen, booked, noted, shipping.WasCancelled{Order: "o1"}},
		"cancelled_before_booking": {opened, chosen, noted, booked, shipping.WasCancelled{Order: "o1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s shipping.State
			var r row
			for i, e := range life {
				s = shipping.Evolve(s, e)
				show(&r, e, eventlog.Record{Version: int64(i + 1)})
				if r.state != phases[s.Phase] {
					t.Fatalf("after event %d the row is %s; want %s", i+1, r.state, phases[s.Phase])
				}
			}
		})
	}
}
