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

// Cursor returns the name of the cursor that says how far the view has come, for
// whoever moves it past what the view does not show.
func (v View[E]) Cursor() string { return v.cursor() }
