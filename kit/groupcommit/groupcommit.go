// Package groupcommit lets many callers share commits.
//
// A commit costs the same for one unit as for hundreds. So whatever waits while
// one commit is under way goes together with the next, and under load a moment is
// waited for more: nothing is added when a log is idle, and otherwise a commit is
// paid by all who share it. What becomes of one caller's units never harms
// another's.
//
// The drivers of package eventlog stand on it; callers do not see it.
package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
)

// Limits of one transaction.
const (
	// maxUnits is how many units share a transaction. More gain nothing.
	maxUnits = 256
	// maxBytes is how many bytes of bodies do, about: the last call is not split.
	maxBytes = 8 << 20
)

// What a commit or a queue can answer.
var (
	// ErrClosed says that the log was closed.
	ErrClosed = errors.New("log is closed")
	// ErrRefused marks an error that is the fault of what was to be stored.
	// Nothing was committed, and without the guilty the others may be.
	ErrRefused = errors.New("refused")
)

// A Commit has units admitted and commits those that are, in one transaction. It
// bounds itself: ctx has no end, and is only for the trace of the first caller.
// After an error that is not ErrRefused, some may have been committed.
type Commit func(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error)

// A call is one call of Append or Enqueue on its way through the committer.
type call struct {
	ctx      context.Context //nolint:containedctx // the caller's, which the committer must look at
	units    []eventlog.Unit
	answered chan struct{} // closed by the committer, after it has set what follows
	outcomes []eventlog.Outcome
	err      error
}

// A Queue is where callers wait for their commit. Its methods may be called by
// many at a time.
type Queue struct {
	commit  Commit
	rhythm  rhythm        // of the committer
	calls   chan *call    // wait to be committed
	closing chan struct{} // closed by Close: nothing new is begun
	stopped chan struct{} // closed when the committer has ended
	once    sync.Once
}

// Start returns a queue whose units are committed by commit, one transaction
// after the other. Patience is how long a call may wait for others that share
// its commit even if the log is idle; 0 for callers who are in a hurry.
func Start(commit Commit, patience time.Duration) *Queue {
	q := &Queue{
		commit: commit, rhythm: rhythm{least: patience}, calls: make(chan *call, maxUnits),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	go q.commitAll()
	return q
}

// Close begins nothing new. The channel it returns is closed when what is being
// committed has ended, too; who still waits is told ErrClosed then.
func (q *Queue) Close() (stopped <-chan struct{}) {
	q.once.Do(func() { close(q.closing) })
	return q.stopped
}

// Append commits units, together with those of other callers. The units of one
// call are never spread over several transactions.
//
// If ctx is done first, Append returns its error and nothing is known of the
// units: the transaction goes on without the caller. So neither units nor
// bodies may be changed after they were passed in.
func (q *Queue) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	c, err := q.put(ctx, ctx, units)
	if err != nil {
		return nil, err
	}
	return q.wait(ctx, c)
}

// Enqueue puts units in line and returns as soon as they are there, with the
// function that waits for what becomes of them; see eventlog.Enqueuer. Once in
// line they go their way, also if ctx ends: others may have built on them.
func (q *Queue) Enqueue(ctx context.Context, units []eventlog.Unit) (eventlog.Wait, error) {
	c, err := q.put(ctx, context.WithoutCancel(ctx), units)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]eventlog.Outcome, error) { return q.wait(ctx, c) }, nil
}

// put puts a call in line, within the time of ctx. The committer passes it over
// once goes has ended.
func (q *Queue) put(ctx, goes context.Context, units []eventlog.Unit) (*call, error) {
	eventlog.Check(units) // here, where a panic hits the one whose bug it is
	c := &call{ctx: goes, units: units, answered: make(chan struct{})}
	if err := q.enqueue(ctx, c); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	return c, nil
}

// wait waits for the answer to a call, as long as ctx lasts.
func (q *Queue) wait(ctx context.Context, c *call) ([]eventlog.Outcome, error) {
	select {
	case <-c.answered:
		return c.outcomes, c.err
	case <-ctx.Done():
		return nil, fmt.Errorf("append: %w", ctx.Err())
	case <-q.stopped:
	}
	// The log was closed. It may have answered all the same.
	select {
	case <-c.answered: // the committer's last deed
		return c.outcomes, c.err
	default:
		return nil, fmt.Errorf("append: %w", ErrClosed)
	}
}

// enqueue waits for room in the queue, which is how callers feel that the
// server cannot keep up.
func (q *Queue) enqueue(ctx context.Context, c *call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-q.closing: // even if there is room
		return ErrClosed
	default:
	}
	select {
	case q.calls <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-q.closing:
		return ErrClosed
	}
}

// commitAll is the committer. It ends when the log closes; whoever is in the
// queue then has not been committed.
func (q *Queue) commitAll() {
	defer close(q.stopped)
	for {
		select {
		case <-q.closing:
			return
		case c := <-q.calls:
			if b := q.gather(c); len(b.calls) > 0 {
				begun := time.Now()
				q.settle(b.calls)
				q.rhythm.committed(begun, time.Now(), b.units)
			}
		}
	}
}

// A batch is what goes into one transaction.
type batch struct {
	calls       []*call
	units, size int
}

func (b *batch) add(c *call) {
	if c.ctx.Err() != nil {
		return // the caller is gone, and nothing need happen
	}
	b.calls = append(b.calls, c)
	b.units += len(c.units)
	b.size += weigh(c.units)
}

func (b *batch) full() bool { return b.units >= maxUnits || b.size >= maxBytes }

// gather returns first and whatever else waits, up to the limits. Mostly it does
// not wait for more to come: more comes while a batch is committed. Only if it pays
// it does, for a moment; see rhythm.
func (q *Queue) gather(first *call) *batch {
	b := &batch{}
	b.add(first)
	q.drain(b)
	if patience, lull := q.rhythm.patience(len(b.calls), time.Now()); patience > 0 {
		before := b.units
		q.linger(b, patience, lull)
		if lull == patience {
			q.rhythm.thronged(b.units - before)
		}
	}
	return b
}

// drain adds what waits.
func (q *Queue) drain(b *batch) {
	for !b.full() {
		c, more := q.next()
		if !more {
			return
		}
		b.add(c)
	}
}

// next returns a call that waits. If there is none it lets other goroutines run
// once: those who were just answered may be about to call again. That makes
// batches half as large again under load and takes no time when idle.
func (q *Queue) next() (*call, bool) {
	if c, ok := q.waiting(); ok {
		return c, true
	}
	runtime.Gosched()
	return q.waiting()
}

// waiting returns a call that waits, if there is one.
func (q *Queue) waiting() (*call, bool) {
	select {
	case c := <-q.calls:
		return c, true
	default:
		return nil, false
	}
}

// weigh returns how many bytes of bodies units have.
func weigh(units []eventlog.Unit) (size int) {
	for i := range units {
		for j := range units[i].Events {
			size += len(units[i].Events[j].Body)
		}
	}
	return size
}

// settle commits a batch and answers its callers. It does not try again what
// failed: after a lost answer only the callers can tell, by deciding again,
// whether anything is left to be done.
func (q *Queue) settle(batch []*call) {
	// The transaction shows up in the trace of the first caller, but does not
	// end with any of them.
	ctx := context.WithoutCancel(batch[0].ctx)
	var units []eventlog.Unit
	for _, c := range batch {
		units = append(units, c.units...)
	}
	outcomes, err := q.commit(ctx, units)
	if errors.Is(err, ErrRefused) && len(batch) > 1 {
		for one := range slices.Chunk(batch, 1) {
			q.settle(one) // the others are not to suffer for it
		}
		return
	}
	for _, c := range batch {
		c.err = err
		if err == nil {
			c.outcomes, outcomes = outcomes[:len(c.units):len(c.units)], outcomes[len(c.units):]
		}
		close(c.answered)
	}
}
