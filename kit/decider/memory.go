package decider

import (
	"sync"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// folded is what is known of one thing as of a version of its stream. It is never
// changed: whoever gets it may keep it, and nobody need copy it.
type folded[S any] struct {
	state   S
	version int64
	last    uuid.UUID // id of the event at version
}

// A recollection is what memory has of one thing.
type recollection[S any] struct {
	*folded[S]
	rests *fate // that of the event at version; nil if it is in the log
}

// A memory keeps what is known of things, so that it need not be read again. It
// is never trusted: the versions and ids that the log expects have the last
// word. Its methods may be called by many at a time.
type memory[S any] struct {
	mu      sync.Mutex
	entries *simplelru.LRU[string, *entry[S]]
	nothing *folded[S] // is what is known of everything else

	luck *odds // that a thing which is not in memory is not in the log either
	// faith is that what is remembered of a thing is all that there is. It mostly is,
	// unless replicas share the work: then it is better to read first than to be
	// refused, by which all suffer that share the commit.
	faith *odds
}

// An entry is what is known of one thing, with the decisions that are not
// committed yet, and without.
type entry[S any] struct {
	tip  recollection[S]
	base *folded[S]
}

// Odds say how likely something is by what was found lately: they follow it a
// sixteenth of the way each time. Their methods may be called by many at a time.
type odds struct {
	mu sync.Mutex
	of int // certain
}

const certain = 1 << 10

func newOdds() *odds { return &odds{of: certain} }

// good reports whether it is better to be wrong at times than to read first.
func (o *odds) good() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of > certain*7/8
}

func (o *odds) found(so bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of -= o.of / 16
	if so {
		o.of += certain / 16
	}
}

func newMemory[S any]() *memory[S] {
	entries, err := simplelru.NewLRU[string, *entry[S]](Remembered, nil)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &memory[S]{entries: entries, nothing: &folded[S]{}, luck: newOdds(), faith: newOdds()}
}

// recall returns what is known of a thing: of what is not committed yet only
// what may still be.
func (m *memory[S]) recall(stream string) (f recollection[S], ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries.Get(stream)
	if !ok {
		return recollection[S]{folded: m.nothing}, false
	}
	e.mind()
	return e.tip, true
}

// mind takes notice of what became of the tip.
func (e *entry[S]) mind() {
	if e.tip.rests == nil {
		return
	}
	switch e.tip.rests.now() {
	case kept:
		e.tip.rests = nil
		e.base = e.tip.folded
	case lost:
		e.tip = recollection[S]{folded: e.base}
	case open:
	}
}

// expect notes what is going to be known once f's fate is settled well.
func (m *memory[S]) expect(stream string, f recollection[S]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries.Get(stream); ok {
		e.tip = f
		return
	}
	m.entries.Add(stream, &entry[S]{tip: f, base: m.nothing}) // the beginning is always right
}

// learn notes what the log holds. It never replaces what is newer.
func (m *memory[S]) learn(stream string, f *folded[S]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries.Get(stream)
	if !ok {
		m.entries.Add(stream, &entry[S]{recollection[S]{folded: f}, f})
		return
	}
	e.mind()
	if f.version >= e.base.version {
		e.base = f
	}
	if f.version >= e.tip.version {
		e.tip = recollection[S]{folded: e.base}
	}
}

// forget has all of a thing read again.
func (m *memory[S]) forget(stream string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.Remove(stream)
}
