package stand

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
)

const (
	// fillers is how many write at a time: enough for commits to be full.
	fillers = 16
	// fillAtOnce is how many units each of them has written together.
	fillAtOnce = 256
	// pastSize is the body of a typical event.
	pastSize = 320
)

// Prefill writes so many events of the past into the log of a service, which must
// not run: events of streams that nobody asks for, with as many marks, and all
// cursors behind them, as if everything of it had been said and shown.
func (s *Stand) Prefill(ctx context.Context, service string, events int64) error {
	if err := s.fill(ctx, service, events); err != nil {
		return fmt.Errorf("fill the log of %s: %w", service, err)
	}
	db, err := s.connectTo(ctx, service)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }() // every statement was answered
	// What the server would do in the background soon, it does before the load.
	for _, statement := range []string{
		"UPDATE cursors SET position = (SELECT position FROM head)",
		"VACUUM (ANALYZE) log", "VACUUM (ANALYZE) inbox", "CHECKPOINT",
	} {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// fill writes through the log itself, so that rows are as it makes them.
func (s *Stand) fill(ctx context.Context, service string, events int64) error {
	at, err := url.Parse(s.Postgres.URL())
	if err != nil {
		return err
	}
	at.Path = "/" + service
	log, err := pglog.Open(ctx, pglog.Config{URL: at.String(), Name: "past"})
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // all answers are here
	var left atomic.Int64
	left.Store(events)
	group, ctx := errgroup.WithContext(ctx)
	for range fillers {
		group.Go(func() error {
			for {
				n := min(fillAtOnce, left.Add(-fillAtOnce)+fillAtOnce)
				if n <= 0 {
					return nil
				}
				if err := appendPast(ctx, log, n); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// appendPast writes so many events, each the first of a stream of its own.
func appendPast(ctx context.Context, log eventlog.Log, n int64) error {
	units := make([]eventlog.Unit, n)
	for i := range units {
		id := uuid.Must(uuid.NewV7())
		stream := "order-" + id.String()
		units[i] = eventlog.Unit{
			Mark:   &eventlog.Mark{Consumer: "past", ID: id},
			Expect: []eventlog.Expect{{Stream: stream}},
			Events: []eventlog.Record{{
				Stream: stream, Version: 1, ID: id, Type: "bench.v1.Past", Schema: 1, Body: make([]byte, pastSize),
				Time: time.Now(), Correlation: stream, Causation: id.String(), Actor: "clock",
			}},
		}
	}
	outcomes, err := log.Append(ctx, units)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}
