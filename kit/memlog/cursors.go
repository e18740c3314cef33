package memlog

import (
	"context"
	"fmt"
	"time"

	"orpheus.example/kit/eventlog"
)

// A cursor is a place in the log, with who may move it.
type cursor struct {
	eventlog.Cursor
	holder string
	until  time.Time // end of the lease
}

// Lease takes or renews a cursor, by the log's own clock. An old life of the same holder is told apart by
// its term, unless it admits to having forgotten it.
func (l *Log) Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (eventlog.Cursor, error) {
	if err := l.enter(ctx, "lease", name); err != nil {
		return eventlog.Cursor{}, err
	}
	defer l.mu.Unlock()
	now := l.now()
	c := l.cursors[name]
	if c == nil {
		c = &cursor{Cursor: eventlog.Cursor{Name: name}}
		l.cursors[name] = c
	}
	switch {
	case term != 0 && c.holder == holder && c.Term == term: // renewed, if late: nobody has taken over
	case !c.until.After(now), c.holder == holder && term == 0:
		c.holder = holder
		c.Term++
	default:
		return eventlog.Cursor{}, fmt.Errorf("lease %s: %w", name, eventlog.ErrFenced)
	}
	c.until = now.Add(ttl)
	return c.Cursor, nil
}

// Advance moves a cursor. Who moves it back has lost track, which does no harm.
func (l *Log) Advance(ctx context.Context, c eventlog.Cursor) error {
	if err := l.enter(ctx, "advance", c.Name); err != nil {
		return err
	}
	defer l.mu.Unlock()
	known := l.held(c)
	if known == nil {
		return fmt.Errorf("advance %s: %w", c.Name, eventlog.ErrFenced)
	}
	known.Position = max(known.Position, c.Position)
	return nil
}

// held returns the cursor that c moves, and nil if somebody else has it by now. The
// term says it all: it rises whenever the holder changes. Called under the lock.
func (l *Log) held(c eventlog.Cursor) *cursor {
	if known := l.cursors[c.Name]; known != nil && known.Term == c.Term {
		return known
	}
	return nil
}

// Where returns the position of a cursor, whoever has it.
func (l *Log) Where(ctx context.Context, name string) (int64, error) {
	if err := l.enter(ctx, "look at", name); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	if c := l.cursors[name]; c != nil {
		return c.Position, nil
	}
	return 0, nil
}

// Yield ends a lease. If it is somebody else's by now there is nothing to do.
func (l *Log) Yield(ctx context.Context, c eventlog.Cursor) error {
	if err := l.enter(ctx, "yield", c.Name); err != nil {
		return err
	}
	defer l.mu.Unlock()
	if known := l.held(c); known != nil {
		known.holder, known.until = "", time.Time{}
	}
	return nil
}
