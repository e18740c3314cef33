package rabbitbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

const (
	autoAck = false // the hearer settles
	noLocal = false // RabbitMQ knows only this
	global  = false // the prefetch is of each consumer; quorum queues know no other
)

// errCancelled says that the broker has ended a consumer by itself.
var errCancelled = errors.New("broker has cancelled the consumer, as when a queue is deleted")

// A hearing is one session of a queue, and an epoch of its deliveries.
type hearing struct {
	epoch  uint64
	ctx    context.Context //nolint:containedctx // the life of the session
	ch     *amqp.Channel
	closed <-chan *amqp.Error // why the channel died
	dry    chan struct{}      // each pump puts something in when it ends

	mu      sync.Mutex // held while telling the broker, so that it hears in order
	ledger  *ledger
	over    bool           // no more work is begun
	burials sync.WaitGroup // work that is under way
}

const (
	multiple = true  // all up to the tag
	justOne  = false // only the tag itself
	setAside = false // to the dead letters
	giveBack = true  // to the queue
)

// open returns the deliveries that a message of the session holds: a bundle has
// one for each of its facts. If one of them cannot be read its Err says so, and
// it is the only one that is the worse for it.
func (s *hearing) open(d amqp.Delivery) []bus.Delivery {
	if !isBatch(d) {
		return []bus.Delivery{decode(d, s.epoch)}
	}
	facts, err := split(d)
	if err != nil {
		return []bus.Delivery{whole(d, s.epoch, err)}
	}
	s.mu.Lock()
	s.ledger.open(d.DeliveryTag, facts)
	s.mu.Unlock()
	return decodeBatch(d, facts, s.epoch)
}

// ack settles deliveries for good, and returns how many were not before. Errors
// are passed over: they mean that the channel is dead, which the session notices.
func (s *hearing) ack(tags []uint64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	facts, whole, back := s.ledger.settle(tags)
	s.tell(whole, back)
	return facts
}

// tell tells the broker of messages all of which is settled. Those that go back
// are told of first: they are not out any more then, and an ack of several passes
// over them.
func (s *hearing) tell(whole, back []uint64) {
	for _, t := range back {
		_ = s.ch.Reject(t, giveBack)
	}
	upTo, single := s.ledger.split(whole)
	if upTo > 0 {
		_ = s.ch.Ack(upTo, multiple)
	}
	for _, t := range single {
		_ = s.ch.Ack(t, justOne)
	}
}

// disown returns to the queue what nobody has received: messages as they came,
// and the rest of one bundle, which goes back as a whole once those of its facts
// that were received are settled.
func (s *hearing) disown(messages []amqp.Delivery, rest []bus.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var back []uint64
	for _, d := range rest {
		if in, fresh := s.ledger.take(d.Tag); fresh && in != nil {
			in.back = true
			if s.ledger.release(d.Tag) {
				back = append(back, d.Tag>>placeBits)
			}
		}
	}
	for _, d := range messages {
		back = append(back, d.DeliveryTag)
	}
	s.tell(nil, back)
}

// hear is one session: it makes sure that the queues are there, and has their
// messages delivered, until the channel dies.
func (q *queue) hear(ctx context.Context, conn *amqp.Connection, up func()) error {
	q.mourn(conn)
	if err := q.plan.declare(conn); err != nil {
		return err
	}
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	var pumps sync.WaitGroup
	defer pumps.Wait()
	// This gives back to the broker all that is not settled, and ends the
	// pumps.
	defer giveUp(ch)
	ctx, cancel := context.WithCancel(ctx)
	s := q.newHearing(ctx, ch)
	defer s.end()
	defer cancel()
	q.begin(s)
	defer q.end()
	if err := q.consume(s, &pumps); err != nil {
		return err
	}
	up()
	return q.watch(ctx, conn, s)
}

// mourn says so if queues that were heard before are gone. They are made again, but
// what was in them is lost, and so is what only others could hear meanwhile, until it
// is said again: nobody else can know that. Whatever else is wrong keeps them from
// being made, too, and is told then.
func (q *queue) mourn(conn *amqp.Connection) {
	if q.heard.IsZero() {
		return // they may never have been there
	}
	if _, err := waiting(conn, q.plan.queues()); isMissing(err) {
		q.log.Warn("queue is gone, making it anew; what it held is lost until it is said again", "heard_until", q.heard)
	}
}

func (q *queue) newHearing(ctx context.Context, ch *amqp.Channel) *hearing {
	return &hearing{
		epoch: q.bus.epochs.Add(1), ctx: ctx, ch: ch, ledger: newLedger(),
		closed: ch.NotifyClose(make(chan *amqp.Error, 1)),
		dry:    make(chan struct{}, q.plan.config.Partitions),
	}
}

// consume starts a consumer for each partition, each with a pump that fills the
// buffer.
func (q *queue) consume(s *hearing, pumps *sync.WaitGroup) error {
	if err := s.ch.Qos(q.prefetch, 0, global); err != nil {
		return fmt.Errorf("set prefetch of %s: %w", q.plan.hearer, err)
	}
	for _, name := range q.plan.queues() {
		in, err := s.ch.Consume(name, name, autoAck, exclusive, noLocal, noWait, nil)
		if err != nil {
			return fmt.Errorf("consume %s: %w", name, err)
		}
		pumps.Go(func() {
			for d := range in {
				q.put(s, d)
			}
			s.dry <- struct{}{}
		})
	}
	return nil
}

// watch waits for the end of a session, and meanwhile sees to it that the queues
// stay bound to what they hear.
func (q *queue) watch(ctx context.Context, conn *amqp.Connection, s *hearing) error {
	again := time.NewTicker(q.bus.config.Reassert)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.closed:
			return reason("channel", err)
		case <-s.dry:
			return s.why()
		case <-again.C:
			if err := q.plan.rebind(conn); err != nil {
				return err
			}
		case <-q.closing.raised():
			return q.windDown(ctx, s)
		}
	}
}

// why tells a channel that has died from one on which the broker has only
// cancelled a consumer.
func (s *hearing) why() error {
	if s.ch.IsClosed() {
		return reason("channel", <-s.closed)
	}
	return errCancelled
}

// windDown stops the flow and gives back what nobody has received. Then it
// keeps the channel for those who still want to settle, until the bus closes
// or the channel dies.
func (q *queue) windDown(ctx context.Context, s *hearing) error {
	for _, name := range q.plan.queues() {
		if err := s.ch.Cancel(name, noWait); err != nil {
			return fmt.Errorf("cancel %s: %w", name, err)
		}
		// What the broker had sent before is in the buffer once the pump has
		// ended.
		<-s.dry
	}
	s.disown(q.shut())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-s.closed:
		return reason("channel", err)
	}
}
