package eventlog

import (
	"fmt"

	"github.com/google/uuid"
)

// Heads is what a driver knows, under its writers' lock, of the streams and
// marks that a batch of units touches.
type Heads struct {
	Versions map[string]int64     // of each stream; absent is 0
	Last     map[string]uuid.UUID // id of each stream's last event
	Marks    map[MarkKey]int64
	Position int64
}

// A MarkKey is what must be unique of a mark.
type MarkKey struct {
	Consumer string
	ID       [16]byte
}

// Key returns what must be unique of m.
func (m Mark) Key() MarkKey { return MarkKey{m.Consumer, m.ID} }

// Admit settles, one after the other, what becomes of units, and moves h along
// with those that are let in. It is the same for every driver: a driver reads
// the heads, admits, and writes what was admitted, all under one lock.
//
// A unit that breaks the rules of Unit is a bug of the caller and panics before
// anything is written; see Check.
func Admit(h *Heads, units []Unit) []Outcome {
	if h.Last == nil {
		h.Last = map[string]uuid.UUID{} // no stream has an event yet
	}
	outcomes := make([]Outcome, len(units))
	for i := range units {
		outcomes[i] = h.admit(&units[i])
	}
	return outcomes
}

func (h *Heads) admit(u *Unit) Outcome {
	if err := h.refusal(u); err != nil {
		return Outcome{Err: err}
	}
	if u.Mark != nil {
		h.Marks[u.Mark.Key()] = u.Mark.Digest
	}
	return Outcome{Events: h.number(u)}
}

// refusal looks at the mark first: a cause that was handled is settled, even if
// its streams have moved on since.
func (h *Heads) refusal(u *Unit) error {
	if u.Mark != nil {
		digest, there := h.Marks[u.Mark.Key()]
		switch {
		case there && digest != u.Mark.Digest && digest != 0 && u.Mark.Digest != 0:
			return ErrReused
		case there:
			return ErrHandled
		}
	}
	for _, e := range u.Expect {
		if h.Versions[e.Stream] != e.Version || e.Last != uuid.Nil && h.Last[e.Stream] != e.Last {
			return ErrConflict
		}
	}
	return nil
}

func (h *Heads) number(u *Unit) []Record {
	events := make([]Record, len(u.Events))
	for i, e := range u.Events {
		if e.Version != h.Versions[e.Stream]+1 || !expects(u, e.Stream) {
			panic(fmt.Sprintf("eventlog: unit has version %d of %s, want %d, with the stream expected",
				e.Version, e.Stream, h.Versions[e.Stream]+1))
		}
		h.Versions[e.Stream], h.Last[e.Stream] = e.Version, e.ID
		h.Position++
		e.Position = h.Position
		events[i] = e
	}
	return events
}

// Check panics if one of units breaks the rules of Unit, whatever the log holds.
// What passes does not make Admit panic. A driver calls it first of all, so that
// the panic hits the caller and not the goroutine that commits for many.
func Check(units []Unit) {
	for i := range units {
		for n := range units[i].Events {
			units[i].check(n)
		}
	}
}

// check panics if event n is not what its unit expects it to be. It looks at all
// expectations and all events before: mostly there are two or three.
func (u *Unit) check(n int) {
	e := &u.Events[n]
	want := int64(0)
	for i := range u.Expect {
		if u.Expect[i].Stream == e.Stream {
			want = u.Expect[i].Version + 1
		}
	}
	for i := range u.Events[:n] {
		if want > 0 && u.Events[i].Stream == e.Stream {
			want++
		}
	}
	if want == 0 || e.Version != want {
		panic(fmt.Sprintf("eventlog: unit has version %d of %s, want %d, with the stream expected", e.Version, e.Stream, want))
	}
}

func expects(u *Unit, stream string) bool {
	for _, e := range u.Expect {
		if e.Stream == stream {
			return true
		}
	}
	return false
}

// Touched returns the streams and marks that units touch, each once, in the
// order of first mention: what a driver must read before it admits.
func Touched(units []Unit) (streams []string, marks []Mark) {
	seen, marked := map[string]bool{}, map[MarkKey]bool{}
	for i := range units {
		for _, e := range units[i].Expect {
			if !seen[e.Stream] {
				seen[e.Stream] = true
				streams = append(streams, e.Stream)
			}
		}
		if m := units[i].Mark; m != nil && !marked[m.Key()] {
			marked[m.Key()] = true
			marks = append(marks, *m)
		}
	}
	return streams, marks
}
