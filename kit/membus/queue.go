package membus

import (
	"context"
	"maps"
	"slices"

	"orpheus.example/kit/bus"
)

// defaultPrefetch is how many deliveries a hearer holds if it does not say.
const defaultPrefetch = 256

// A queue is one replica's end of its hearer's queues. All is guarded by the
// broker.
type queue struct {
	bus   *Bus
	asked bus.Subscription
	share int // how many it holds at most of each partition

	// What it has of the present session. Nothing outlasts the session, so that
	// an ack from an earlier one settles nothing.
	hearer *hearer // nil between sessions
	epoch  uint64
	held   map[uint64]item // delivered and not settled, by seq
	holds  []int           // the same, counted by partition
	turn   int             // which partition is next

	closed  bool          // nothing is delivered any more
	arrived chan struct{} // closed while ringing
	ringing bool
}

func newQueue(b *Bus, s bus.Subscription) *queue {
	if s.Prefetch <= 0 {
		s.Prefetch = defaultPrefetch
	}
	s.Types = slices.Clone(s.Types)
	share := max(1, s.Prefetch/b.broker.config.Partitions)
	return &queue{bus: b, asked: s, share: share, arrived: make(chan struct{})}
}

// begin starts a session.
func (q *queue) begin(h *hearer, epoch uint64) {
	q.hearer, q.epoch, q.turn = h, epoch, 0
	q.held, q.holds = map[uint64]item{}, make([]int, len(h.lines))
	h.queues = append(h.queues, q)
	q.signal()
}

// detach ends the session: what it holds goes to whoever is next.
func (q *queue) detach() {
	if h := q.hearer; h != nil {
		h.queues = slices.DeleteFunc(h.queues, func(o *queue) bool { return o == q })
		h.giveBack(slices.Collect(maps.Values(q.held))) // which sorts them
		q.hearer, q.held, q.holds = nil, nil, nil
		h.signal()
	}
	q.signal()
}

// Receive implements bus.Queue. Replicas are not dealt to: who asks first gets.
func (q *queue) Receive(limit int) []bus.Delivery {
	q.bus.broker.mu.Lock()
	defer q.bus.broker.mu.Unlock()
	if q.hearer == nil || q.closed {
		return nil
	}
	ready := 0
	for p, l := range q.hearer.lines {
		ready += max(0, min(len(l.ready), q.share-q.holds[p]))
	}
	if min(limit, ready) <= 0 {
		return nil
	}
	got := make([]bus.Delivery, 0, min(limit, ready))
	for idle := 0; len(got) < limit && idle < len(q.holds); q.turn++ {
		d, ok := q.take(q.turn % len(q.holds))
		if !ok {
			idle++
			continue
		}
		got, idle = append(got, d), 0
	}
	q.hearer.signal()
	return got
}

// take receives one message of a partition, if one is ready and may be held.
func (q *queue) take(partition int) (bus.Delivery, bool) {
	l := q.hearer.lines[partition]
	if !q.may(partition) {
		return bus.Delivery{}, false
	}
	at := 0
	if next := q.bus.broker.config.Next; next != nil {
		at = next(l.name, len(l.ready))
	}
	it := l.take(at)
	q.held[it.seq] = it
	q.holds[partition]++
	return bus.Delivery{Message: it.Message, Redelivered: it.again, Epoch: q.epoch, Tag: it.seq}, true
}

// may reports whether there is something to take from a partition.
func (q *queue) may(partition int) bool {
	return len(q.hearer.lines[partition].ready) > 0 && q.holds[partition] < q.share
}

// Arrived implements bus.Queue.
func (q *queue) Arrived() <-chan struct{} {
	q.bus.broker.mu.Lock()
	defer q.bus.broker.mu.Unlock()
	return q.arrived
}

// signal sets arrived to what is true.
func (q *queue) signal() {
	ring := q.closed
	for p := range q.holds {
		ring = ring || q.may(p)
	}
	switch {
	case ring && !q.ringing:
		close(q.arrived)
	case !ring && q.ringing:
		q.arrived = make(chan struct{})
	}
	q.ringing = ring
}

// Ack implements bus.Queue. When it returns, what it has settled is settled
// over a kill -9 too.
func (q *queue) Ack(deliveries ...bus.Delivery) error {
	return q.settle(deliveries, func(b *Broker, done []*letter) {
		b.note(func(j *journal) error { return j.settled(q.hearer.id, done) })
	})
}

// Reject implements bus.Queue.
func (q *queue) Reject(d bus.Delivery) error {
	return q.settle([]bus.Delivery{d}, func(b *Broker, done []*letter) {
		for _, l := range done {
			q.hearer.bury(l)
		}
		b.note(func(j *journal) error { return j.buried(q.hearer.id, done) })
	})
}

// settle takes those of deliveries out of the queue that came in the present
// session and are not settled yet, and has finish see to the rest.
func (q *queue) settle(deliveries []bus.Delivery, finish func(*Broker, []*letter)) error {
	b := q.bus.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	if q.bus.closed {
		return bus.ErrClosed
	}
	if q.hearer == nil {
		return nil // it comes again
	}
	done := make([]*letter, 0, len(deliveries))
	for _, d := range deliveries {
		if it, ok := q.held[d.Tag]; ok && d.Epoch == q.epoch {
			delete(q.held, d.Tag)
			q.holds[it.partition]--
			q.hearer.lineOf(it.letter).out--
			done = append(done, it.letter)
		}
	}
	if len(done) > 0 {
		finish(b, done)
		q.signal()
	}
	return nil
}

// Close implements bus.Queue. It does not wait, so ctx does not matter.
func (q *queue) Close(context.Context) error {
	q.bus.broker.mu.Lock()
	defer q.bus.broker.mu.Unlock()
	q.closed = true
	q.signal()
	return nil
}

// Waiting implements bus.Waiter.
func (q *queue) Waiting(ctx context.Context) (int64, error) {
	b := q.bus.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case q.hearer == nil:
		return 0, bus.ErrDown
	}
	n := 0
	for _, l := range q.hearer.lines {
		n += len(l.ready)
	}
	return int64(n), nil
}
