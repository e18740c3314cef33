package ops

import (
	"context"
	"fmt"
	"sort"
	"time"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/outbox"
)

// disorder is how much earlier than asked for a replay by time begins. Positions
// follow the order of commits, times that of decisions, on clocks of several
// replicas; so an event may carry a time before that of the one it follows. To
// say some facts too many costs nothing but the time to pass over them.
const disorder = time.Minute

// A stretch is a part of a log: what follows one position, up to another.
type stretch struct{ after, end int64 }

// stretch returns what of the log is to be said again: from where r says to the end.
//
// It does not end where the relay has come, because nobody knows that: the relay notes
// it late, and while something keeps it from its next try, as a queue that is away,
// very late. What it has said and not noted may be just what got lost. Nor does it
// begin beyond what the relay has noted: so no fact of a stream comes before its turn,
// as long as facts of all types are said.
func (d *Desk) stretch(ctx context.Context, r *opsv1.ReplayFactsRequest) (stretch, error) {
	if d.Says == nil {
		return stretch{}, nil // it has no relay
	}
	noted, err := outbox.Said(ctx, d.Store)
	if err != nil {
		return stretch{}, err
	}
	end, err := d.Store.Head(ctx)
	if err != nil {
		return stretch{}, err
	}
	after, err := d.begin(ctx, r, end)
	return stretch{min(after, noted, end), end}, err
}

// begin returns the position after which a replay begins that r asks for, in a log
// that ends at end.
func (d *Desk) begin(ctx context.Context, r *opsv1.ReplayFactsRequest, end int64) (int64, error) {
	switch since := r.GetSince().(type) {
	case *opsv1.ReplayFactsRequest_Position:
		return since.Position, nil
	case *opsv1.ReplayFactsRequest_Time:
		return d.before(ctx, since.Time.AsTime().Add(-disorder), end)
	case *opsv1.ReplayFactsRequest_Ago:
		return d.before(ctx, d.Now().Add(-since.Ago.AsDuration()-disorder), end)
	}
	return 0, nil
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
