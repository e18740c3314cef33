package memlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// ErrClosed says that the log was closed.
var ErrClosed = errors.New("log is closed")

// A Log is an eventlog.Store in memory. All that it keeps is under one lock,
// which nobody holds for longer than it takes to commit a few units.
type Log struct {
	now func() time.Time

	mu      sync.Mutex
	closed  bool
	heads   eventlog.Heads // as of the last event: Admit moves them along
	events  []eventlog.Record
	streams map[string][]eventlog.Record
	agendas map[string]*agenda
	cursors map[string]*cursor
	waiting chan struct{} // closed by the next growth; nil if nobody waits
	past    chan struct{} // closed for ever: for what is there already

	views views
}

var _ eventlog.Store = (*Log)(nil)

// New returns an empty log. Leases of cursors last by now.
func New(now func() time.Time) *Log {
	l := &Log{
		now:     now,
		heads:   eventlog.Heads{Versions: map[string]int64{}, Last: map[string]uuid.UUID{}, Marks: map[eventlog.MarkKey]int64{}},
		streams: map[string][]eventlog.Record{}, agendas: map[string]*agenda{}, cursors: map[string]*cursor{},
		past: make(chan struct{}),
	}
	close(l.past)
	return l
}

// Reset forgets all but views, and opens a log that was closed. Nobody may use
// the log meanwhile, nor what was read before.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.heads.Versions)
	clear(l.heads.Last)
	clear(l.heads.Marks)
	l.heads.Position = 0
	clear(l.events) // bodies are let go
	l.events = l.events[:0]
	for stream, events := range l.streams { // as a rule the same streams come again
		clear(events)
		l.streams[stream] = events[:0]
	}
	clear(l.agendas)
	clear(l.cursors)
	l.wake()
	l.closed = false
}

// Append commits units.
func (l *Log) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	// A unit that breaks the rules panics here, before the lock and before heads
	// have moved: what passes is admitted or refused without one.
	eventlog.Check(units)
	if err := l.enter(ctx, "append"); err != nil {
		return nil, err
	}
	defer l.mu.Unlock()
	before := len(l.events)
	outcomes := eventlog.Admit(&l.heads, units)
	for i := range units {
		if outcomes[i].Err == nil {
			l.keep(&units[i], outcomes[i].Events)
		}
	}
	if len(l.events) > before {
		l.wake()
	}
	return outcomes, nil
}

// keep takes an admitted unit in. Its times are cut to what a database keeps, so
// that nothing works here that does not work there. Clearing comes first.
func (l *Log) keep(u *eventlog.Unit, events []eventlog.Record) {
	for i := range events { // the caller is answered what will be read
		e := &events[i]
		e.Time = cut(e.Time)
		l.streams[e.Stream] = append(l.streams[e.Stream], *e)
		l.events = append(l.events, *e)
	}
	for _, k := range u.Clear {
		l.agenda(k.Kind).clear(k)
	}
	for _, d := range u.Set {
		l.agenda(d.Kind).set(d)
	}
}

// cut returns t as it is kept.
func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// ReadStream returns up to limit events of a stream that follow version after.
func (l *Log) ReadStream(ctx context.Context, stream string, after int64, limit int) ([]eventlog.Record, error) {
	if err := l.enter(ctx, "read stream", stream); err != nil {
		return nil, err
	}
	defer l.mu.Unlock()
	return page(l.streams[stream], after, limit), nil // versions have no gaps
}

// page returns up to limit events that follow the first so many, without copying
// them. Whoever appends to a page gets a copy.
func page(events []eventlog.Record, after int64, limit int) []eventlog.Record {
	from := min(int(max(after, 0)), len(events))
	to := min(from+max(limit, 0), len(events))
	if from == to {
		return nil
	}
	return events[from:to:to]
}

// ReadAll returns up to limit events that follow position after.
func (l *Log) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	if err := l.enter(ctx, "read log"); err != nil {
		return nil, err
	}
	defer l.mu.Unlock()
	return page(l.events, after, limit), nil
}

// Head returns the position of the last event.
func (l *Log) Head(ctx context.Context) (int64, error) {
	if err := l.enter(ctx, "read head"); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	return int64(len(l.events)), nil
}

// Grown returns a channel that is closed once the log is longer than after.
func (l *Log) Grown(after int64) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || int64(len(l.events)) > after {
		return l.past
	}
	if l.waiting == nil {
		l.waiting = make(chan struct{})
	}
	return l.waiting
}

// Ready returns nil unless the log was closed.
func (l *Log) Ready(ctx context.Context) error {
	if err := l.enter(ctx, "look at log"); err != nil {
		return err
	}
	l.mu.Unlock()
	return nil
}

// Close ends the log. Further calls of Close do nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.wake()
	l.mu.Unlock()
	return l.views.close()
}

// wake has all who wait look again. It is called under the lock.
func (l *Log) wake() {
	if l.waiting != nil {
		close(l.waiting)
		l.waiting = nil
	}
}

// enter takes the lock for a call, unless there is no point in it any more. What
// names the call in errors; its words are joined only then.
func (l *Log) enter(ctx context.Context, what ...string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(what, " "), err)
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return fmt.Errorf("%s: %w", strings.Join(what, " "), ErrClosed)
	}
	return nil
}
