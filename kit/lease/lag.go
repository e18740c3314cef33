package lease

import (
	"context"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// Behind says how far a cursor is behind the head of its log, whoever has it.
func Behind(ctx context.Context, store eventlog.Store, name string) (loop.Lag, error) {
	lag := loop.Lag{Step: name}
	at, err := store.Where(ctx, name)
	if err != nil {
		return lag, err
	}
	head, err := store.Head(ctx) // asked for last, so that it is not before the cursor
	if err != nil || head <= at {
		return lag, err
	}
	next, err := store.ReadAll(ctx, at, 1)
	if err != nil || len(next) == 0 {
		return lag, err
	}
	lag.Waiting, lag.Oldest = head-at, next[0].Time
	return lag, nil
}
