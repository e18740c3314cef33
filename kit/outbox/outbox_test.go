package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

const within = 20 * time.Second

// place is a log, a bus and one hearer's queue for a test to use alone.
type place struct {
	log   *pglog.Log
	bus   *rabbitbus.Bus
	queue bus.Queue
}

func open(t *testing.T) place {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	prefix := servertest.Prefix(t)
	b, err := rabbitbus.Open(t.Context(), rabbitbus.Config{
		URL: servertest.RabbitURL(t), Exchange: prefix + "facts", DeadExchange: prefix + "dead",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		b.Close(ctx)
	})
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	q, err := b.Subscribe(ctx, bus.Subscription{Queue: prefix + "hearer", Types: []string{"v1.Said"}})
	if err != nil {
		t.Fatal(err)
	}
	return place{log, b, q}
}

func (p place) relay(holder string) *outbox.Step {
	return outbox.New(outbox.Config{
		Name: "test", Store: p.log, Bus: p.bus, Holder: holder, Now: time.Now, Inline: true,
		Says: func(kind string) bool { return kind == "v1.Said" },
	})
}

// append adds n events to a stream, every third of them for the record only.
func (p place) append(t *testing.T, stream string, n int) {
	t.Helper()
	records, err := p.log.ReadStream(t.Context(), stream, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(len(records))
	u := eventlog.Unit{Expect: []eventlog.Expect{{Stream: stream, Version: at}}}
	for i := range n {
		kind := "v1.Said"
		if i%3 == 2 {
			kind = "v1.Kept"
		}
		u.Events = append(u.Events, eventlog.Record{
			Stream: stream, Version: at + int64(i) + 1, ID: uuid.New(), Type: kind, Schema: 1, Time: time.Now(), Correlation: stream,
		})
	}
	if outcomes, err := p.log.Append(t.Context(), []eventlog.Unit{u}); err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
}

// hear takes n deliveries from the queue and returns them as "stream/version".
func (p place) hear(t *testing.T, n int) []string {
	t.Helper()
	deadline := time.After(within)
	var heard []string
	for len(heard) < n {
		arrived := p.queue.Arrived()
		got := p.queue.Receive(n - len(heard))
		for _, d := range got {
			heard = append(heard, fmt.Sprintf("%s/%d", d.Subject, d.Version))
		}
		if err := p.queue.Ack(got...); err != nil {
			t.Fatal(err)
		}
		if len(got) > 0 {
			continue
		}
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("heard %v within %s; want %d facts", heard, within, n)
		}
	}
	return heard
}

// until steps the relay until it has nothing more to say. The bus may still be
// on its way to the broker at first.
func until(t *testing.T, s *outbox.Step) {
	t.Helper()
	deadline := time.Now().Add(within)
	err := loop.Until(t.Context(), s)
	for errors.Is(err, bus.ErrDown) && time.Now().Before(deadline) {
		err = loop.Until(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRelaySpeaksInOrder(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.append(t, "a-1", 6)
	p.append(t, "b-1", 3)
	until(t, p.relay("one"))
	if got, want := p.hear(t, 6), strings.Fields("a-1/1 a-1/2 a-1/4 a-1/5 b-1/1 b-1/2"); !slices.Equal(got, want) {
		t.Errorf("heard %v; want %v", got, want)
	}
}

func TestRelayGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.append(t, "a-1", 2)
	until(t, p.relay("one"))
	p.append(t, "a-1", 1)
	until(t, p.relay("one")) // the same process, restarted
	if got, want := p.hear(t, 3), strings.Fields("a-1/1 a-1/2 a-1/3"); !slices.Equal(got, want) {
		t.Errorf("heard %v; want %v", got, want)
	}
}

func TestOneRelayAtATime(t *testing.T) {
	t.Parallel()
	p := open(t)
	one, two := p.relay("one"), p.relay("two")
	p.append(t, "a-1", 1)
	until(t, one)
	p.append(t, "a-1", 1)
	if worked, err := two.Once(t.Context()); worked || err != nil {
		t.Fatalf("Once of a second relay = %v, %v; want nothing to do", worked, err)
	}
	one.Drain()
	until(t, two)
	if got, want := p.hear(t, 2), strings.Fields("a-1/1 a-1/2"); !slices.Equal(got, want) {
		t.Errorf("heard %v; want %v", got, want)
	}
}

// A fact that nobody hears stays in the log, with all that follow it, until
// somebody does.
func TestUnheardFactsWait(t *testing.T) {
	t.Parallel()
	p := open(t)
	relay := outbox.New(outbox.Config{
		Name: "test", Store: p.log, Bus: p.bus, Holder: "one", Now: time.Now, Inline: true,
		Says: func(string) bool { return true },
	})
	p.append(t, "a-1", 3) // the third is of a type without a queue
	deadline := time.Now().Add(within)
	_, err := relay.Once(t.Context())
	for !errors.Is(err, bus.ErrUnroutable) && time.Now().Before(deadline) {
		_, err = relay.Once(t.Context())
	}
	if !errors.Is(err, bus.ErrUnroutable) {
		t.Fatalf("Once = %v; want %v", err, bus.ErrUnroutable)
	}
	p.hear(t, 2)
}
