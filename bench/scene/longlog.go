package scene

import (
	"context"
	"fmt"

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
func longLog(ctx context.Context, b *Bench) error {
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		empty, err := b.measure(ctx, s, EmptyLog, b.saturation(s.Mode), true)
		if err != nil {
			return err
		}
		if _, err := s.Stack.Stop("order"); err != nil {
			return err
		}
		events := b.quantities().events
		b.Say(fmt.Sprintf("  writing %d events into the log of order", events))
		if err := s.Prefill(ctx, "order", events); err != nil {
			return err
		}
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
