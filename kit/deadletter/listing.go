package deadletter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/projection"
)

// Limits of a Listing.
const (
	scanned   = 4000                   // events at a time
	scanEvery = 500 * time.Millisecond // while there are more and more of them
	// keepAfter is how many events without a letter are passed over before that is
	// noted: so many are looked through again after a restart, at worst.
	keepAfter = 100_000
)

// A Listing keeps the view of a hearer's letters up to date, and answers from it.
// It is a step for a service to run.
//
// It looks through the log as it grows, mostly in memory, and does no more than
// that as long as there are no letters: nearly always. Where there is something to
// show it has a projection show it, from there on. Replicas may all have one; the
// cursor of the view is with one of them at a time.
type Listing struct {
	name   string
	store  eventlog.Store
	holder string
	now    func() time.Time
	cursor string

	mu      sync.Mutex // one at a time moves on
	made    bool       // the tables are there
	at      int64      // all letters up to here are shown
	kept    int64      // the cursor, when it was last seen
	refused bool       // another replica has the cursor
}

// NewListing returns the listing of the letters in a store. Name is that of the
// service, holder the identity of this process.
func NewListing(name string, store eventlog.Store, holder string, now func() time.Time) *Listing {
	return &Listing{name: name, store: store, holder: holder, now: now, cursor: view.Cursor()}
}

// Name returns the step's name.
func (l *Listing) Name() string { return l.name + ".letters" }

// Once looks through the next events, and shows what there is to show.
func (l *Listing) Once(ctx context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.begin(ctx); err != nil {
		return false, err
	}
	records, err := l.store.ReadAll(ctx, l.at, scanned)
	if err != nil || len(records) == 0 {
		return false, err
	}
	first := slices.IndexFunc(records, func(r eventlog.Record) bool { return strings.HasPrefix(r.Stream, streamPrefix) })
	if first >= 0 {
		l.at = records[first].Position - 1
		return l.show(ctx, records[first].Position)
	}
	l.at = records[len(records)-1].Position
	if l.at-l.kept < keepAfter {
		return true, nil
	}
	_, err = l.keep(ctx)
	return true, err
}

// Rest lets events pile up.
func (l *Listing) Rest(ctx context.Context) { _ = loop.Sleep(ctx, scanEvery) } // the loop looks at ctx itself

// Wait returns when there may be more to look through, or ctx is done.
func (l *Listing) Wait(ctx context.Context) {
	l.mu.Lock()
	at, refused := l.at, l.refused
	l.mu.Unlock()
	if refused {
		_ = loop.Sleep(ctx, lease.RetryAfter) // the loop looks at ctx itself
		return
	}
	select {
	case <-ctx.Done():
	case <-l.store.Grown(at):
	}
}

// CatchUp shows all that the log holds by now, unless another replica does.
func (l *Listing) CatchUp(ctx context.Context) error {
	head, err := l.store.Head(ctx)
	if err != nil {
		return err
	}
	for {
		worked, err := l.Once(ctx)
		l.mu.Lock()
		done := l.at >= head
		l.mu.Unlock()
		if err != nil || !worked || done {
			return err
		}
	}
}

// begin makes the tables, and begins where the view stands.
func (l *Listing) begin(ctx context.Context) error {
	if l.made {
		return nil
	}
	if err := view.Make(ctx, l.store); err != nil {
		return err
	}
	at, err := l.store.Where(ctx, l.cursor)
	l.at, l.kept, l.made = at, at, err == nil
	return err
}

// show has the view show what happened at a position, and what follows that. It
// reports whether somebody has.
func (l *Listing) show(ctx context.Context, position int64) (bool, error) {
	ours, err := l.keep(ctx)
	if err != nil {
		return false, err
	}
	if ours {
		step := projection.New(view, l.store, l.holder, l.now)
		_, err := step.Once(ctx)
		step.Drain() // the next may be anybody's
		if err != nil {
			return false, err
		}
	}
	at, err := l.store.Where(ctx, l.cursor)
	l.refused = at < position // another replica is at it
	if err != nil || l.refused {
		return false, err
	}
	l.at, l.kept = at, at
	return true, nil
}

// keep moves the cursor to where everything was looked through, and reports
// whether it could: another replica may have it.
func (l *Listing) keep(ctx context.Context) (bool, error) {
	c, err := l.store.Lease(ctx, l.cursor, l.holder, 0, lease.Duration)
	l.refused = errors.Is(err, eventlog.ErrFenced)
	if l.refused {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if c.Position < l.at {
		c.Position = l.at
		if err := l.store.Advance(ctx, c); err != nil {
			return false, err
		}
	}
	l.kept = c.Position
	return true, l.store.Yield(ctx, c)
}
