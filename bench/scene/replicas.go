package scene

import (
	"context"
	"fmt"
	"strconv"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Replicas is the load on so many replicas of each service.
func Replicas(n int) string { return fmt.Sprintf("%d replicas", n) }

// MostReplicas is how many replicas of each service are tried.
const MostReplicas = 3

// replicas measures several replicas of each service on the same processors. They
// cannot be faster there; they must not be much slower.
func replicas(b *Bench) []piece {
	var pieces []piece
	for n := 1; n <= MostReplicas; n++ {
		pieces = append(pieces, piece{strconv.Itoa(n), b.takes(0, 1), func(ctx context.Context) error {
			return b.shop(ctx, result.Bundled, n, func(s *stand.Stand) error {
				run, err := b.measure(ctx, s, Replicas(n), b.saturation(s.Mode), true)
				if err != nil {
					return err
				}
				return b.check(ctx, s, run.Load.Accepted)
			})
		}})
	}
	return pieces
}
