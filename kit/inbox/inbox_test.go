package inbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

const within = 5 * time.Minute // of a machine that has much else to do

// ear is a running inbox and what it has heard.
type ear struct {
	bus     *rabbitbus.Bus
	name    string
	letters *deadletter.Letters

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
	q, err := b.Subscribe(ctx, bus.Subscription{Queue: e.name, Types: []string{said}})
	if err != nil {
		t.Fatal(err)
	}
	e.letters = lettersOf(t, e.name)
	step := inbox.New(inbox.Config{
		Name: e.name, Queue: q, Now: time.Now, Letters: e.letters,
		Heed: func(_ context.Context, m bus.Message, _ deadletter.Aside) error {
			err := heed(m, e.count(m.ID))
			if err == nil {
				e.done <- m.ID
			}
			return err
		},
	})
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

// lettersOf returns the dead letters of a hearer, which are kept in memory.
func lettersOf(t *testing.T, hearer string) *deadletter.Letters {
	store := memlog.New(time.Now)
	t.Cleanup(func() { _ = store.Close() })
	return deadletter.New(deadletter.Config{Consumer: hearer, Log: store, Now: time.Now})
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
	m := bus.Message{ID: uuid.New(), Type: said, Subject: "a-1", Version: 1, Source: "test", Correlation: correlation, Time: time.Now()}
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

// What can never be handled is parked, not lost and not in the way.
func TestTheHopelessIsParked(t *testing.T) {
	t.Parallel()
	e := listen(t, func(m bus.Message, _ int) error {
		if m.Correlation == "bad" {
			return deadletter.ErrUnreadable
		}
		return nil
	})
	bad := e.say(t, "bad")
	e.wait(t, e.say(t, "good"))
	await(t, "a dead letter", func() bool {
		state, err := e.letters.Waiting(t.Context(), "bad")
		return err == nil && len(state.Waiting) == 1 && state.Waiting[0].ID == bad
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heard[bad] != 1 {
		t.Errorf("tried %d times; want once", e.heard[bad])
	}
}
