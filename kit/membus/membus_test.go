package membus_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/bustest"
	"orpheus.example/kit/membus"
)

// placed is the type of most messages.
const placed = "order.v1.OrderPlaced"

// The bus starts no goroutines, so it leaves none behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBusInMemory(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, w bustest.Wants) bustest.Broker {
		return brokerFor(t, membus.Config{Partitions: w.Partitions})
	})
}

// With a journal a restart reads the file: nothing of the memory is left.
func TestBusWithJournal(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, w bustest.Wants) bustest.Broker {
		return brokerFor(t, membus.Config{Partitions: w.Partitions, Path: path(t), Slack: 1 << 10})
	})
}

func brokerFor(t *testing.T, c membus.Config) bustest.Broker {
	b := mustOpen(t, c)
	return bustest.Broker{
		Open: func(testing.TB) bus.Bus { return b.Connect("test") },
		Dead: func(_ testing.TB, hearer string) []uuid.UUID { return idsOf(b.Dead(hearer)) },
		Break: func(tb testing.TB) {
			if err := b.Break(); err != nil {
				tb.Errorf("Break() = %v; want nil", err)
			}
		},
		Restart: func(tb testing.TB) { mustRestart(tb, b) },
	}
}

func path(tb testing.TB) string { return filepath.Join(tb.TempDir(), "bus") }

// mustOpen returns a broker that is stopped when the test ends.
func mustOpen(tb testing.TB, c membus.Config) *membus.Broker {
	tb.Helper()
	b, err := membus.Open(c)
	if err != nil {
		tb.Fatalf("Open(%+v) = %v; want nil", c, err)
	}
	tb.Cleanup(func() { mustStop(tb, b) })
	return b
}

func mustStop(tb testing.TB, b *membus.Broker) {
	tb.Helper()
	if err := b.Stop(); err != nil {
		tb.Errorf("Stop() = %v; want nil", err)
	}
}

func mustRestart(tb testing.TB, b *membus.Broker) {
	tb.Helper()
	mustStop(tb, b)
	if err := b.Start(); err != nil {
		tb.Fatalf("Start() = %v; want nil", err)
	}
}

func mustSubscribe(tb testing.TB, b *membus.Broker, hearer string) bus.Queue {
	tb.Helper()
	q, err := b.Connect(hearer).Subscribe(tb.Context(), bus.Subscription{Queue: hearer, Types: []string{placed}})
	if err != nil {
		tb.Fatalf("Subscribe(%s) = %v; want nil", hearer, err)
	}
	return q
}

func mustPublish(tb testing.TB, b *membus.Broker, ms ...bus.Message) {
	tb.Helper()
	if n, err := b.Connect("order").Publish(tb.Context(), ms); err != nil {
		tb.Fatalf("Publish of %d = %d, %v; want nil", len(ms), n, err)
	}
}

// messages returns n of different undertakings.
func messages(n int) []bus.Message {
	all := make([]bus.Message, n)
	for i := range all {
		all[i] = bus.Message{
			ID: uuid.New(), Type: placed, Subject: "order-1", Version: 1,
			Correlation: fmt.Sprint(i), Body: make([]byte, 600),
		}
	}
	return all
}

func idsOf(ms []bus.Message) []uuid.UUID {
	ids := make([]uuid.UUID, len(ms))
	for i, m := range ms {
		ids[i] = m.ID
	}
	return ids
}

func heard(ds []bus.Delivery) []uuid.UUID {
	ids := make([]uuid.UUID, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	return ids
}
