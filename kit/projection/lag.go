package projection

import (
	"context"

	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
)

// Lag says how many events the view does not show yet.
func (s *Step[E]) Lag(ctx context.Context) (loop.Lag, error) {
	return lease.Behind(ctx, s.store, s.view.cursor())
}
