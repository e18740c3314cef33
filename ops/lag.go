package ops

import (
	"context"
	"errors"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/loop"
)

// unknown is how many wait where nobody can tell.
const unknown = -1

// GetLag says how far each step of the service is behind.
func (d *Desk) GetLag(ctx context.Context, _ *opsv1.GetLagRequest) (*opsv1.GetLagResponse, error) {
	response := &opsv1.GetLagResponse{}
	for _, step := range d.Steps {
		l, ok := step.(loop.Laggard)
		if !ok {
			continue // it follows others, and keeps nothing of its own
		}
		lag, err := l.Lag(ctx)
		switch {
		case errors.Is(err, bus.ErrDown):
			// While the broker is away everything else can be told.
			lag.Waiting = unknown
		case err != nil:
			return nil, err
		}
		response.Lags = append(response.Lags, lagToWire(lag))
	}
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, err
	}
	var err error
	response.DeadLetters, err = d.listing.Count(ctx, deadletter.Selection{})
	return response, err
}

func lagToWire(l loop.Lag) *opsv1.Lag {
	return &opsv1.Lag{Step: l.Step, Waiting: l.Waiting, OldestTime: stamp(l.Oldest)}
}
