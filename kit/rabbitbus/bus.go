package rabbitbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// subscribeLimit is how long Subscribe waits for a broker that neither answers
// nor refuses.
const subscribeLimit = 5 * time.Second

// A Bus is a bus.Bus on a RabbitMQ broker.
type Bus struct {
	config    Config
	publisher *publisher
	publish   *link // one connection to publish,
	consume   *link // and one to consume, from the first subscription on

	ctx    context.Context //nolint:containedctx // the life of the bus, which ends with Close
	cancel context.CancelCauseFunc
	work   sync.WaitGroup
	epochs atomic.Uint64
	convoy bus.Convoy // of what Send has sent

	mu        sync.Mutex // guards what Subscribe and Close share
	consuming bool
}

var _ bus.Bus = (*Bus)(nil)

// Open returns a bus on the broker that c names. It fails only if c is wrong: a
// broker that is not there is sought in the background, for as long as it
// takes. The bus keeps what it needs of ctx but outlives it; Close ends it.
func Open(ctx context.Context, c Config) (*Bus, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	n, err := newCounts(c.Meter)
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	b := &Bus{config: c, publish: newLink(c, "publish", n), consume: newLink(c, "consume", n)}
	b.publisher = newPublisher(c, b.publish, n)
	b.ctx, b.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	// Epochs start anywhere, so that a delivery of one bus means nothing to
	// another.
	id := uuid.New()
	b.epochs.Store(binary.BigEndian.Uint64(id[:]))
	b.work.Go(func() { b.publish.run(b.ctx) })
	b.work.Go(func() { b.publisher.run(b.ctx) })
	return b, nil
}

// Publish implements bus.Bus.
func (b *Bus) Publish(ctx context.Context, messages []bus.Message) (int, error) {
	ctx, end := b.within(ctx)
	defer end()
	return b.start(ctx, messages, nil).finish(ctx)
}

// Send implements bus.Bus.
func (b *Bus) Send(ctx context.Context, messages []bus.Message) bus.Sent {
	ctx, end := b.within(ctx)
	defer end()
	return b.start(ctx, messages, &b.convoy)
}

// Subscribe implements bus.Bus. When it returns the queue is there, unless the
// broker is not, or will not have it so; then it is made as soon as that
// changes.
func (b *Bus) Subscribe(ctx context.Context, s bus.Subscription) (bus.Queue, error) {
	if err := bus.CheckSubscription(s); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	q := newQueue(b, s)
	if err := b.hear(q); err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", s.Queue, err)
	}
	patience := time.NewTimer(subscribeLimit)
	defer patience.Stop()
	select {
	case <-q.up.raised():
	case <-q.down.raised(): // the log says why
	case <-patience.C:
	case <-ctx.Done():
		q.leave()
		return nil, fmt.Errorf("subscribe %s: %w", s.Queue, context.Cause(ctx))
	}
	return q, nil
}

// hear starts to keep a queue.
func (b *Bus) hear(q *queue) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		return bus.ErrClosed
	}
	if !b.consuming {
		b.consuming = true
		b.work.Go(func() { b.consume.run(b.ctx) })
	}
	ctx, cancel := context.WithCancel(b.ctx)
	q.cancel = cancel
	b.work.Go(func() { q.run(ctx) })
	return nil
}

// Close implements bus.Bus. If the broker does not let go in time, or has
// blocked the connection, it is cut off.
func (b *Bus) Close(ctx context.Context) error {
	b.mu.Lock()
	b.cancel(bus.ErrClosed)
	b.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		b.work.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
	}
	for _, l := range []*link{b.publish, b.consume} {
		conn, _ := l.current()
		l.cut(conn)
	}
	return errors.Join(errors.New("broker was cut off"), context.Cause(ctx))
}
