package scene

import (
	"context"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Lines is the load of long orders.
const Lines = "20 lines"

// lines measures orders of 20 lines, each of which reserves another item.
func lines(b *Bench) []piece { return []piece{{"", b.takes(0, 1), b.lines}} }

func (b *Bench) lines(ctx context.Context) error {
	return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error {
		c := b.saturation(s.Mode)
		c.Lines = 20
		run, err := b.measure(ctx, s, Lines, c, true)
		if err != nil {
			return err
		}
		return b.check(ctx, s, run.Load.Accepted)
	})
}
