package scene

import (
	"context"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
	"orpheus.example/kit/loop"
)

// Idle is the scenario of a shop in which nobody orders.
const Idle = "idle"

// Daemons is the name of all our daemons together.
const Daemons = "daemons"

// calm is how long the shop has to come to rest after its last order.
const calm = 5 * time.Second

// idle measures what the whole shop uses in a minute without orders, after it has
// had one. The figures are percent of one core.
func idle(b *Bench) []piece {
	return []piece{{"", b.takes(0, 0) + calm + b.quantities().idle, b.idle}}
}

func (b *Bench) idle(ctx context.Context) error {
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		if err := stock(ctx, s, 1); err != nil {
			return err
		}
		id, err := place(ctx, s)
		if err != nil {
			return err
		}
		if err := delivered(ctx, s, id); err != nil {
			return err
		}
		if err := loop.Sleep(ctx, calm); err != nil {
			return err
		}
		before, err := s.Look(ctx, false)
		if err != nil {
			return err
		}
		if err := loop.Sleep(ctx, b.quantities().idle); err != nil {
			return err
		}
		after, err := s.Look(ctx, false)
		if err != nil {
			return err
		}
		used, _ := after.Since(before)
		return b.time(Idle, s.Mode, percent(used, after.At.Sub(before.At)))
	})
}

// percent returns processor time as a part of one core, by process, and of all
// daemons together.
func percent(used map[string]time.Duration, of time.Duration) map[string]float64 {
	shares := map[string]float64{}
	for name, d := range used {
		share := 100 * d.Seconds() / of.Seconds()
		shares[name+" %"] = share
		if name != stand.Broker && name != stand.Database && name != stand.Generator {
			shares[Daemons+" %"] += share
		}
	}
	return shares
}
