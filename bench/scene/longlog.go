package scene

import (
	"context"
	"fmt"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// The loads of the long log.
const (
	EmptyLog = "empty log"
	LongLog  = "long log"
)

// longLog compares an empty log with one that holds years of orders already, in
// the service that has the longest: order. The other logs stay as they are.
func longLog(b *Bench) []piece {
	writing := time.Duration(b.Plan.Events/writtenPerSecond) * time.Second
	return []piece{{"", b.takes(0, 2) + writing, b.longLog}}
}

// writtenPerSecond is about how many events of the past are written in a second.
const writtenPerSecond = 25_000

func (b *Bench) longLog(ctx context.Context) error {
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		empty, err := b.measure(ctx, s, EmptyLog, b.saturation(s.Mode), true)
		if err != nil {
			return err
		}
		if _, err := s.Stack.Stop("order"); err != nil {
			return err
		}
		b.Say(fmt.Sprintf("  writing %d events into the log of order", b.Plan.Events))
		begun := time.Now()
		if err := s.Prefill(ctx, "order", b.Plan.Events); err != nil {
			return err
		}
		b.Say(fmt.Sprintf("  wrote them in %s", time.Since(begun).Round(time.Second)))
		if err := s.Stack.Start(ctx, "order"); err != nil {
			return err
		}
		long, err := b.measure(ctx, s, LongLog, b.saturation(s.Mode), false)
		if err != nil {
			return err
		}
		return b.check(ctx, s, empty.Load.Accepted+long.Load.Accepted)
	})
}
