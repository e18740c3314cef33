package rabbitbus

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// Waiting implements bus.Waiter. It asks the broker on a channel of its own, so
// that a queue which has been deleted harms nobody but the asker.
func (q *queue) Waiting(ctx context.Context) (int64, error) {
	conn, _ := q.bus.consume.current()
	if conn == nil {
		return 0, bus.ErrDown
	}
	type answer struct {
		n   int64
		err error
	}
	asked := make(chan answer, 1) // has room: who asks may not wait for it
	go func() {
		n, err := waiting(conn, q.plan.queues())
		asked <- answer{n, err}
	}()
	select {
	case a := <-asked:
		return a.n, a.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// waiting returns how many messages are in queues and with no consumer. It takes
// as long as the broker does, at the longest until the connection is given up.
func waiting(conn *amqp.Connection, queues []string) (n int64, err error) {
	err = aside(conn, func(ch *amqp.Channel) error {
		for _, name := range queues {
			q, err := ch.QueueDeclarePassive(name, durable, autoDelete, exclusive, noWait, nil)
			if err != nil {
				return fmt.Errorf("look at queue %s: %w", name, err)
			}
			n += int64(q.Messages)
		}
		return nil
	})
	return n, err
}
