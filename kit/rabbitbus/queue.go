package rabbitbus

import (
	"context"
	"slices"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

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
	prefetch int // messages for each partition; together no more than was asked for, if there is one for each
	most     int // facts that may be received and not settled

	cancel context.CancelFunc // ends the queue at once
	heard  time.Time          // when the last session ended; of the one who runs the queue

	mu      sync.Mutex
	arrived *flag           // up while there is something in the buffer, or the queue is closed
	buffer  []amqp.Delivery // as they came: what nobody asks for need not be read
	rest    []bus.Delivery  // of the bundle that was before them, what was not received
	held    int             // how many were received in this session and not settled
	session *hearing        // where deliveries come from, or nil
	closing *flag           // up once Close was called
	closed  *flag           // up once nothing comes any more
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
		most:     max(1, s.Prefetch),
		arrived:  newFlag(), closing: newFlag(), closed: newFlag(),
	}
}

// run keeps the queue in session until it is closed.
func (q *queue) run(ctx context.Context) {
	q.bus.consume.attend(ctx, q.keeper, q.hear)
	q.shut()
}

// Receive implements bus.Queue. It hands out no more than the hearer may hold,
// of which the broker knows nothing: to it, a bundle is one message.
func (q *queue) Receive(limit int) []bus.Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(limit, q.most-q.held)
	if n <= 0 || len(q.rest)+len(q.buffer) == 0 {
		return nil
	}
	got := make([]bus.Delivery, 0, min(n, len(q.rest)+len(q.buffer)))
	opened := 0
	for {
		some := min(n-len(got), len(q.rest))
		got = append(got, q.rest[:some]...)
		q.rest = q.rest[some:]
		if len(got) == n || opened == len(q.buffer) {
			break
		}
		q.rest = q.session.open(q.buffer[opened])
		opened++
	}
	q.buffer = slices.Delete(q.buffer, 0, opened)
	q.held += len(got)
	q.signal()
	return got
}

// Arrived implements bus.Queue.
func (q *queue) Arrived() <-chan struct{} { return q.arrived.raised() }

// signal sets arrived to what is true. The caller holds mu.
func (q *queue) signal() {
	some := len(q.rest)+len(q.buffer) > 0 && q.held < q.most
	q.arrived.set(some || q.closed.isRaised())
}

// put adds a message to the buffer, unless its session is over. The broker
// sends no more than prefetch, so there is no other limit.
func (q *queue) put(s *hearing, d amqp.Delivery) {
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
	q.session, q.held = s, 0
}

// end empties the buffer, because all that is in it comes again, and has all
// acks passed over until there is another session.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.session, q.buffer, q.rest = nil, nil, nil
	q.heard = time.Now()
	if q.closing.isRaised() {
		q.cancel() // there is no other session
	}
	q.signal()
}

// shut ends the flow: there is nothing to receive any more. It returns what
// nobody has received.
func (q *queue) shut() ([]amqp.Delivery, []bus.Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	buffer, rest := q.buffer, q.rest
	q.buffer, q.rest = nil, nil
	q.closed.set(true)
	q.signal()
	return buffer, rest
}

// current returns the session, or nil.
func (q *queue) current() *hearing {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.session
}

// Ack implements bus.Queue.
func (q *queue) Ack(deliveries ...bus.Delivery) error {
	return q.settle(deliveries, func(s *hearing, some []bus.Delivery) int {
		tags := make([]uint64, len(some))
		for i, d := range some {
			tags[i] = d.Tag
		}
		return s.ack(tags)
	})
}

// Reject implements bus.Queue.
func (q *queue) Reject(d bus.Delivery) error {
	return q.settle([]bus.Delivery{d}, func(s *hearing, some []bus.Delivery) int {
		facts := 0
		for _, d := range some {
			facts += q.refuse(s, d)
		}
		return facts
	})
}

// settle does something with those of deliveries that came in the present
// session, and makes room for as many more as were not settled before. If it
// fails the connection is broken, and they come again; so there is no other
// error than that the bus is closed.
func (q *queue) settle(deliveries []bus.Delivery, do func(*hearing, []bus.Delivery) int) error {
	if q.bus.ctx.Err() != nil {
		return bus.ErrClosed
	}
	s := q.current()
	if s == nil {
		return nil
	}
	if slices.ContainsFunc(deliveries, s.isOld) {
		deliveries = slices.DeleteFunc(slices.Clone(deliveries), s.isOld)
	}
	facts := do(s, deliveries)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.session == s {
		q.held -= facts
		q.signal()
	}
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
