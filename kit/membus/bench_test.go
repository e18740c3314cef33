package membus_test

import (
	"testing"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/membus"
)

// BenchmarkBus publishes in batches of 256 of 600 bytes, and hears and settles
// all of it: in memory, with a journal that is left to the system, and with one
// that is on disk, with one publication under way at a time or four.
func BenchmarkBus(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmark(b, membus.Config{}, 1) })
	b.Run("no_sync", func(b *testing.B) { benchmark(b, membus.Config{Path: path(b), NoSync: true}, 1) })
	b.Run("sync", func(b *testing.B) { benchmark(b, membus.Config{Path: path(b)}, 1) })
	b.Run("sync_under_way", func(b *testing.B) { benchmark(b, membus.Config{Path: path(b)}, 4) })
}

func benchmark(b *testing.B, c membus.Config, under int) {
	const size = 256
	broker := mustOpen(b, c)
	on := broker.Connect("order")
	q := mustSubscribe(b, broker, "payment")
	batch := messages(size)
	var sent []bus.Sent
	b.ReportAllocs()
	for b.Loop() {
		if sent = append(sent, on.Send(b.Context(), batch)); len(sent) == under {
			mustWait(b, sent)
			sent = sent[:0]
		}
		var got []bus.Delivery
		if got = q.Receive(size); len(got) != size {
			b.Fatalf("Receive = %d; want %d", len(got), size)
		}
		if err := q.Ack(got...); err != nil {
			b.Fatalf("Ack = %v; want nil", err)
		}
	}
	mustWait(b, sent)
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "msg/s")
}

// mustWait waits for the oldest first; one sync of the disk serves all.
func mustWait(b *testing.B, sent []bus.Sent) {
	b.Helper()
	for _, s := range sent {
		if n, err := s.Wait(b.Context()); err != nil {
			b.Fatalf("Wait = %d, %v; want nil", n, err)
		}
	}
}
