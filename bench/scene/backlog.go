package scene

import (
	"context"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Backlog is the scenario of orders that wait for the broker.
const Backlog = "backlog"

// backlog places orders while the broker is down, starts it, and times how long
// the shop takes to bring all of them to their end. The clock runs from when the
// broker answers.
func backlog(b *Bench) []piece { return []piece{{"", b.takes(0, 0) + backlogTakes, b.backlog}} }

// backlogTakes is what it takes to place the orders, start the broker, and
// deliver them.
const backlogTakes = 40 * time.Second

func (b *Bench) backlog(ctx context.Context) error {
	orders := b.quantities().backlog
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		if err := stock(ctx, s, int64(orders)+1); err != nil {
			return err
		}
		first, err := place(ctx, s)
		if err != nil {
			return err
		}
		if err := delivered(ctx, s, first); err != nil {
			return err
		}
		// Without this RabbitMQ 3.10 forgets queues that are younger than a second.
		if err := s.Rabbit.Sync(ctx); err != nil {
			return err
		}
		if err := s.Rabbit.Kill(); err != nil {
			return err
		}
		begun := time.Now()
		if err := placeMany(ctx, s, orders); err != nil {
			return err
		}
		placing := time.Since(begun)
		if err := s.Rabbit.Restart(ctx); err != nil {
			return err
		}
		begun = time.Now()
		if err := allDelivered(ctx, s, int64(orders)+1); err != nil {
			return err
		}
		took := time.Since(begun)
		if err := b.check(ctx, s, int64(orders)+1); err != nil {
			return err
		}
		return b.time(Backlog, s.Mode, map[string]float64{
			"orders": float64(orders), "placed per s": float64(orders) / placing.Seconds(),
			"seconds": took.Seconds(), "delivered per s": float64(orders) / took.Seconds(),
		})
	})
}

// allDelivered waits until so many orders are delivered.
func allDelivered(ctx context.Context, s *stand.Stand, n int64) error {
	return awaitEvery(ctx, slowPoll, func(ctx context.Context) (bool, error) {
		now, err := countDelivered(ctx, s)
		return now >= n, err
	})
}
