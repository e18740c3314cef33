package outbox

import (
	"context"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
)

// cursor is the name of the relay's place in its log.
const cursor = "relay"

// Said returns the position up to which all facts of a service have been said, as its
// store knows. The relay may have said more: it notes that KeepEvery later, or, if
// something has failed meanwhile, in its next try.
func Said(ctx context.Context, store eventlog.Store) (int64, error) { return store.Where(ctx, cursor) }

// Lag says how many events the relay has not said, or has yet to find to be none
// of others' business.
func (s *Step) Lag(ctx context.Context) (loop.Lag, error) { return lease.Behind(ctx, s.Store, cursor) }
