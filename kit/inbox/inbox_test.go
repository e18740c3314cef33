package inbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

const within = 30 * time.Second

// ear is a running inbox and what it has heard.
type ear struct {
	bus  *rabbitbus.Bus
	name string

	mu    sync.Mutex
	heard map[uuid.UUID]int // how often each was handed to heed
	done  chan uuid.UUID    // handled without error
}

// listen runs an inbox that lets heed judge each try of each message.
func listen(t *testing.T, heed func(m bus.Message, try int) error) *ear {
	t.Helper()
	prefix := servertest.Prefix(t)
	b, err := rabbitbus.Open(t.Context(), rabbitbus.Config{
		URL: servertest.RabbitURL(t), Exchange: prefix + "facts", DeadExchange: prefix + "dead",
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{bus: b, name: prefix + "hearer", heard: map[uuid.UUID]int{}, done: make(chan uuid.UUID, 100)}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	q, err := b.Subscribe(ctx, bus.Subscription{Queue: e.name, Types: []string{"v1.Said"}})
	if err != nil {
		t.Fatal(err)
	}
	step := inbox.New(inbox.Config{Name: e.name, Queue: q, Now: time.Now, Heed: func(_ context.Context, m bus.Message) error {
		err := heed(m, e.count(m.ID))
		if err == nil {
			e.done <- m.ID
		}
		return err
	}})
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- loop.Runner{Step: step}.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ran
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		b.Close(ctx)
	})
	return e
}

func (e *ear) count(id uuid.UUID) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard[id]++
	return e.heard[id]
}

// say publishes a message, as soon as there is a connection.
func (e *ear) say(t *testing.T, correlation string) uuid.UUID {
	t.Helper()
	m := bus.Message{ID: uuid.New(), Type: "v1.Said", Subject: "a-1", Version: 1, Source: "test", Correlation: correlation, Time: time.Now()}
	deadline := time.Now().Add(within)
	_, err := e.bus.Publish(t.Context(), []bus.Message{m})
	for errors.Is(err, bus.ErrDown) && time.Now().Before(deadline) {
		_, err = e.bus.Publish(t.Context(), []bus.Message{m})
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func (e *ear) wait(t *testing.T, want uuid.UUID) {
	t.Helper()
	select {
	case got := <-e.done:
		if got != want {
			t.Errorf("handled %s; want %s", got, want)
		}
	case <-time.After(within):
		t.Fatalf("%s not handled within %s", want, within)
	}
}

// A fact whose handling fails is tried again, and holds up nobody else.
func TestAFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	fails := make(chan uuid.UUID, 1)
	var bad uuid.UUID
	e := listen(t, func(m bus.Message, try int) error {
		if m.Correlation == "bad" && try < 3 {
			select {
			case fails <- m.ID:
			default:
			}
			return eventlog.ErrUnavailable
		}
		return nil
	})
	bad = e.say(t, "bad")
	if got := <-fails; got != bad {
		t.Fatalf("failed %s; want %s", got, bad)
	}
	good := e.say(t, "good")
	first, second := <-e.done, <-e.done
	if first != good && second != good || first != bad && second != bad {
		t.Errorf("handled %s and %s; want %s and %s", first, second, good, bad)
	}
}

// What can never be handled is in the dead letters, not lost and not in the way.
func TestTheHopelessIsSetAside(t *testing.T) {
	t.Parallel()
	e := listen(t, func(m bus.Message, _ int) error {
		if m.Correlation == "bad" {
			return inbox.Never(errors.New("no sense in it"))
		}
		return nil
	})
	bad := e.say(t, "bad")
	e.wait(t, e.say(t, "good"))
	if got := dead(t, e.name); got != bad.String() {
		t.Errorf("dead letter %q; want %s", got, bad)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heard[bad] != 1 {
		t.Errorf("tried %d times; want once", e.heard[bad])
	}
}

// dead takes the first dead letter of a hearer, and returns its message id.
func dead(t *testing.T, hearer string) string {
	t.Helper()
	conn, err := amqp.Dial(servertest.RabbitURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	const autoAck = true
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		d, ok, err := ch.Get(bus.DeadName(hearer), autoAck)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return d.MessageId
		}
	}
	return ""
}
