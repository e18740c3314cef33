package groupcommit

import (
	"sync"

	"orpheus.example/kit/eventlog"
)

// Limits of a tail.
const (
	// maxTail is how many events a tail holds at most: what a relay that is not
	// behind has still to read is far less.
	maxTail = 4096
	// maxTailBytes bounds their bodies.
	maxTailBytes = 8 << 20
)

// A Tail holds the events that this process has committed last, so that whoever
// follows the log gets them without asking the store. Its events are without a
// gap; when another process has written in between, or it is not known what became
// of a commit, the positions show it, and the tail begins anew.
//
// Its methods may be called by many at a time. Its zero value is empty.
type Tail struct {
	mu     sync.RWMutex
	events []eventlog.Record // positions rise by one
	size   int               // bytes of their bodies
}

// Add adds what was committed by one transaction. It is called before anybody is
// told of it, one transaction after the other.
func (t *Tail) Add(outcomes []eventlog.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range outcomes {
		for _, e := range outcomes[i].Events {
			if n := len(t.events); n > 0 && t.events[n-1].Position+1 != e.Position {
				t.events, t.size = nil, 0
			}
			t.events = append(t.events, e)
			t.size += len(e.Body)
		}
	}
	t.trim()
}

// Forget empties the tail.
func (t *Tail) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events, t.size = nil, 0
}

// trim forgets the oldest. It lets the tail grow to twice its limit first, so that
// what is kept is not moved each time.
func (t *Tail) trim() {
	if len(t.events) <= 2*maxTail && t.size <= 2*maxTailBytes {
		return
	}
	first := max(0, len(t.events)-maxTail)
	for size := t.sizeFrom(first); size > maxTailBytes; first++ {
		size -= len(t.events[first].Body)
	}
	t.events = append(make([]eventlog.Record, 0, 2*maxTail), t.events[first:]...)
	t.size = t.sizeFrom(0)
}

func (t *Tail) sizeFrom(first int) (size int) {
	for _, e := range t.events[first:] {
		size += len(e.Body)
	}
	return size
}

// Read returns up to limit events that follow position after: those the tail has.
// It returns none if it does not have the first of them, and then the store must be
// asked. There may be more in the store than it returns.
func (t *Tail) Read(after int64, limit int) []eventlog.Record {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if len(t.events) == 0 || limit <= 0 {
		return nil
	}
	first := after + 1 - t.events[0].Position
	if first < 0 || first >= int64(len(t.events)) {
		return nil
	}
	found := t.events[first:]
	found = found[:min(limit, len(found))]
	return append(make([]eventlog.Record, 0, len(found)), found...) // callers may do with it as they please
}
