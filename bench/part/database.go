package part

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"orpheus.example/bench/stand"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
)

const (
	// Writers is how many wait for commits at a time: twice of what one commit
	// takes, so that the next one is full when the last one ends.
	Writers = 512
	// bodySize is that of a typical fact.
	bodySize = 300
)

// database measures units kept in a second, through the shop's own store: once
// with a mark and an event, as when a fact is heard; once in pairs, of which the
// first sets a piece of work and the second, that records what came of it, clears
// it. What the pair costs beyond a heard fact is what a duty costs.
func (m *measuring) database(ctx context.Context) error {
	log, err := pglog.Open(ctx, pglog.Config{URL: m.stand.Postgres.URL(), Name: "bench"})
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // all answers are here
	heard, units, err := m.used(ctx, m.write(log, func(stream string) []eventlog.Unit {
		return []eventlog.Unit{unit(stream, 0, true)}
	}))
	if err != nil {
		return err
	}
	pairs, perSecond, err := m.used(ctx, m.write(log, pair))
	if err != nil {
		return err
	}
	c := &m.out.Costs
	c.Unit, c.UnitClient = heard[stand.Database], heard[stand.Generator]
	c.Duty = max(0, pairs[stand.Database]-c.Unit)
	c.DutyClient = max(0, pairs[stand.Generator]-c.UnitClient)
	m.out.Rates["units"], m.out.Rates["duties"] = units, perSecond
	return nil
}

// write returns what keeps units for a while, and says how many times it did.
// Units of one stream follow one another, each waiting for the one before.
func (m *measuring) write(log eventlog.Log, units func(stream string) []eventlog.Unit) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		var done atomic.Int64
		until := time.Now().Add(m.Each)
		group, ctx := errgroup.WithContext(ctx)
		for range Writers {
			group.Go(func() error {
				for time.Now().Before(until) {
					if err := keep(ctx, log, units("bench-"+uuid.Must(uuid.NewV7()).String())); err != nil {
						return err
					}
					done.Add(1)
				}
				return nil
			})
		}
		err := group.Wait()
		return done.Load(), err
	}
}

func keep(ctx context.Context, log eventlog.Log, units []eventlog.Unit) error {
	for _, u := range units {
		outcomes, err := log.Append(ctx, []eventlog.Unit{u})
		if err != nil {
			return err
		}
		if outcomes[0].Err != nil {
			return fmt.Errorf("a unit of its own stream: %w", outcomes[0].Err)
		}
	}
	return nil
}

// unit returns a unit of one event that follows so many others.
func unit(stream string, after int64, marked bool) eventlog.Unit {
	id := uuid.Must(uuid.NewV7())
	u := eventlog.Unit{
		Expect: []eventlog.Expect{{Stream: stream, Version: after}},
		Events: []eventlog.Record{{
			Stream: stream, Version: after + 1, ID: id, Type: "bench.v1.Happened", Schema: 1, Body: make([]byte, bodySize),
			Time: time.Now(), Correlation: stream, Causation: id.String(), Actor: "service:bench",
		}},
	}
	if marked {
		u.Mark = &eventlog.Mark{Consumer: "bench", ID: id}
	}
	return u
}

// pair returns a heard fact that owes a call, and what came of the call.
func pair(stream string) []eventlog.Unit {
	owed := eventlog.DueKey{Kind: eventlog.Duty, Stream: stream, Key: "call"}
	first, second := unit(stream, 0, true), unit(stream, 1, false)
	first.Set = []eventlog.Due{{DueKey: owed, At: time.Now().Add(time.Minute), Tries: 1, Holder: "bench"}}
	second.Clear = []eventlog.DueKey{owed}
	return []eventlog.Unit{first, second}
}
