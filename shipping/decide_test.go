package shipping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
	"orpheus.example/shipping"
)

type (
	story  = decidertest.Story[shipping.Command, shipping.Event]
	events = []shipping.Event
)

// deciding is the decider as the service runs it.
var deciding = decider.Decider[shipping.State, shipping.Command, shipping.Event, shipping.Call]{
	Decide: shipping.Decide,
	Evolve: shipping.Evolve,
	Owe: func(s shipping.State) []decider.Duty[shipping.Call] {
		var duties []decider.Duty[shipping.Call]
		for _, d := range shipping.Owe(s) {
			duties = append(duties, decider.Duty[shipping.Call](d))
		}
		return duties
	},
	Wake: shipping.Wake,
}

var (
	order = shipping.OrderConfirmed{
		Order: "o1", Name: "Ada", ShipTo: shipping.Address{Street: "1 Row", City: "Bath", CountryCode: "GB"},
		Lines: []shipping.Line{{SKU: "TEAPOT", Quantity: 2}}, Carriers: []string{"swift", "snail"},
	}

	// chosen is the same where the first carrier can be asked at once.
	chosen = func() shipping.OrderConfirmed {
		c := order
		c.Chosen = "swift"
		return c
	}()

	opened     = shipping.WasOpened(order)
	choseSwift = shipping.CarrierChosen{Order: "o1", Carrier: "swift"}
	choseSnail = shipping.CarrierChosen{Order: "o1", Carrier: "snail"}
	swiftNo    = shipping.CarrierRefused{Order: "o1", Carrier: "swift", Code: "address_refused", Message: "no"}
	snailNo    = shipping.CarrierRefused{Order: "o1", Carrier: "snail", Code: "address_refused", Message: "no"}
	booked     = shipping.WasBooked{Order: "o1", Carrier: "swift", Tracking: "SW1", Label: "lbl_1"}
	refused    = shipping.WasRefused{Order: "o1", Refusals: []shipping.Refusal{
		{Carrier: "swift", Code: "address_refused", Message: "no"},
		{Carrier: "snail", Code: "address_refused", Message: "no"},
	}}
	cancelNoted = shipping.CancellationNoted{Order: "o1"}
	cancelled   = shipping.WasCancelled{Order: "o1", Carrier: "swift", Tracking: "SW1"}
	closed      = shipping.WasClosed{Order: "o1"}
	handedOver  = shipping.WasHandedOver{Order: "o1"}
	accepted    = shipping.WasAccepted{Order: "o1"}
	shipped     = shipping.WasShipped{Order: "o1", Carrier: "swift", Tracking: "SW1"}
	delivered   = shipping.WasDelivered{Order: "o1", Carrier: "swift", Tracking: "SW1"}
	lost        = shipping.WasLost{Order: "o1", Note: "fell off"}

	cancel    = shipping.Cancel{Order: "o1"}
	swiftBook = shipping.NoteBooked{Carrier: "swift", Label: "lbl_1", Tracking: "SW1"}
	swiftRefs = shipping.NoteRefused{Carrier: "swift", Code: "address_refused", Message: "no"}
	snailRefs = shipping.NoteRefused{Carrier: "snail", Code: "address_refused", Message: "no"}
	inTransit = shipping.Track{Status: shipping.InTransit}
	arrived   = shipping.Track{Status: shipping.Arrived}
	missing   = shipping.Track{Status: shipping.Missing, Note: "fell off"}

	asking = events{opened, choseSwift}
	ready  = events{opened, choseSwift, booked}
	gone   = events{opened, choseSwift, booked, handedOver}
)

// after returns past and what happened since.
func after(past events, since ...shipping.Event) events {
	return append(append(events{}, past...), since...)
}

func TestDecideBooking(t *testing.T) {
	t.Parallel()
	nobody, strange := order, order
	nobody.Carriers, strange.Chosen = nil, "pigeon"
	decidertest.Run(t, deciding, []story{
		{Name: "a_confirmed_order_is_to_be_booked", When: shipping.Open(order), Then: events{opened}},
		{Name: "who_is_asked_first_may_be_known_at_once", When: shipping.Open(chosen), Then: events{shipping.WasOpened(chosen)}},
		{Name: "whoever_is_not_to_be_asked_is_not_chosen", When: shipping.Open(strange), Then: events{opened}},
		{Name: "chosen_at_once_and_books", Given: events{shipping.WasOpened(chosen)}, When: swiftBook, Then: events{booked}},
		{Name: "chosen_at_once_and_refuses", Given: events{shipping.WasOpened(chosen)}, When: swiftRefs, Then: events{swiftNo}},
		{Name: "a_confirmed_order_heard_twice_is_opened_once", Given: ready, When: shipping.Open(order)},
		{
			Name: "without_carriers_it_is_refused", When: shipping.Open(nobody),
			Then: events{shipping.WasOpened(nobody), shipping.WasRefused{Order: "o1"}},
		},
		{Name: "a_carrier_is_chosen", Given: events{opened}, When: shipping.Choose{Carrier: "swift"}, Then: events{choseSwift}},
		{Name: "a_less_preferred_carrier_is_chosen", Given: events{opened}, When: shipping.Choose{Carrier: "snail"}, Then: events{choseSnail}},
		{Name: "another_choice_comes_too_late", Given: asking, When: shipping.Choose{Carrier: "snail"}},
		{Name: "a_carrier_that_is_no_candidate", Given: events{opened}, When: shipping.Choose{Carrier: "pigeon"}},
		{Name: "the_carrier_books", Given: asking, When: swiftBook, Then: events{booked}},
		{Name: "the_carrier_books_once", Given: ready, When: swiftBook},
		{Name: "the_carrier_refuses", Given: asking, When: swiftRefs, Then: events{swiftNo}},
		{Name: "the_carrier_refuses_once", Given: after(asking, swiftNo), When: swiftRefs},
		{Name: "who_refused_is_not_chosen_again", Given: after(asking, swiftNo), When: shipping.Choose{Carrier: "swift"}},
		{Name: "the_next_is_chosen", Given: after(asking, swiftNo), When: shipping.Choose{Carrier: "snail"}, Then: events{choseSnail}},
		{Name: "a_late_no_of_the_first_is_not_the_seconds", Given: after(asking, swiftNo, choseSnail), When: swiftRefs},
		{Name: "the_last_refuses", Given: after(asking, swiftNo, choseSnail), When: snailRefs, Then: events{snailNo, refused}},
		{Name: "nobody_is_left_to_choose", Given: after(asking, swiftNo, choseSnail, snailNo, refused), When: shipping.Choose{Carrier: "snail"}},
	})
}

// A cancellation against every phase.
func TestDecideCancel(t *testing.T) {
	t.Parallel()
	remembered := after(asking, cancelNoted)
	decidertest.Run(t, deciding, []story{
		{Name: "before_the_order_is_a_tombstone", When: cancel, Then: events{closed}},
		{Name: "before_the_order_twice", Given: events{closed}, When: cancel},
		{Name: "an_order_after_its_cancellation_is_never_booked", Given: events{closed}, When: shipping.Open(order)},
		{Name: "before_a_carrier_is_asked_closes_at_once", Given: events{opened}, When: cancel, Then: events{closed}},
		{Name: "a_choice_comes_too_late", Given: events{opened, closed}, When: shipping.Choose{Carrier: "swift"}},
		{Name: "between_two_carriers_closes_at_once", Given: after(asking, swiftNo), When: cancel, Then: events{closed}},
		{Name: "while_booking_is_remembered", Given: asking, When: cancel, Then: events{cancelNoted}},
		{Name: "once_somebody_is_chosen_is_remembered", Given: events{shipping.WasOpened(chosen)}, When: cancel, Then: events{cancelNoted}},
		{Name: "while_booking_twice_is_remembered_once", Given: remembered, When: cancel},
		{Name: "remembered_a_late_label_is_booked", Given: remembered, When: swiftBook, Then: events{booked}},
		{Name: "remembered_a_late_label_is_cancelled", Given: after(remembered, booked), When: shipping.NoteCancelled{}, Then: events{cancelled}},
		{Name: "remembered_nobody_else_is_asked", Given: remembered, When: swiftRefs, Then: events{swiftNo, closed}},
		{
			Name: "remembered_and_refused_by_the_last", Given: after(asking, swiftNo, choseSnail, cancelNoted),
			When: snailRefs, Then: events{snailNo, refused},
		},
		{Name: "of_a_booked_parcel", Given: ready, When: cancel, Then: events{cancelNoted}},
		{Name: "of_a_booked_parcel_twice", Given: after(ready, cancelNoted), When: cancel},
		{Name: "the_label_is_cancelled", Given: after(ready, cancelNoted), When: shipping.NoteCancelled{}, Then: events{cancelled}},
		{Name: "the_label_is_cancelled_once", Given: after(ready, cancelNoted, cancelled), When: shipping.NoteCancelled{}},
		{Name: "of_a_refused_parcel_does_nothing", Given: after(asking, swiftNo, choseSnail, snailNo, refused), When: cancel},
		{Name: "after_the_label_does_nothing", Given: after(ready, cancelNoted, cancelled), When: cancel},
		{Name: "after_the_goods_have_left", Given: gone, When: cancel, Refused: shipping.ErrImpossible},
		{Name: "nobody_asked_to_cancel", Given: ready, When: shipping.NoteCancelled{}},
	})
}

func TestDecideParcel(t *testing.T) {
	t.Parallel()
	decidertest.Run(t, deciding, []story{
		{Name: "goods_leave", Given: ready, When: shipping.HandOver{}, Then: events{handedOver}},
		{Name: "goods_leave_once", Given: gone, When: shipping.HandOver{}},
		{Name: "goods_leave_once_heard_late", Given: after(gone, shipped, delivered), When: shipping.HandOver{}},
		{Name: "goods_never_leave_unbooked", Given: asking, When: shipping.HandOver{}, Refused: shipping.ErrImpossible},
		{Name: "goods_never_leave_for_a_cancelled_order", Given: events{closed}, When: shipping.HandOver{}, Refused: shipping.ErrImpossible},
		{Name: "the_carrier_takes_the_parcel", Given: gone, When: shipping.NoteAccepted{}, Then: events{accepted}},
		{Name: "the_carrier_takes_the_parcel_once", Given: after(gone, accepted), When: shipping.NoteAccepted{}},
		{Name: "the_carrier_takes_a_parcel_that_was_tracked_before", Given: after(gone, shipped), When: shipping.NoteAccepted{}, Then: events{accepted}},
		{Name: "the_parcel_is_on_its_way", Given: after(gone, accepted), When: inTransit, Then: events{shipped}},
		{Name: "the_parcel_is_on_its_way_once", Given: after(gone, accepted, shipped), When: inTransit},
		{Name: "the_parcel_arrives", Given: after(gone, accepted, shipped), When: arrived, Then: events{delivered}},
		{Name: "the_parcel_arrives_once", Given: after(gone, shipped, delivered), When: arrived},
		{Name: "on_its_way_is_skipped", Given: gone, When: arrived, Then: events{shipped, delivered}},
		{Name: "on_its_way_after_it_arrived", Given: after(gone, shipped, delivered), When: inTransit},
		{Name: "the_parcel_is_lost", Given: after(gone, accepted, shipped), When: missing, Then: events{lost}},
		{Name: "the_parcel_is_lost_before_it_was_on_its_way", Given: gone, When: missing, Then: events{lost}},
		{Name: "the_parcel_is_lost_once", Given: after(gone, lost), When: missing},
		{Name: "a_lost_parcel_turns_up", Given: after(gone, shipped, lost), When: arrived, Then: events{delivered}},
		{Name: "a_delivered_parcel_is_not_lost", Given: after(gone, shipped, delivered), When: missing, Refused: shipping.ErrDelivered},
		{Name: "a_carrier_without_news", Given: gone, When: shipping.Track{}},
		{Name: "tracking_before_the_goods_have_left", Given: ready, When: inTransit, Refused: shipping.ErrNotHandedOver},
		{Name: "tracking_a_cancelled_parcel", Given: after(ready, cancelNoted), When: arrived, Refused: shipping.ErrNotHandedOver},
		{Name: "tracking_an_unknown_parcel", When: arrived, Refused: shipping.ErrUnknown},
	})
}

func TestReact(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		heard shipping.Heard
		want  shipping.Command
	}{
		{"a_confirmed_order_is_booked", order, shipping.Open(order)},
		{"goods_that_left_are_handed_over", shipping.StockDispatched{Order: "o1"}, shipping.HandOver{}},
		{"a_cancelled_order_is_not_shipped", shipping.OrderCancelled{Order: "o1"}, cancel},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []shipping.Reaction{{To: "shipment-o1", Do: c.want}}
			if diff := cmp.Diff(want, shipping.React(c.heard)); diff != "" {
				t.Errorf("React(%+v): (-want +got)\n%s", c.heard, diff)
			}
		})
	}
}

func TestOwe(t *testing.T) {
	t.Parallel()
	one := func(key string, do shipping.Call) []shipping.Duty { return []shipping.Duty{{Key: key, Do: do}} }
	book := func(carrier string) shipping.Call {
		return shipping.CallBook{
			Key: "o1/book-" + carrier, Carrier: carrier, Order: "o1", Name: order.Name, ShipTo: order.ShipTo, Lines: order.Lines,
		}
	}
	track := shipping.CallTrack{Carrier: "swift", Label: "lbl_1"}
	cases := []struct {
		name  string
		given events
		want  []shipping.Duty
	}{
		{"nothing_before_the_order", nil, nil},
		{"a_choice", events{opened}, one("choose", shipping.CallChoose{Carriers: []string{"swift", "snail"}})},
		{"a_booking_at_once", events{shipping.WasOpened(chosen)}, one("book-swift", book("swift"))},
		{"a_booking", asking, one("book-swift", book("swift"))},
		{"a_choice_among_the_rest", after(asking, swiftNo), one("choose", shipping.CallChoose{Carriers: []string{"snail"}})},
		{"a_booking_with_the_second", after(asking, swiftNo, choseSnail), one("book-snail", book("snail"))},
		{"a_booking_of_a_cancelled_order", after(asking, cancelNoted), one("book-swift", book("swift"))},
		{"a_cancelled_label", after(asking, cancelNoted, booked), one("cancel", shipping.CallCancel{Carrier: "swift", Label: "lbl_1"})},
		{"nothing_while_booked", ready, nil},
		{"a_hand_over", gone, one("hand-over", shipping.CallHandOver{Carrier: "swift", Label: "lbl_1"})},
		{"a_hand_over_after_a_word_of_the_carrier", after(gone, shipped), one("hand-over", shipping.CallHandOver{Carrier: "swift", Label: "lbl_1"})},
		{"tracking", after(gone, accepted, shipped), one("track", track)},
		{"tracking_of_a_lost_parcel", after(gone, accepted, shipped, lost), one("track", track)},
		{"nothing_after_delivery", after(gone, shipped, delivered), nil},
		{"nothing_after_cancellation", after(ready, cancelNoted, cancelled), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := shipping.Owe(deciding.Fold(shipping.State{}, c.given...))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Owe(): (-want +got)\n%s", diff)
			}
		})
	}
}
