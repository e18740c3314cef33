package inventory

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"orpheus.example/kit/decidertest"
)

// The words of a warehouse with a few items and orders that race for them.
var (
	skus   = []string{"TEAPOT", "CUP", "SPOON"}
	orders = []string{"o1", "o2", "o3", "o4"}
	wants  = [][]Line{
		{{"TEAPOT", 1}},
		{{"TEAPOT", 3}, {"CUP", 1}},
		{{"CUP", 2}, {"TEAPOT", 1}, {"SPOON", 4}},
		{{"SPOON", 1}, {"SPOON", 1}},
		{{"CUP", -2}},
		{{"FAN", 1}},
		nil,
	}
	prices = []Money{{100, "EUR"}, {250, "EUR"}, {100, "JPY"}, {0, "EUR"}}
	pieces = []int64{1, 2, 5, 0, -1, MaxPieces}
)

// FuzzDecide asks anything of several orders and items in any order, far beyond
// what the chain of facts allows, and checks the laws and the stock.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 0, 2, 3, 0, 0, 4, 0, 0})                   // list, receive, reserve, dispatch
	f.Add([]byte{0, 0, 0, 2, 0, 0, 3, 0, 0, 3, 1, 0, 5, 0, 0, 3, 2, 0}) // two race for the last one, one lets go
	f.Add([]byte{0, 0, 0, 0, 1, 0, 2, 0, 2, 2, 1, 1, 3, 0, 1, 5, 0, 0, 4, 0, 0, 6, 0, 0})
	f.Add([]byte{5, 0, 0, 3, 0, 0, 4, 0, 0, 6, 1, 0, 3, 1, 0})
	f.Fuzz(func(t *testing.T, asks []byte) {
		if len(asks) > 192 {
			return // longer lives show nothing new
		}
		life := life{streams: map[string]State{}, lengths: map[string]int64{}, moved: map[string]int64{}}
		for ; len(asks) >= 3; asks = asks[3:] {
			to, c := word(asks[0], asks[1], asks[2])
			if err := life.ask(to, c); err != nil {
				t.Fatalf("%s asked %+v: %v", to, c, err)
			}
		}
	})
}

// word makes a command of three bytes.
func word(verb, who, what byte) (to string, c Command) {
	sku, order := skus[int(who)%len(skus)], orders[int(who)%len(orders)]
	switch verb % 7 {
	case 0:
		return ItemStream(sku), List{sku, "name", prices[int(what)%len(prices)]}
	case 1:
		return ItemStream(sku), SetPrice{sku, prices[int(what)%len(prices)]}
	case 2:
		return ItemStream(sku), Receive{sku, pieces[int(what)%len(pieces)], fmt.Sprint("r", what)}
	case 3:
		return Stream(order), Reserve{order, wants[int(what)%len(wants)]}
	case 4:
		return Stream(order), Dispatch{order}
	case 5:
		return Stream(order), Release{order}
	}
	return Stream(order), Close{order}
}

// life follows a whole warehouse as its host does, stream by stream, and knows
// what may never happen.
type life struct {
	streams map[string]State
	lengths map[string]int64 // events of each stream
	moved   map[string]int64 // pieces received less pieces dispatched, by item
}

func (l *life) ask(to string, c Command) error {
	state := l.streams[to]
	for _, stream := range Needs(state, c) {
		state = Join(state, l.streams[stream])
	}
	for _, law := range decidertest.Laws(warehouse, state, c) {
		if law.Broken != nil {
			return fmt.Errorf("%s: %w", law.Name, law.Broken)
		}
	}
	events, err := Decide(state, c)
	if err != nil && len(events) > 0 {
		return errors.New("refused, and yet something happened")
	}
	for _, e := range events {
		if err := l.live(to, e); err != nil {
			return fmt.Errorf("%+v: %w", e, err)
		}
	}
	return l.check()
}

// live lets e happen to its stream.
func (l *life) live(to string, e Event) error {
	stream := Of(to, e)
	before := l.streams[stream]
	l.streams[stream] = Evolve(before, e)
	l.lengths[stream]++
	if n := number(e); n != 0 && n != l.lengths[stream] {
		return fmt.Errorf("says it is number %d and is number %d", n, l.lengths[stream])
	}
	switch e := e.(type) {
	case WasReceived:
		l.moved[e.SKU] += e.Quantity
	case WasDispatched:
		for _, line := range e.Lines {
			l.moved[line.SKU] -= line.Quantity
		}
		return leave(before, Reserved)
	case WasReserved, WasUnavailable, WasClosed:
		return leave(before, Untouched)
	case WasReleased:
		return leave(before, Untouched, Reserved, Unavailable)
	case ReleaseRefused:
		return leave(before, Dispatched)
	default: // happens to items
	}
	return nil
}

// number returns what a fact says is its place in its item's stream, 0 if it says
// nothing.
func number(e Event) int64 {
	switch e := e.(type) {
	case WasListed:
		return e.Version
	case PriceChanged:
		return e.Version
	case LevelChanged:
		return e.Version
	default:
		return 0
	}
}

func leave(before State, allowed ...Phase) error {
	if slices.Contains(allowed, before.Phase) {
		return nil
	}
	return fmt.Errorf("happens in phase %s", before.Phase)
}

// check counts all pieces: those on hand are those received and not dispatched,
// those reserved are those that orders hold, and nobody holds what is not there.
func (l *life) check() error {
	held := map[string]int64{}
	for _, order := range orders {
		if s := l.streams[Stream(order)]; s.Phase == Reserved {
			for _, line := range s.Lines {
				held[line.SKU] += line.Quantity
			}
		}
	}
	for _, sku := range skus {
		stream := ItemStream(sku)
		i := l.streams[stream].Items.Of(sku)
		switch {
		case i.Reserved != held[sku]:
			return fmt.Errorf("%d of %s are reserved, orders hold %d", i.Reserved, sku, held[sku])
		case i.OnHand != l.moved[sku]:
			return fmt.Errorf("%d of %s are on hand, want %d", i.OnHand, sku, l.moved[sku])
		case i.Reserved < 0 || i.Reserved > i.OnHand:
			return fmt.Errorf("%d of %s are reserved of %d", i.Reserved, sku, i.OnHand)
		case i.Version != l.lengths[stream]:
			return fmt.Errorf("%s is at version %d after %d events", sku, i.Version, l.lengths[stream])
		}
	}
	return nil
}
