package order

import (
	"errors"
	"fmt"
	"testing"

	"orpheus.example/kit/decidertest"
)

// vocabulary is all that may be asked of an order; a byte picks one.
var vocabulary = []Command{
	asked, Confirm{}, Decline{declined}, RunOut{short}, byCustomer, Expire{payBy}, Expire{fulfilBy}, Close{}, Resume{},
	Dispatch{}, Ship{}, Deliver{}, Record{authorized}, Record{booked},
	Cancel{CarrierRefused, "", refused}, Cancel{CaptureFailed, "", notTaken}, NotePrice(teapot),
}

// FuzzDecide asks anything in any order, far beyond what the chain of facts
// allows, and checks the laws and what must be true of every order's life.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{16, 0, 12, 1, 13, 9, 10, 11})
	f.Add([]byte{16, 0, 4, 1, 7, 9})
	f.Add([]byte{16, 0, 1, 4, 8, 6, 11})
	f.Fuzz(func(t *testing.T, asks []byte) {
		if len(asks) > 64 {
			return // longer lives show nothing new
		}
		var life life
		for _, b := range asks {
			c := vocabulary[int(b)%len(vocabulary)]
			for _, law := range decidertest.Laws(orders, life.state, c) {
				if law.Broken != nil {
					t.Fatalf("%T in %s: %s: %v", c, life.state.Phase, law.Name, law.Broken)
				}
			}
			if err := life.ask(c); err != nil {
				t.Fatalf("%T: %v", c, err)
			}
		}
	})
}

// life follows one order and knows what may never happen to it.
type life struct {
	state State
	ended bool
}

func (l *life) ask(c Command) error {
	events, err := Decide(l.state, c)
	if err != nil && len(events) > 0 {
		return errors.New("refused, and yet something happened")
	}
	for _, e := range events {
		if err := l.live(e); err != nil {
			return fmt.Errorf("%T: %w", e, err)
		}
	}
	return nil
}

func (l *life) live(e Event) error {
	before := l.state
	l.state = Evolve(l.state, e)
	_, isRecord := e.(Recorded)
	_, isPrice := e.(PriceNoted)
	switch {
	case isRecord || isPrice:
		if l.state.Phase != before.Phase || l.state.Said != before.Said {
			return errors.New("a record changes the phase")
		}
	case l.ended:
		return errors.New("something is said after the end")
	case l.state.Said != before.Said+1:
		return fmt.Errorf("fact number %d follows %d", l.state.Said, before.Said)
	}
	l.ended = l.state.Phase == Cancelled || l.state.Phase == Delivered
	if before.Leaving && l.state.Phase == Cancelled {
		return errors.New("cancelled after the goods have left")
	}
	return nil
}
