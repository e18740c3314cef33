// Package lease gives one replica at a time a place in a log to work from.
//
// A Place is a cursor of the store with what its holder must remember: how far
// it has read, whether the cursor is its own, and since when. The store is the
// authority, by its own clock; what is remembered here is trusted for a third of
// a lease and then asked for again.
//
//	           something to read                 a third of the lease is over,
//	resting ───────────────────────▶ holding ◀──┐ and there is something to read
//	  ▲  ▲        Lease: granted      │  │   └──┘ Lease: granted
//	  │  └────────────────────────────┘  │
//	  │         nothing to read          │ ErrFenced
//	  │                                  ▼
//	  └──────────────────────────── refused: asks again every RetryAfter, for as
//	       the other has read it    long as there is something to read
//
// A lease is for work, not for its absence: a place that has nothing to read is
// not renewed and costs nothing. Whoever comes first when there is something
// again, takes it. A holder that dies in the middle of its work is replaced
// once its lease has ended; one that is restarted under its own name gets its
// place back at once.
package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orpheus.example/kit/eventlog"
)

// How long things last.
const (
	// Duration is how long a cursor stays with its holder after it was taken or
	// renewed. When a holder dies in the middle of its work, another replica goes
	// on after three seconds at most: this and RetryAfter.
	Duration = 2500 * time.Millisecond
	// RetryAfter is how long a replica waits that found the cursor with another.
	RetryAfter = 500 * time.Millisecond

	trusted     = Duration / 3
	yieldWithin = time.Second
)

// A Place is where one process stands in a log. It is for one goroutine.
type Place struct {
	store  eventlog.Store
	holder string
	now    func() time.Time

	cursor  eventlog.Cursor // as the store knows it; of term 0 if it is not ours
	at      int64           // up to where this process has read, or knows that another has
	renewed time.Time       // when the lease was last asked for and granted
	refused bool            // another replica had the cursor when it was last asked for
	known   bool            // the store was asked where the cursor is
}

// New returns the place that a cursor is at. Holder is the identity of this
// process, the same after a restart.
func New(store eventlog.Store, name, holder string, now func() time.Time) *Place {
	return &Place{store: store, holder: holder, now: now, cursor: eventlog.Cursor{Name: name}}
}

// Read returns up to limit events that follow the place, if they are for this
// process to work on: none if there are none, or if another replica has the
// cursor. What other processes have appended is noticed as Grown notices it. The
// place moves when Went is told so.
func (p *Place) Read(ctx context.Context, limit int) ([]eventlog.Record, error) {
	if p.holds() {
		if !eventlog.Grew(p.store, p.at) {
			return nil, nil
		}
		return p.store.ReadAll(ctx, p.at, limit)
	}
	if some, err := p.some(ctx); err != nil || !some {
		return nil, err
	}
	if ok, err := p.take(ctx); err != nil || !ok {
		return nil, err
	}
	return p.store.ReadAll(ctx, p.at, limit)
}

// Went says that all up to a position is being worked on. A position before the
// place sets it back: what follows is read again.
func (p *Place) Went(position int64) { p.at = position }

// At returns the position up to which this process has read.
func (p *Place) At() int64 { return p.at }

// Term returns the term under which this process has the cursor, 0 if it has
// not. Whatever is remembered of an earlier term may be out of date.
func (p *Place) Term() int64 { return p.cursor.Term }

// Kept returns the position that the store knows.
func (p *Place) Kept() int64 { return p.cursor.Position }

// Keep has the store know that all up to a position is done. After an error the
// place is no longer this process's, and begins anew where the store says.
func (p *Place) Keep(ctx context.Context, position int64) error {
	return p.KeepWith(position, func(c eventlog.Cursor) error { return p.store.Advance(ctx, c) })
}

// KeepWith is Keep for those who move the cursor together with something else.
func (p *Place) KeepWith(position int64, move func(eventlog.Cursor) error) error {
	next := p.cursor
	next.Position = position
	if err := move(next); err != nil {
		p.Lose()
		return err
	}
	p.cursor = next
	return nil
}

// Lose forgets all that is known of the cursor, after something has gone wrong
// that may have changed it.
func (p *Place) Lose() { p.cursor.Term, p.known = 0, false }

// Wait returns when there may be something to read, when also is closed, after
// soon if that is not negative, or when ctx is done.
func (p *Place) Wait(ctx context.Context, soon time.Duration, also <-chan struct{}) {
	var grown <-chan struct{}
	switch {
	case !p.refused:
		grown = p.store.Grown(p.at)
	case soon < 0 || soon > RetryAfter:
		soon = RetryAfter // another replica is at it, and what grows is its affair
	}
	var over <-chan time.Time
	if soon >= 0 {
		t := time.NewTimer(soon)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
	case <-over:
	case <-grown:
	case <-also:
	}
}

// Yield gives the cursor back, so that another replica can go on at once. If the
// store is away, the others wait for the end of the lease.
func (p *Place) Yield() {
	if p.cursor.Term == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), yieldWithin)
	defer cancel()
	_ = p.store.Yield(ctx, p.cursor)
	p.Lose()
}

// holds reports whether the cursor is ours without a doubt.
func (p *Place) holds() bool {
	return p.cursor.Term != 0 && p.now().Sub(p.renewed) < trusted
}

// some reports whether there is anything to read. To know that it is not
// necessary to have the cursor.
func (p *Place) some(ctx context.Context) (bool, error) {
	if !p.known {
		at, err := p.store.Where(ctx, p.cursor.Name)
		if err != nil {
			return false, err
		}
		p.at, p.known = at, true
	}
	p.refused = false
	next, err := p.store.ReadAll(ctx, p.at, 1)
	return len(next) > 0, err
}

// take takes or renews the lease, and reports whether it was granted.
func (p *Place) take(ctx context.Context) (bool, error) {
	asked := p.now()
	c, err := p.store.Lease(ctx, p.cursor.Name, p.holder, p.cursor.Term, Duration)
	switch {
	case errors.Is(err, eventlog.ErrFenced):
		p.Lose()
		p.refused = true
		return false, nil
	case err != nil:
		p.Lose()
		return false, fmt.Errorf("lease: %w", err)
	}
	if c.Term != p.cursor.Term {
		p.at = c.Position // whoever had it last has come as far as this
	}
	p.cursor, p.renewed, p.known = c, asked, true
	return true, nil
}
