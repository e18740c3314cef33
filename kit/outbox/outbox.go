// Package outbox says what has happened: it relays a service's log to the bus.
//
// The log itself is the outbox. The relay has a cursor in it, publishes what
// follows in order, and moves the cursor once the broker has confirmed. If it
// stops between the two, the same facts are published again: hearers must not
// mind, and package inbox sees to it that they don't. While the broker is down
// facts wait in the log, for as long as it takes.
//
// One relay per log is at work at a time. The cursor is leased by the store's
// clock and carries a term, so a relay that was asleep while another took over
// cannot move it; at worst it repeats what the other one says.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// Limits of a Step.
const (
	// Batch is how many facts are in flight to the broker at a time.
	Batch = 256
	// Lease is how long a relay keeps its cursor after it last moved or renewed
	// it: how long others wait when it dies.
	Lease = 3 * time.Second
	// publishWithin bounds the wait for the broker's answers.
	publishWithin = 15 * time.Second
)

// Config says whose facts are relayed.
type Config struct {
	Name   string // of the service
	Store  eventlog.Store
	Bus    bus.Bus
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time
	// Says reports whether a kind of event is published; others are the
	// service's own record.
	Says func(kind string) bool
	// Terminal reports whether nobody need hear a kind. Of the others, one that
	// no queue takes holds the relay up until somebody hears it. May be nil.
	Terminal func(kind string) bool
}

// A Step relays.
type Step struct {
	Config
	cursor  eventlog.Cursor
	renewed time.Time // when the lease was last taken or renewed
}

// New returns a step that relays as c says.
func New(c Config) *Step { return &Step{Config: c} }

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name + ".relay" }

// Once publishes what follows the cursor and moves it. If another replica has
// the cursor there is nothing to do.
func (s *Step) Once(ctx context.Context) (bool, error) {
	switch err := s.lease(ctx); {
	case errors.Is(err, eventlog.ErrFenced):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lease: %w", err)
	}
	records, err := s.Store.ReadAll(ctx, s.cursor.Position, Batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	position, failed := s.publish(ctx, records)
	if position > s.cursor.Position {
		if err := s.advance(ctx, position); err != nil {
			return false, errors.Join(failed, err)
		}
	}
	return true, failed
}

// Wait returns when there may be more to say, the lease must be renewed, or ctx
// is done.
func (s *Step) Wait(ctx context.Context) {
	t := time.NewTimer(Lease / 3)
	defer t.Stop()
	grown := s.Store.Grown(s.cursor.Position)
	if s.cursor.Term == 0 {
		grown = nil // another replica says it
	}
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-grown:
	}
}

// Drain gives the cursor back, so that another replica can go on at once.
func (s *Step) Drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.cursor.Term != 0 {
		_ = s.Store.Yield(ctx, s.cursor) // at worst the others wait for the lease to end
	}
}

// lease takes or renews the cursor. Between renewals the term is trusted: if it
// is out of date, Advance says so.
func (s *Step) lease(ctx context.Context) error {
	if s.cursor.Term != 0 && s.Now().Sub(s.renewed) < Lease/3 {
		return nil
	}
	at := s.Now()
	cursor, err := s.Store.Lease(ctx, "relay", s.Holder, s.cursor.Term, Lease)
	if err != nil {
		s.cursor.Term = 0
		return err
	}
	s.cursor, s.renewed = cursor, at
	return nil
}

func (s *Step) advance(ctx context.Context, position int64) error {
	next := s.cursor
	next.Position = position
	if err := s.Store.Advance(ctx, next); err != nil {
		s.cursor.Term = 0 // whoever has it now goes on from its old place
		return fmt.Errorf("advance: %w", err)
	}
	s.cursor = next
	return nil
}

// publish sends the facts among records and returns the position up to which
// nothing is left to say.
func (s *Step) publish(ctx context.Context, records []eventlog.Record) (int64, error) {
	messages, positions := s.messages(records)
	if len(messages) == 0 {
		return records[len(records)-1].Position, nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishWithin)
	defer cancel()
	ctx, end := telemetry.Publish(ctx, bus.Exchange, traces(messages))
	n, err := s.Bus.Publish(ctx, messages)
	end(n, err)
	switch {
	case err == nil:
		return records[len(records)-1].Position, nil
	case n == 0:
		return positions[0] - 1, fmt.Errorf("publish %s: %w", messages[0].Type, err)
	default:
		return positions[n] - 1, fmt.Errorf("publish %s: %w", messages[n].Type, err)
	}
}

func (s *Step) messages(records []eventlog.Record) (messages []bus.Message, positions []int64) {
	for _, r := range records {
		if s.Says(r.Type) {
			messages = append(messages, s.message(r))
			positions = append(positions, r.Position)
		}
	}
	return messages, positions
}

func (s *Step) message(r eventlog.Record) bus.Message {
	return bus.Message{
		ID: r.ID, Type: r.Type, Subject: r.Stream, Version: r.Version, Source: s.Config.Name, Body: r.Body,
		Time: r.Time, Correlation: r.Correlation, Causation: r.Causation, Actor: r.Actor, Trace: r.Trace,
		Terminal: s.Terminal != nil && s.Terminal(r.Type),
	}
}

func traces(messages []bus.Message) []string {
	traces := make([]string, len(messages))
	for i, m := range messages {
		traces[i] = m.Trace
	}
	return traces
}
