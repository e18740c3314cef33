package scene

import (
	"context"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Embedded is the load on the shop in one process.
const Embedded = "embedded"

// embedded measures the shop in this process. The load generator is in it too, so
// nothing can be said of the processor time of either.
func embedded(b *Bench) []piece {
	var pieces []piece
	for _, mode := range []result.Mode{result.OnFile, result.InMind} {
		pieces = append(pieces, piece{string(mode), b.takes(0, 1), func(ctx context.Context) error {
			s, err := stand.OpenBox(ctx, mode)
			return with(s, err, func(s *stand.Stand) error {
				run, err := b.measure(ctx, s, Embedded, b.saturation(mode), true)
				if err != nil {
					return err
				}
				return b.check(ctx, s, run.Load.Accepted)
			})
		}})
	}
	return pieces
}
