package decider

import (
	"sync"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// folded is what is known of one thing as of a version of its stream.
type folded[S any] struct {
	state   S
	version int64
	last    uuid.UUID // id of the event at version
	rests   *fate     // that of the event at version; nil if it is in the log
}

// A memory keeps what is known of things, so that it need not be read again. It
// is never trusted: the versions and ids that the log expects have the last
// word. Its methods may be called by many at a time.
type memory[S any] struct {
	mu      sync.Mutex
	entries *simplelru.LRU[string, *entry[S]]
	luck    odds // that a thing which is not in memory is not in the log either
	faith   odds // that what is remembered of a thing is all that there is
}

// An entry is what is known of one thing, with the decisions that are not
// committed yet, and without.
type entry[S any] struct{ tip, base folded[S] }

// Odds say how likely something is by what was found lately: they follow it a
// sixteenth of the way each time.
type odds int

// certain are the highest odds; good ones are those on which it is better to be
// wrong at times than to read first.
const (
	certain odds = 1 << 10
	good         = certain * 7 / 8
)

func (o *odds) found(so bool) {
	*o -= *o / 16
	if so {
		*o += certain / 16
	}
}

func newMemory[S any]() *memory[S] {
	entries, err := simplelru.NewLRU[string, *entry[S]](Remembered, nil)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &memory[S]{entries: entries, luck: certain, faith: certain}
}

// recall returns what is known of a thing: of what is not committed yet only
// what may still be.
func (m *memory[S]) recall(stream string) (f folded[S], ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries.Get(stream)
	if !ok {
		return f, false
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
		e.base = e.tip
	case lost:
		e.tip = e.base
	case open:
	}
}

// expect notes what is going to be known once f's fate is settled well.
func (m *memory[S]) expect(stream string, f folded[S]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries.Get(stream); ok {
		e.tip = f
		return
	}
	m.entries.Add(stream, &entry[S]{tip: f}) // its base is the beginning, which is always right
}

// learn notes what the log holds. It never replaces what is newer.
func (m *memory[S]) learn(stream string, f folded[S]) {
	f.rests = nil
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries.Get(stream)
	if !ok {
		m.entries.Add(stream, &entry[S]{f, f})
		return
	}
	e.mind()
	if f.version >= e.base.version {
		e.base = f
	}
	if f.version >= e.tip.version {
		e.tip = e.base
	}
}

// forget has all of a thing read again.
func (m *memory[S]) forget(stream string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.Remove(stream)
}

// guess reports whether a thing that is not in memory may be taken for new: most
// are, and then there is nothing to read. If not, the log objects.
func (m *memory[S]) guess() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.luck > good
}

// found notes whether a thing that was not in memory was new.
func (m *memory[S]) found(isNew bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.luck.found(isNew)
}

// trusted reports whether what is remembered may be taken for all that there is. It
// mostly is, unless replicas share the work: then it is better to read first than to
// be refused, by which all suffer that share the commit.
func (m *memory[S]) trusted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faith > good
}

// proved notes whether what was remembered was all that there is.
func (m *memory[S]) proved(so bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faith.found(so)
}
