package order

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
)

type (
	stories = []decidertest.Story[Command, Event]
	events  = []Event
)

var (
	noon     = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	payBy    = noon.Add(time.Hour)
	fulfilBy = noon.Add(48 * time.Hour)

	teapot  = PriceNoted{"TEAPOT", Price{"A teapot", Money{2100, "EUR"}, 1}}
	cup     = PriceNoted{"CUP", Price{"A cup", Money{400, "EUR"}, 1}}
	yen     = PriceNoted{"FAN", Price{"A fan", Money{900, "JPY"}, 1}}
	jewel   = PriceNoted{"JEWEL", Price{"A jewel", Money{math.MaxInt64/2 + 1, "EUR"}, 1}}
	details = Details{
		Order: "o1", Customer: "c1", Email: "ann@example.com", Name: "Ann",
		ShipTo: Address{Street: "1 Main St", City: "Ghent", CountryCode: "BE"},
		Lines:  []Line{{"TEAPOT", "A teapot", 2, Money{2100, "EUR"}}},
		Total:  Money{4200, "EUR"},
	}
	asked = Place{
		Order: "o1", Customer: "c1", Email: "ann@example.com", Name: "Ann", ShipTo: details.ShipTo,
		Wanted: []Wanted{{"TEAPOT", 2}}, Transaction: "t1", Token: "tok_ok", At: noon, PayBy: payBy, FulfilBy: fulfilBy,
	}
	placed = WasPlaced{1, details, "t1", "tok_ok", noon, payBy, fulfilBy}

	confirmed  = WasConfirmed{2, details}
	requested  = CancellationRequested{2, details, ByCustomer, "changed my mind"}
	requested3 = CancellationRequested{3, details, ByCustomer, "changed my mind"}

	authorized = Fact{Kind: PaymentWasAuthorized, ID: "e1", Amount: Money{4200, "EUR"}}
	declined   = Fact{Kind: PaymentWasDeclined, ID: "e2", Detail: "card_declined"}
	short      = Fact{Kind: StockWasUnavailable, ID: "e3"}
	refused    = Fact{Kind: ShipmentWasRefused, ID: "e4", Detail: "address_refused"}
	notTaken   = Fact{Kind: PaymentCaptureFailed, ID: "e5"}
	booked     = Fact{Kind: ShipmentWasBooked, ID: "e6", Carrier: "swift", Tracking: "SW1"}
)

var orders = decider.Decider[State, Command, Event, struct{}]{Decide: Decide, Evolve: Evolve, Wake: Wake, Needs: Needs, Join: Join}

func TestDecide(t *testing.T) {
	t.Parallel()
	for name, stories := range map[string]stories{
		"place": placing, "confirm": confirming, "cancel": cancelling, "deliver": delivering, "record": recording,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decidertest.Run(t, orders, stories)
		})
	}
}

var placing = stories{
	{Name: "priced_from_the_book", Given: events{teapot}, When: asked, Then: events{placed}},
	{Name: "again_is_once", Given: events{teapot, placed}, When: asked},
	{Name: "again_after_a_price_change_is_once", When: asked, Given: events{
		teapot, placed, PriceNoted{"TEAPOT", Price{"A teapot", Money{9900, "EUR"}, 2}},
	}},
	{Name: "other_content_under_the_same_id", Given: events{teapot, placed}, When: with(func(p *Place) { p.Name = "Bob" }), Refused: ErrReused},
	{Name: "other_lines_under_the_same_id", Given: events{teapot, placed}, When: wanting(Wanted{"TEAPOT", 3}), Refused: ErrReused},
	{Name: "no_lines", Given: events{teapot}, When: wanting(), Refused: ErrNoLines},
	{Name: "unknown_item", Given: events{teapot}, When: wanting(Wanted{"TEAPOT", 1}, Wanted{"CUP", 1}), Refused: LineError{1, ErrUnknownItem}},
	{Name: "nothing_of_an_item", Given: events{teapot}, When: wanting(Wanted{"TEAPOT", 0}), Refused: LineError{0, ErrBadQuantity}},
	{Name: "less_than_nothing", Given: events{teapot}, When: wanting(Wanted{"TEAPOT", -1}), Refused: LineError{0, ErrBadQuantity}},
	{Name: "an_item_twice", Given: events{teapot}, When: wanting(Wanted{"TEAPOT", 1}, Wanted{"TEAPOT", 1}), Refused: LineError{1, ErrDuplicateItems}},
	{Name: "two_currencies", Given: events{teapot, yen}, When: wanting(Wanted{"TEAPOT", 1}, Wanted{"FAN", 1}), Refused: LineError{1, ErrMixedCurrency}},
	{Name: "line_overflows", Given: events{jewel}, When: wanting(Wanted{"JEWEL", 2}), Refused: LineError{0, ErrTooMuch}},
	{Name: "total_overflows", Given: events{jewel, PriceNoted{"CUP", jewel.Price}}, When: wanting(Wanted{"JEWEL", 1}, Wanted{"CUP", 1}), Refused: LineError{1, ErrTooMuch}},
	{Name: "price_is_noted", When: NotePrice(teapot), Then: events{teapot}},
	{Name: "older_price_comes_late", Given: events{PriceNoted{"TEAPOT", Price{"A teapot", Money{9900, "EUR"}, 2}}}, When: NotePrice(teapot)},
	{Name: "price_of_another_item", Given: events{cup}, When: NotePrice(teapot), Then: events{teapot}},
}

var confirming = stories{
	{Name: "stock_confirms", Given: events{placed}, When: Confirm{}, Then: events{confirmed}},
	{Name: "stock_twice", Given: events{placed, confirmed}, When: Confirm{}},
	{Name: "stock_while_cancelling", Given: events{placed, requested}, When: Confirm{}},
	{Name: "stock_after_the_end", Given: events{placed, requested, WasCancelled{3, details, ByCustomer}}, When: Confirm{}},
	{Name: "stock_before_the_order", When: Confirm{}, Refused: ErrImpossible},
	{Name: "decline_cancels", Given: events{placed}, When: Decline{declined}, Then: events{Recorded{"o1", declined}, WasCancelled{2, details, Declined}}},
	{Name: "decline_while_cancelling_waits_for_inventory", Given: events{placed, requested}, When: Decline{declined}, Then: events{Recorded{"o1", declined}}},
	{Name: "no_stock_cancels", Given: events{placed}, When: RunOut{short}, Then: events{Recorded{"o1", short}, WasCancelled{2, details, OutOfStock}}},
	{Name: "no_stock_while_cancelling_keeps_the_reason", Given: events{placed, requested}, When: RunOut{short}, Then: events{Recorded{"o1", short}, WasCancelled{3, details, ByCustomer}}},
}

var cancelling = stories{
	{Name: "placed", Given: events{placed}, When: byCustomer, Then: events{requested}},
	{Name: "confirmed", Given: events{placed, confirmed}, When: byCustomer, Then: events{requested3}},
	{Name: "twice", Given: events{placed, requested}, When: byCustomer},
	{Name: "cancelled_already", Given: events{placed, requested, WasCancelled{3, details, ByCustomer}}, When: byCustomer},
	{Name: "unknown_order", When: byCustomer, Refused: ErrUnknown},
	{Name: "dispatched", Given: events{placed, confirmed, WasDispatched{3, details, "", ""}}, When: byCustomer, Refused: ErrTooLate},
	{Name: "refused_before", Given: events{placed, confirmed, requested3, CancellationRefused{4, details, ByCustomer}}, When: byCustomer, Refused: ErrTooLate},
	{Name: "expired", Given: events{placed}, When: Expire{payBy}, Then: events{CancellationRequested{2, details, Expired, ""}}},
	{Name: "not_yet_expired", Given: events{placed}, When: Expire{payBy.Add(-1)}},
	{Name: "expiry_spares_a_confirmed_order", Given: events{placed, confirmed}, When: Expire{payBy}},
	{Name: "overdue", Given: events{placed, confirmed}, When: Expire{fulfilBy}, Then: events{CancellationRequested{3, details, Overdue, ""}}},
	{Name: "overdue_spares_what_is_leaving", Given: events{placed, confirmed, requested3, CancellationRefused{4, details, ByCustomer}}, When: Expire{fulfilBy}},
	{Name: "carrier_refuses", Given: events{placed, confirmed}, When: Cancel{CarrierRefused, "", refused}, Then: events{Recorded{"o1", refused}, CancellationRequested{3, details, CarrierRefused, ""}}},
	{Name: "carrier_refuses_while_cancelling", Given: events{placed, confirmed, requested3}, When: Cancel{CarrierRefused, "", refused}, Then: events{Recorded{"o1", refused}}},
	{Name: "capture_fails", Given: events{placed, confirmed}, When: Cancel{CaptureFailed, "", notTaken}, Then: events{Recorded{"o1", notTaken}, CancellationRequested{3, details, CaptureFailed, ""}}},
	{Name: "capture_fails_before_the_order", When: Cancel{CaptureFailed, "", notTaken}, Refused: ErrImpossible},
	{Name: "release_cancels", Given: events{placed, requested}, When: Close{}, Then: events{WasCancelled{3, details, ByCustomer}}},
	{Name: "release_twice", Given: events{placed, requested, WasCancelled{3, details, ByCustomer}}, When: Close{}},
	{Name: "release_refused_resumes", Given: events{placed, confirmed, requested3}, When: Resume{}, Then: events{CancellationRefused{4, details, ByCustomer}}},
	{Name: "release_refused_after_dispatch", Given: events{placed, confirmed, WasDispatched{3, details, "", ""}}, When: Resume{}},
}

var delivering = stories{
	{Name: "dispatch", Given: events{placed, confirmed}, When: Dispatch{}, Then: events{WasDispatched{3, details, "", ""}}},
	{Name: "dispatch_twice", Given: events{placed, confirmed, WasDispatched{3, details, "", ""}}, When: Dispatch{}},
	{Name: "dispatch_tells_the_carrier", Given: events{placed, confirmed, Recorded{"o1", booked}}, When: Dispatch{}, Then: events{WasDispatched{3, details, "swift", "SW1"}}},
	{Name: "dispatch_wins_over_cancelling", Given: events{placed, confirmed, requested3}, When: Dispatch{}, Then: events{
		CancellationRefused{4, details, ByCustomer}, WasDispatched{5, details, "", ""},
	}},
	{Name: "dispatch_of_a_placed_order", Given: events{placed}, When: Dispatch{}, Refused: ErrImpossible},
	{Name: "dispatch_of_a_cancelled_order", Given: events{placed, requested, WasCancelled{3, details, ByCustomer}}, When: Dispatch{}, Refused: ErrImpossible},
	{Name: "ship", Given: events{placed, confirmed, WasDispatched{3, details, "", ""}}, When: Ship{}, Then: events{WasShipped{4, details, "", ""}}},
	{Name: "ship_heard_first", Given: events{placed, confirmed}, When: Ship{}, Then: events{WasDispatched{3, details, "", ""}, WasShipped{4, details, "", ""}}},
	{Name: "deliver_heard_first_of_all", Given: events{placed, confirmed, requested3}, When: Deliver{}, Then: events{
		CancellationRefused{4, details, ByCustomer}, WasDispatched{5, details, "", ""}, WasShipped{6, details, "", ""}, WasDelivered{7, details, "", ""},
	}},
	{Name: "ship_after_delivery", When: Ship{}, Given: events{
		placed, confirmed, WasDispatched{3, details, "", ""}, WasShipped{4, details, "", ""}, WasDelivered{5, details, "", ""},
	}},
}

var recording = stories{
	{Name: "authorized", Given: events{placed}, When: Record{authorized}, Then: events{Recorded{"o1", authorized}}},
	{Name: "twice", Given: events{placed, Recorded{"o1", authorized}}, When: Record{authorized}},
	{Name: "after_the_end", Given: events{placed, requested, WasCancelled{3, details, ByCustomer}}, When: Record{authorized}, Then: events{Recorded{"o1", authorized}}},
	{Name: "before_the_order", When: Record{authorized}, Refused: ErrImpossible},
}

var byCustomer = Cancel{Reason: ByCustomer, Note: "changed my mind"}

func with(change func(*Place)) Place {
	p := asked
	change(&p)
	return p
}

func wanting(wanted ...Wanted) Place { return with(func(p *Place) { p.Wanted = wanted }) }

func TestAwaited(t *testing.T) {
	t.Parallel()
	since := func(facts ...string) []string { return facts }
	captured := Recorded{"o1", Fact{Kind: PaymentWasCaptured, ID: "e7", Amount: Money{4200, "EUR"}}}
	cases := []struct {
		name  string
		given events
		want  []Await
	}{
		{"nothing_of_an_unknown_order", nil, nil},
		{"money_first", events{placed}, []Await{{PaymentWasAuthorized, "payment", since(orderPlaced), payBy}}},
		{"then_stock", events{placed, Recorded{"o1", authorized}}, []Await{{stockReserved, "inventory", since(PaymentWasAuthorized), payBy}}},
		{"then_a_carrier", events{placed, confirmed}, []Await{{ShipmentWasBooked, "shipping", since(orderConfirmed), fulfilBy}}},
		{"then_the_capture", events{placed, confirmed, Recorded{"o1", booked}}, []Await{{PaymentWasCaptured, "payment", since(orderConfirmed, ShipmentWasBooked), fulfilBy}}},
		{"then_the_goods", events{placed, confirmed, Recorded{"o1", booked}, captured}, []Await{{stockDispatched, "inventory", since(orderConfirmed, PaymentWasCaptured), fulfilBy}}},
		{"then_the_parcel", events{placed, confirmed, WasDispatched{3, details, "", ""}}, []Await{{Fact: shipmentShipped, From: "shipping", After: since(orderDispatched)}}},
		{"inventory_when_cancelling", events{placed, requested}, []Await{{Fact: stockReleased, From: "inventory", After: since(orderRequested)}}},
		{"the_money_back_when_cancelled", events{placed, Recorded{"o1", authorized}, captured, WasCancelled{2, details, OutOfStock}}, []Await{
			{Fact: PaymentWasRefunded, From: "payment", After: since(orderCancelled, PaymentWasAuthorized, PaymentWasCaptured)},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Awaited(orders.Fold(State{}, c.given...))); diff != "" {
				t.Errorf("Awaited: (-want +got)\n%s", diff)
			}
		})
	}
}
