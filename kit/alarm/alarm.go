// Package alarm asks what is due when nobody has spoken.
//
// Deadlines are derived from state by a service's Wake function; the agenda only
// says when to look. A late alarm is harmless: the decider is asked with the
// time at which it was due, and decides by what is known then.
package alarm

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// Config says whose alarms are looked after.
type Config[S, C, E, D any] struct {
	Name   string // of the service
	Store  eventlog.Store
	Host   *decider.Host[S, C, E, D]
	Holder string // identity of this process
	Now    func() time.Time
	// Inline makes the step wait for each answer: for tests and simulation.
	Inline bool
	// Rand returns a random duration below its argument; the default is rand.N.
	Rand func(below time.Duration) time.Duration
}

// New returns the step that asks what is due, and has the host tell it of new
// deadlines.
func New[S, C, E, D any](c Config[S, C, E, D]) *agenda.Step {
	step := agenda.New(agenda.Config{
		Name: c.Name + ".alarm", Kind: eventlog.Alarm, Store: c.Store, Holder: c.Holder, Now: c.Now,
		Inline: c.Inline, Rand: c.Rand, Attend: c.attend,
	})
	c.Host.Attend(eventlog.Alarm, step)
	return step
}

func (c Config[S, C, E, D]) attend(ctx context.Context, due eventlog.Due) error {
	state, version, err := c.Host.Load(ctx, due.Stream)
	if err != nil {
		return err
	}
	at, ask, ok := c.Host.Wake(state)
	switch {
	case !ok: // left behind by a change of the rules; it stays if the stream has moved on meanwhile
		_, err := c.Store.Append(ctx, []eventlog.Unit{{
			Expect: []eventlog.Expect{{Stream: due.Stream, Version: version}},
			Clear:  []eventlog.DueKey{due.DueKey},
		}})
		return err
	case at.After(c.Now()):
		return agenda.NotYet{After: at.Sub(c.Now())}
	}
	answer, err := c.ask(ctx, due, at, ask)
	if err != nil {
		return err
	}
	// The decision sets an alarm anew only for an earlier time. Whatever it was,
	// the entry must not stay claimed beyond the next deadline.
	if next, _, ok := c.Host.Wake(answer.State); ok && next.After(at) {
		return agenda.NotYet{After: max(0, next.Sub(c.Now()))}
	}
	return nil
}

// ask asks what is due, under an id that follows from the deadline.
func (c Config[S, C, E, D]) ask(ctx context.Context, due eventlog.Due, at time.Time, ask C) (decider.Answer[S], error) {
	ctx, end := telemetry.Start(telemetry.WithRemote(ctx, due.Trace), c.Name+" wake")
	id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "alarm/%s/%d", due.Stream, at.UnixNano()))
	answer, err := c.Host.Ask(ctx, decider.Cause{
		ID: eventlog.Dated(id, eventlog.SubjectID(due.Stream)), Actor: "clock",
	}, due.Stream, ask)
	end(err)
	return answer, err
}
