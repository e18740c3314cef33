package ops

import (
	"context"
	"fmt"
	"sort"
	"time"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/outbox"
)

// disorder is how much earlier than asked for a replay by time begins. Positions
// follow the order of commits, times that of decisions, on clocks of several
// replicas; so an event may carry a time before that of the one it follows. To
// say some facts too many costs nothing but the time to pass over them.
const disorder = time.Minute

// settleWithin is how long a replay waits for the relay to note what it has said.
// The relay does so every outbox.KeepEvery, unless it is away.
const settleWithin = 20 * outbox.KeepEvery

// A stretch is a part of a log: what follows one position, up to another.
type stretch struct{ after, end int64 }

// stretch returns what of the log is to be said again: from where r says up to
// where the relay has come. What follows that is the relay's to say for the first
// time; a fact of a stream must not come before its turn.
func (d *Desk) stretch(ctx context.Context, r *opsv1.ReplayFactsRequest) (stretch, error) {
	end, err := d.said(ctx)
	if err != nil {
		return stretch{}, err
	}
	var after int64
	switch since := r.GetSince().(type) {
	case *opsv1.ReplayFactsRequest_Position:
		after = since.Position
	case *opsv1.ReplayFactsRequest_Time:
		after, err = d.before(ctx, since.Time.AsTime().Add(-disorder), end)
	case *opsv1.ReplayFactsRequest_Ago:
		after, err = d.before(ctx, d.Now().Add(-since.Ago.AsDuration()-disorder), end)
	}
	return stretch{min(after, end), end}, err
}

// said returns how far the relay has come, after it has had a moment to note it.
func (d *Desk) said(ctx context.Context) (int64, error) {
	if d.Says == nil {
		return 0, nil // it has no relay
	}
	head, err := d.Store.Head(ctx)
	if err != nil {
		return 0, err
	}
	for deadline := time.Now().Add(settleWithin); ; {
		at, err := outbox.Said(ctx, d.Store)
		if err != nil || at >= head || time.Now().After(deadline) {
			return at, err
		}
		if err := loop.Sleep(ctx, outbox.KeepEvery); err != nil {
			return 0, err
		}
	}
}

// before returns the position after which the first event recorded at or after t
// stands, in a log that ends at end. Positions have no gaps, so it takes as many
// reads as end has binary digits.
func (d *Desk) before(ctx context.Context, t time.Time, end int64) (int64, error) {
	var failed error
	found := sort.Search(int(end), func(i int) bool {
		if failed != nil {
			return true
		}
		records, err := d.Store.ReadAll(ctx, int64(i), 1)
		if err == nil && len(records) == 0 {
			err = fmt.Errorf("log has no event after position %d, and should reach to %d", i, end)
		}
		if err != nil {
			failed = err
			return true
		}
		return !records[0].Time.Before(t)
	})
	return int64(found), failed
}
