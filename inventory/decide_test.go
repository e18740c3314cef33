package inventory

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
)

type (
	stories = []decidertest.Story[Command, Event]
	events  = []Event
)

var warehouse = decider.Decider[State, Command, Event, struct{}]{
	Decide: Decide, Evolve: Evolve, Wake: Wake, Needs: Needs, Join: Join, Of: Of,
}

var (
	euro21 = Money{2100, "EUR"}
	euro4  = Money{400, "EUR"}

	teapot    = WasListed{"TEAPOT", "A teapot", euro21, 1}
	teapots5  = teapotLevel(5, 0, 2, "")
	cup       = WasListed{"CUP", "A cup", euro4, 1}
	cups9     = cupLevel(9, 0, 2, "")
	ready     = events{teapot, teapots5, cup, cups9}
	lines     = []Line{{"TEAPOT", 2}, {"CUP", 3}}
	asked     = Reserve{"o1", lines}
	reserved  = WasReserved{"o1", lines}
	tombstone = WasClosed{"o1"}

	reservedAll   = events{reserved, teapotLevel(5, 2, 3, "o1"), cupLevel(9, 3, 3, "o1")}
	dispatchedAll = events{WasDispatched{"o1", lines}, teapotLevel(3, 0, 4, "o1"), cupLevel(6, 0, 4, "o1")}
	releasedAll   = events{WasReleased{"o1", lines}, teapotLevel(5, 0, 4, "o1"), cupLevel(9, 0, 4, "o1")}
	teapotsShort  = WasUnavailable{"o1", []Short{{"TEAPOT", 2, 1}}}
)

func teapotLevel(onHand, reserved, version int64, order string) LevelChanged {
	return LevelChanged{"TEAPOT", "A teapot", euro21, onHand, reserved, version, order}
}

func cupLevel(onHand, reserved, version int64, order string) LevelChanged {
	return LevelChanged{"CUP", "A cup", euro4, onHand, reserved, version, order}
}

// story returns what happened in several parts as one.
func story(parts ...events) events {
	var all events
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func TestDecide(t *testing.T) {
	t.Parallel()
	for name, stories := range map[string]stories{
		"item": listing, "stock": receiving, "reserve": reserving, "dispatch": dispatching, "release": releasing, "close": closing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decidertest.Run(t, warehouse, stories)
		})
	}
}

var listing = stories{
	{Name: "new", When: List{"TEAPOT", "A teapot", euro21}, Then: events{teapot}},
	{Name: "again_is_once", Given: events{teapot}, When: List{"TEAPOT", "A teapot", euro21}},
	{
		Name: "again_after_the_price_has_changed", Given: events{teapot, PriceChanged{"TEAPOT", "A teapot", euro4, 2}},
		When: List{"TEAPOT", "A teapot", euro21},
	},
	{
		Name: "at_the_price_of_today", Given: events{teapot, PriceChanged{"TEAPOT", "A teapot", euro4, 2}},
		When: List{"TEAPOT", "A teapot", euro4}, Refused: ErrListed,
	},
	{Name: "beside_another", Given: events{cup}, When: List{"TEAPOT", "A teapot", euro21}, Then: events{teapot}},
	{Name: "another_name", Given: events{teapot}, When: List{"TEAPOT", "A pot", euro21}, Refused: ErrListed},
	{Name: "another_price", Given: events{teapot}, When: List{"TEAPOT", "A teapot", euro4}, Refused: ErrListed},
	{Name: "for_nothing", When: List{"TEAPOT", "A teapot", Money{0, "EUR"}}, Refused: ErrBadPrice},
	{
		Name: "price_changes", Given: events{teapot}, When: SetPrice{"TEAPOT", euro4},
		Then: events{PriceChanged{"TEAPOT", "A teapot", euro4, 2}},
	},
	{Name: "same_price", Given: events{teapot}, When: SetPrice{"TEAPOT", euro21}},
	{Name: "price_in_another_currency", Given: events{teapot}, When: SetPrice{"TEAPOT", Money{2100, "USD"}}, Refused: ErrOtherCurrency},
	{Name: "price_of_nothing", Given: events{teapot}, When: SetPrice{"TEAPOT", Money{-1, "EUR"}}, Refused: ErrBadPrice},
	{Name: "price_of_an_unknown_item", Given: events{cup}, When: SetPrice{"TEAPOT", euro4}, Refused: ErrUnknownItem},
	{
		Name: "level_tells_the_price_of_today", Given: events{teapot, PriceChanged{"TEAPOT", "A teapot", euro4, 2}},
		When: Receive{"TEAPOT", 5, "r1"},
		Then: events{WasReceived{"TEAPOT", 5, "r1"}, LevelChanged{"TEAPOT", "A teapot", euro4, 5, 0, 4, ""}},
	},
}

var receiving = stories{
	{
		Name: "adds", Given: events{teapot, teapots5}, When: Receive{"TEAPOT", 3, "r2"},
		Then: events{WasReceived{"TEAPOT", 3, "r2"}, teapotLevel(8, 0, 4, "")},
	},
	{
		Name: "spares_what_is_reserved", Given: events{teapot, teapotLevel(5, 2, 2, "o1")}, When: Receive{"TEAPOT", 3, "r2"},
		Then: events{WasReceived{"TEAPOT", 3, "r2"}, teapotLevel(8, 2, 4, "")},
	},
	{
		Name: "again_is_once", Given: events{teapot, WasReceived{"TEAPOT", 5, "r1"}, teapotLevel(5, 0, 3, "")},
		When: Receive{"TEAPOT", 5, "r1"},
	},
	{Name: "of_an_unknown_item", Given: events{cup}, When: Receive{"TEAPOT", 3, "r1"}, Refused: ErrUnknownItem},
	{Name: "nothing", Given: events{teapot}, When: Receive{"TEAPOT", 0, "r1"}, Refused: ErrBadQuantity},
	{Name: "less_than_nothing", Given: events{teapot}, When: Receive{"TEAPOT", -3, "r1"}, Refused: ErrBadQuantity},
	{Name: "more_than_can_be_counted", Given: events{teapot, teapots5}, When: Receive{"TEAPOT", MaxPieces - 4, "r1"}, Refused: ErrTooMany},
	{Name: "more_than_fits_a_number", Given: events{teapot, teapots5}, When: Receive{"TEAPOT", math.MaxInt64, "r1"}, Refused: ErrTooMany},
	{
		Name: "as_much_as_can_be_counted", Given: events{teapot, teapots5}, When: Receive{"TEAPOT", MaxPieces - 5, "r1"},
		Then: events{WasReceived{"TEAPOT", MaxPieces - 5, "r1"}, teapotLevel(MaxPieces, 0, 4, "")},
	},
}

var reserving = stories{
	{Name: "all_lines", Given: ready, When: asked, Then: reservedAll},
	{Name: "again_is_once", Given: story(ready, reservedAll), When: asked},
	{
		Name: "the_last_piece", Given: events{teapot, teapots5}, When: Reserve{"o1", []Line{{"TEAPOT", 5}}},
		Then: events{WasReserved{"o1", []Line{{"TEAPOT", 5}}}, teapotLevel(5, 5, 3, "o1")},
	},
	{
		Name: "one_more_than_there_is", Given: events{teapot, teapots5}, When: Reserve{"o1", []Line{{"TEAPOT", 6}}},
		Then: events{WasUnavailable{"o1", []Short{{"TEAPOT", 6, 5}}}},
	},
	{
		Name: "what_another_order_has", Given: events{teapot, teapotLevel(5, 4, 2, "o2"), cup, cups9}, When: asked,
		Then: events{teapotsShort},
	},
	{
		Name: "every_short_line_is_named", Given: events{teapot, cup, cupLevel(2, 0, 2, "")}, When: asked,
		Then: events{WasUnavailable{"o1", []Short{{"TEAPOT", 2, 0}, {"CUP", 3, 2}}}},
	},
	{
		Name: "unknown_item_has_no_pieces", Given: events{teapot, teapots5}, When: asked,
		Then: events{WasUnavailable{"o1", []Short{{"CUP", 3, 0}}}},
	},
	{
		Name: "an_item_twice_moves_nothing", Given: ready, When: Reserve{"o1", []Line{{"CUP", 1}, {"CUP", 2}}},
		Then: events{WasUnavailable{"o1", []Short{{"CUP", 2, 9}}}},
	},
	{
		Name: "less_than_nothing_moves_nothing", Given: ready, When: Reserve{"o1", []Line{{"CUP", -1}}},
		Then: events{WasUnavailable{"o1", []Short{{"CUP", -1, 9}}}},
	},
	{Name: "unavailable_before", Given: story(ready, events{teapotsShort}), When: asked},
	{Name: "cancelled_before", Given: story(ready, events{WasReleased{"o1", nil}}), When: asked},
	{Name: "tombstone", Given: story(ready, events{tombstone}), When: asked},
	{Name: "dispatched_before", Given: story(ready, reservedAll, dispatchedAll), When: asked},
}

var dispatching = stories{
	{Name: "reserved", Given: story(ready, reservedAll), When: Dispatch{"o1"}, Then: dispatchedAll},
	{Name: "again_is_once", Given: story(ready, reservedAll, dispatchedAll), When: Dispatch{"o1"}},
	{Name: "cancelled_before", Given: story(ready, reservedAll, releasedAll), When: Dispatch{"o1"}},
	{Name: "tombstone", Given: events{tombstone}, When: Dispatch{"o1"}},
	{Name: "never_reserved", Given: ready, When: Dispatch{"o1"}, Refused: ErrImpossible},
	{Name: "unavailable", Given: story(ready, events{teapotsShort}), When: Dispatch{"o1"}, Refused: ErrImpossible},
}

var releasing = stories{
	{Name: "reserved", Given: story(ready, reservedAll), When: Release{"o1"}, Then: releasedAll},
	{Name: "again_is_once", Given: story(ready, reservedAll, releasedAll), When: Release{"o1"}},
	{Name: "before_the_reservation", When: Release{"o1"}, Then: events{WasReleased{"o1", nil}}},
	{Name: "unavailable", Given: events{teapotsShort}, When: Release{"o1"}, Then: events{WasReleased{"o1", nil}}},
	{Name: "after_the_tombstone", Given: events{tombstone}, When: Release{"o1"}},
	{Name: "dispatched", Given: story(ready, reservedAll, dispatchedAll), When: Release{"o1"}, Then: events{ReleaseRefused{"o1"}}},
	{Name: "refused_before", Given: story(ready, reservedAll, dispatchedAll, events{ReleaseRefused{"o1"}}), When: Release{"o1"}},
	{
		Name: "what_was_priced_and_received_since", When: Release{"o1"},
		Given: events{
			teapot, teapots5, WasReserved{"o1", []Line{{"TEAPOT", 2}}}, teapotLevel(5, 2, 3, "o1"),
			PriceChanged{"TEAPOT", "A teapot", euro4, 4}, LevelChanged{"TEAPOT", "A teapot", euro4, 7, 3, 5, "o2"},
		},
		Then: events{
			WasReleased{"o1", []Line{{"TEAPOT", 2}}}, LevelChanged{"TEAPOT", "A teapot", euro4, 7, 1, 6, "o1"},
		},
	},
}

var closing = stories{
	{Name: "before_anything", When: Close{"o1"}, Then: events{tombstone}},
	{Name: "again_is_once", Given: events{tombstone}, When: Close{"o1"}},
	{Name: "released", Given: events{WasReleased{"o1", nil}}, When: Close{"o1"}},
	{Name: "unavailable", Given: events{teapotsShort}, When: Close{"o1"}},
	{Name: "reserved", Given: story(ready, reservedAll), When: Close{"o1"}, Refused: ErrImpossible},
	{Name: "dispatched", Given: story(ready, reservedAll, dispatchedAll), When: Close{"o1"}, Refused: ErrImpossible},
}

func TestReact(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		heard Heard
		want  Command
	}{
		"authorized": {PaymentAuthorized{"o1", lines}, asked},
		"captured":   {PaymentCaptured{"o1"}, Dispatch{"o1"}},
		"requested":  {CancellationRequested{"o1"}, Release{"o1"}},
		"cancelled":  {OrderCancelled{"o1"}, Close{"o1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := []Reaction{{"stock-o1", test.want}}
			if diff := cmp.Diff(want, React(test.heard)); diff != "" {
				t.Errorf("React(%+v): (-want +got)\n%s", test.heard, diff)
			}
		})
	}
}

// TestNeeds sees to it that a decision rests on items exactly when it may move
// them: whatever is needed is read and locked.
func TestNeeds(t *testing.T) {
	t.Parallel()
	both := []string{"item-TEAPOT", "item-CUP"}
	for name, test := range map[string]struct {
		given events
		when  Command
		want  []string
	}{
		"reserve":                {nil, asked, both},
		"reserve_again":          {events{reserved}, asked, nil},
		"reserve_after_the_end":  {events{tombstone}, asked, nil},
		"dispatch":               {events{reserved}, Dispatch{"o1"}, both},
		"dispatch_again":         {events{reserved, WasDispatched{"o1", lines}}, Dispatch{"o1"}, nil},
		"release":                {events{reserved}, Release{"o1"}, both},
		"release_of_nothing":     {nil, Release{"o1"}, nil},
		"close":                  {nil, Close{"o1"}, nil},
		"list_asks_its_own_item": {nil, List{"TEAPOT", "A teapot", euro21}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := warehouse.Fold(State{}, test.given...)
			got := Needs(state, test.when)
			if len(got) != len(test.want) || len(got) > 0 && !cmp.Equal(got, test.want) {
				t.Errorf("Needs(%+v, %+v) = %v; want %v", state, test.when, got, test.want)
			}
		})
	}
}
