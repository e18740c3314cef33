package sqlitelog

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"orpheus.example/kit/eventlog"
)

// Limits of one transaction of Append.
const (
	// maxUnits is how many units share a transaction. More gain nothing.
	maxUnits = 256
	// maxBytes is how many bytes of bodies do, about: the last call is not split.
	maxBytes = 8 << 20
	// appendWithin is how long it may wait for those who write already.
	appendWithin = 5 * time.Second
)

// A call is one call of Append on its way through the committer.
type call struct {
	ctx    context.Context //nolint:containedctx // the caller's, which the committer must look at
	units  []eventlog.Unit
	answer chan answer // has room: nobody waits for a caller that has gone
}

// An answer is what Append returns.
type answer struct {
	outcomes []eventlog.Outcome
	err      error
}

// Append commits units, together with those of other callers. The units of one
// call are never spread over several transactions.
//
// If ctx is done first, Append returns its error and nothing is known of the
// units: the transaction goes on without the caller. So neither units nor
// bodies may be changed after they were passed in.
func (l *Log) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	eventlog.Check(units) // here, where a panic hits the one whose bug it is
	c := &call{ctx: ctx, units: units, answer: make(chan answer, 1)}
	if err := l.enqueue(ctx, c); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	select {
	case a := <-c.answer:
		return a.outcomes, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("append: %w", ctx.Err())
	case <-l.stopped:
	}
	// The log was closed. It may have answered all the same.
	select {
	case a := <-c.answer: // the committer's last deed
		return a.outcomes, a.err
	default:
		return nil, fmt.Errorf("append: %w", ErrClosed)
	}
}

// enqueue waits for room in the queue, which is how callers feel that the disk
// cannot keep up.
func (l *Log) enqueue(ctx context.Context, c *call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-l.closing: // even if there is room
		return ErrClosed
	default:
	}
	select {
	case l.calls <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.closing:
		return ErrClosed
	}
}

// commitAll is the committer. It ends when the log closes; whoever is in the
// queue then has not been committed.
func (l *Log) commitAll() {
	defer close(l.stopped)
	for {
		select {
		case <-l.closing:
			return
		case c := <-l.calls:
			if batch := l.gather(c); len(batch) > 0 {
				l.settle(batch)
			}
		}
	}
}

// gather returns first and whatever else waits, up to the limits. It does not
// wait for more to come: under load, more comes while a batch is committed.
func (l *Log) gather(first *call) []*call {
	var batch []*call
	var units, size int
	for c := first; ; {
		if c.ctx.Err() == nil { // else the caller is gone, and nothing need happen
			batch = append(batch, c)
			units += len(c.units)
			size += weigh(c.units)
		}
		if units >= maxUnits || size >= maxBytes {
			return batch
		}
		var more bool
		if c, more = l.next(); !more {
			return batch
		}
	}
}

// next returns a call that waits. If there is none it lets other goroutines run
// once: those who were just answered may be about to call again. That makes
// batches half as large again under load and takes no time when idle.
func (l *Log) next() (*call, bool) {
	if c, ok := l.waiting(); ok {
		return c, true
	}
	runtime.Gosched()
	return l.waiting()
}

// waiting returns a call that waits, if there is one.
func (l *Log) waiting() (*call, bool) {
	select {
	case c := <-l.calls:
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
// failed: only the callers can tell, by deciding again, whether anything is left
// to be done.
func (l *Log) settle(batch []*call) {
	var units []eventlog.Unit
	for _, c := range batch {
		units = append(units, c.units...)
	}
	outcomes, err := l.commit(units)
	if errors.Is(err, errRefused) && len(batch) > 1 {
		for one := range slices.Chunk(batch, 1) {
			l.settle(one) // the others are not to suffer for it
		}
		return
	}
	for _, c := range batch {
		a := answer{err: err}
		if err == nil {
			a.outcomes, outcomes = outcomes[:len(c.units):len(c.units)], outcomes[len(c.units):]
		}
		c.answer <- a
	}
}
