package pglog

import (
	"context"

	"orpheus.example/kit/eventlog"
)

// Append commits units, together with those of other callers. The units of one
// call are never spread over several transactions.
//
// If ctx is done first, Append returns its error and nothing is known of the
// units: the transaction goes on without the caller. So neither units nor
// bodies may be changed after they were passed in.
func (l *Log) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	return l.queue.Append(ctx, units)
}

// Enqueue puts units in line to be committed, see eventlog.Enqueuer.
func (l *Log) Enqueue(ctx context.Context, units []eventlog.Unit) (eventlog.Wait, error) {
	return l.queue.Enqueue(ctx, units)
}
