package rabbitbus_test

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
)

// A service says one fact and hears another. In earnest the relay of package
// outbox publishes, and package inbox receives.
//
//nolint:testableexamples // it needs a broker of its own
func Example() {
	ctx := context.Background()
	b, err := rabbitbus.Open(ctx, rabbitbus.Config{
		URL:    "amqp://guest:guest@localhost:5672/",
		Source: "payment",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close(ctx)

	queue, err := b.Subscribe(ctx, bus.Subscription{
		Queue: "payment",
		Types: []string{"order.v1.OrderPlaced"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-queue.Arrived()
	for _, d := range queue.Receive(256) {
		// The broker has the answer before the question is settled: if we die
		// in between, the question comes again, and the answer is sent twice.
		if _, err := b.Publish(ctx, []bus.Message{{
			ID: uuid.New(), Type: "payment.v1.PaymentAuthorized",
			Correlation: d.Correlation, Causation: d.ID.String(),
		}}); err != nil {
			fmt.Println(err)
			return
		}
		if err := queue.Ack(d); err != nil {
			fmt.Println(err)
			return
		}
	}
}
