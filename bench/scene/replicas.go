package scene

import (
	"context"
	"fmt"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Replicas is the load on so many replicas of each service.
func Replicas(n int) string { return fmt.Sprintf("%d replicas", n) }

// MostReplicas is how many replicas of each service are tried.
const MostReplicas = 3

// replicas measures several replicas of each service on the same processors. They
// cannot be faster there; they must not be much slower.
func replicas(ctx context.Context, b *Bench) error {
	for n := 1; n <= MostReplicas; n++ {
		err := b.shop(ctx, result.Bundled, n, func(s *stand.Stand) error {
			run, err := b.measure(ctx, s, Replicas(n), b.saturation(s.Mode), true)
			if err != nil {
				return err
			}
			return b.check(ctx, s, run.Load.Accepted)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
