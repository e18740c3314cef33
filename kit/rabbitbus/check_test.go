package rabbitbus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

const placed = "order.v1.OrderPlaced"

// A fixture is a bus with one hearer, on a broker that may be somebody else's
// too.
type fixture struct {
	config rabbitbus.Config
	bus    *rabbitbus.Bus
	hearer string
	queue  bus.Queue
}

// setUp opens a bus and subscribes to it.
func setUp(t *testing.T, c rabbitbus.Config) fixture {
	t.Helper()
	f := fixture{config: c, bus: mustOpen(t, c), hearer: c.Exchange + ".payment"}
	t.Cleanup(func() { mustClose(t, f.bus) })
	var err error
	f.queue, err = f.bus.Subscribe(t.Context(), bus.Subscription{Queue: f.hearer, Types: []string{placed}})
	if err != nil {
		t.Fatalf("Subscribe(%s) = %v; want nil", f.hearer, err)
	}
	return f
}

// onShared sets up on the broker that all tests share.
func onShared(t *testing.T) fixture {
	t.Helper()
	return setUp(t, configFor(t, servertest.RabbitURL(t)))
}

// mustClose closes a bus. It takes no context, because that of a test is done
// when it is cleaned up.
func mustClose(t testing.TB, b *rabbitbus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("Close(ctx) = %v; want nil", err)
	}
}

// checkFlows publishes one message until it is confirmed, and hears until it
// comes. It returns how long both took together.
func (f fixture) checkFlows(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	m := bus.Message{ID: uuid.New(), Type: placed}
	eventually(t, "publish", func() error {
		_, err := f.bus.Publish(t.Context(), []bus.Message{m})
		return err
	})
	eventually(t, "hear", func() error {
		for _, d := range f.queue.Receive(256) {
			if err := f.queue.Ack(d); err != nil {
				return err
			}
			if d.ID == m.ID {
				return nil
			}
		}
		return errors.New("it has not come")
	})
	return time.Since(start)
}

// eventually tries until try returns nil, for some time.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.After(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%s = %v, for %v; want nil", what, err, patience)
		}
	}
}

// checkFast fails unless do returns within limit.
func checkFast(t *testing.T, what string, limit time.Duration, do func()) {
	t.Helper()
	start := time.Now()
	do()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v; want at most %v", what, took, limit)
	}
}

// mustReceive returns the next n deliveries.
func (f fixture) mustReceive(t *testing.T, n int) []bus.Delivery {
	t.Helper()
	var got []bus.Delivery
	eventually(t, "receive", func() error {
		if got = append(got, f.queue.Receive(n-len(got))...); len(got) < n {
			return errors.New("not all have come")
		}
		return nil
	})
	return got
}

// mustCtl runs rabbitmqctl.
func mustCtl(t *testing.T, on interface {
	Ctl(ctx context.Context, args ...string) (string, error)
}, args ...string) string {
	t.Helper()
	text, err := on.Ctl(t.Context(), args...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return text
}

// messagesInQueue counts what is ready in a queue.
func messagesInQueue(t *testing.T, ch *amqp.Channel, name string) int {
	t.Helper()
	q, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
	if err != nil {
		t.Fatalf("QueueDeclarePassive(%s) = %v; want nil", name, err)
	}
	return q.Messages
}
