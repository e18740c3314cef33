package membus_test

import (
	"testing"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/membus"
)

// BenchmarkBus publishes in batches of 256 of 600 bytes, and hears and settles
// all of it: in memory, with a journal that is left to the system, and with one
// that is on disk.
func BenchmarkBus(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmark(b, membus.Config{}) })
	b.Run("no_sync", func(b *testing.B) { benchmark(b, membus.Config{Path: path(b), NoSync: true}) })
	b.Run("sync", func(b *testing.B) { benchmark(b, membus.Config{Path: path(b)}) })
}

func benchmark(b *testing.B, c membus.Config) {
	const size = 256
	broker := mustOpen(b, c)
	on := broker.Connect("order")
	q := mustSubscribe(b, broker, "payment")
	batch := messages(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := on.Publish(b.Context(), batch); err != nil {
			b.Fatalf("Publish = %v; want nil", err)
		}
		var got []bus.Delivery
		if got = q.Receive(size); len(got) != size {
			b.Fatalf("Receive = %d; want %d", len(got), size)
		}
		if err := q.Ack(got...); err != nil {
			b.Fatalf("Ack = %v; want nil", err)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "msg/s")
}
