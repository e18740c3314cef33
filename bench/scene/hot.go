package scene

import (
	"context"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// The loads of the hot item.
const (
	Spread = "spread"
	Hot    = "hot"
)

// hot compares orders of a thousand items with orders that all ask for the same
// one, on one stand, one after the other.
func hot(b *Bench) []piece { return []piece{{"", b.takes(0, 2), b.hot}} }

func (b *Bench) hot(ctx context.Context) error {
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		spread, err := b.measure(ctx, s, Spread, b.saturation(s.Mode), true)
		if err != nil {
			return err
		}
		c := b.saturation(s.Mode)
		c.SKUs = 1
		one, err := b.measure(ctx, s, Hot, c, true)
		if err != nil {
			return err
		}
		return b.check(ctx, s, spread.Load.Accepted+one.Load.Accepted)
	})
}
