package rabbitbus_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/servers/servertest"
)

// BenchmarkBus publishes in batches of 256 and hears and settles all of it, by
// one hearer or by three.
func BenchmarkBus(b *testing.B) {
	for _, fan := range []int{1, 3} {
		b.Run(fmt.Sprintf("fan=%d", fan), func(b *testing.B) { benchmark(b, fan) })
	}
}

const (
	benchBatch = 256
	benchBody  = 600
)

func benchmark(b *testing.B, fan int) {
	config := configFor(b, servertest.RabbitURL(b))
	on := mustOpen(b, config)
	defer on.Close(b.Context())
	heard := make(chan error, fan)
	for i := range fan {
		q, err := on.Subscribe(b.Context(), bus.Subscription{
			Queue: fmt.Sprintf("%s.%d", config.Exchange, i), Types: []string{"order.v1.OrderPlaced"},
		})
		if err != nil {
			b.Fatalf("Subscribe = %v; want nil", err)
		}
		go func() { heard <- hearAll(q, b.N*benchBatch) }()
	}
	b.ResetTimer()
	for range b.N {
		if n, err := on.Publish(b.Context(), batch(benchBatch)); err != nil {
			b.Fatalf("Publish = %d, %v; want nil", n, err)
		}
	}
	for range fan {
		if err := <-heard; err != nil {
			b.Fatalf("Ack = %v; want nil", err)
		}
	}
	b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "msg/s")
}

func batch(n int) []bus.Message {
	all := make([]bus.Message, n)
	for i := range all {
		all[i] = bus.Message{
			ID: uuid.New(), Type: "order.v1.OrderPlaced", Subject: "order-1", Version: 1,
			Correlation: "c", Body: make([]byte, benchBody),
		}
	}
	return all
}

// hearAll receives and settles n deliveries.
func hearAll(q bus.Queue, n int) error {
	for n > 0 {
		<-q.Arrived()
		got := q.Receive(256)
		if err := q.Ack(got...); err != nil {
			return err
		}
		n -= len(got)
	}
	return nil
}
