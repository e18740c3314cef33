package rabbitbus

import (
	"context"
	"slices"
	"sync"

	"orpheus.example/kit/bus"
)

// How many deliveries a hearer holds: if it does not say, beyond which more
// gains nothing, and at most, because the protocol has 16 bits for it.
const (
	defaultPrefetch = 256
	maxPrefetch     = 1<<16 - 1
)

// A queue is one hearer's end of its queues, one for each partition, on one
// channel after the other.
type queue struct {
	*keeper
	bus      *Bus
	plan     plan
	prefetch int // for each partition; together no more than was asked for, if there is one for each

	cancel context.CancelFunc // ends the queue at once

	mu      sync.Mutex
	arrived *flag // up while there is something in the buffer, or the queue is closed
	buffer  []bus.Delivery
	session *hearing // where deliveries come from, or nil
	closing *flag    // up once Close was called
	closed  *flag    // up once nothing comes any more
}

func newQueue(b *Bus, s bus.Subscription) *queue {
	if s.Prefetch <= 0 {
		s.Prefetch = defaultPrefetch
	}
	return &queue{
		keeper:   newKeeper(b.config.Log, "queue "+s.Queue, queuePause),
		bus:      b,
		plan:     plan{config: b.config, hearer: s.Queue, types: s.Types},
		prefetch: max(1, min(s.Prefetch, maxPrefetch)/b.config.Partitions),
		arrived:  newFlag(), closing: newFlag(), closed: newFlag(),
	}
}

// run keeps the queue in session until it is closed.
func (q *queue) run(ctx context.Context) {
	q.bus.consume.attend(ctx, q.keeper, q.hear)
	q.shut()
}

// Receive implements bus.Queue.
func (q *queue) Receive(limit int) []bus.Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(max(limit, 0), len(q.buffer))
	if n == 0 {
		return nil
	}
	// A copy, so that what was handed out does not keep the rest in memory.
	got := slices.Clone(q.buffer[:n])
	q.buffer = slices.Delete(q.buffer, 0, n)
	q.signal()
	return got
}

// Arrived implements bus.Queue.
func (q *queue) Arrived() <-chan struct{} { return q.arrived.raised() }

// signal sets arrived to what is true. The caller holds mu.
func (q *queue) signal() { q.arrived.set(len(q.buffer) > 0 || q.closed.isRaised()) }

// put adds a delivery to the buffer, unless its session is over. The broker
// sends no more than prefetch, so there is no other limit.
func (q *queue) put(s *hearing, d bus.Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.session != s {
		return // it comes again
	}
	q.buffer = append(q.buffer, d)
	q.signal()
}

// begin makes s the session that deliveries come from.
func (q *queue) begin(s *hearing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.session = s
}

// end empties the buffer, because all that is in it comes again, and has all
// acks passed over until there is another session.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.session, q.buffer = nil, nil
	if q.closing.isRaised() {
		q.cancel() // there is no other session
	}
	q.signal()
}

// shut ends the flow: there is nothing to receive any more. It returns what was
// still in the buffer.
func (q *queue) shut() []bus.Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := q.buffer
	q.buffer = nil
	q.closed.set(true)
	q.signal()
	return rest
}

// current returns the session, or nil.
func (q *queue) current() *hearing {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.session
}

// Ack implements bus.Queue.
func (q *queue) Ack(deliveries ...bus.Delivery) error {
	return q.settle(deliveries, func(s *hearing, tags []uint64) { s.ack(tags) })
}

// Reject implements bus.Queue.
func (q *queue) Reject(d bus.Delivery) error {
	return q.settle([]bus.Delivery{d}, func(s *hearing, tags []uint64) { s.refuse(tags, setAside) })
}

// settle does something with those of deliveries that came in the present
// session. If that fails the connection is broken, and they come again; so
// there is no other error than that the bus is closed.
func (q *queue) settle(deliveries []bus.Delivery, do func(*hearing, []uint64)) error {
	if q.bus.ctx.Err() != nil {
		return bus.ErrClosed
	}
	s := q.current()
	if s == nil {
		return nil
	}
	tags := make([]uint64, 0, len(deliveries))
	for _, d := range deliveries {
		if d.Epoch == s.epoch {
			tags = append(tags, d.Tag)
		}
	}
	do(s, tags)
	return nil
}

// Close implements bus.Queue.
func (q *queue) Close(ctx context.Context) error {
	q.leave()
	select {
	case <-q.closed.raised():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave asks for the end of the queue.
func (q *queue) leave() {
	q.closing.set(true)
	if q.current() == nil {
		q.cancel() // nothing was received that could still be settled
	}
}
