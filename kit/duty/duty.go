// Package duty calls the outside world for whoever still owes a call.
//
// What is owed is derived from state: the event that makes a state owe a call is
// committed before the call is made, and the duty is gone once an event has
// recorded the result. Between the two the process may die, the call may be made
// and its answer be lost; then the duty is simply still owed, and the call is
// made again under the same key. So whoever is called must take a key, and must
// do the work of one key only once.
package duty

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// untilProbe is how soon, at least, a duty looks again whether its breaker has
// closed.
const untilProbe = time.Second

// A Do makes the call that a duty stands for and returns what is to be asked of
// its stream in consequence. An error means that the outcome is unknown or that
// it could not be tried: the duty stays owed. It may be agenda.NotYet.
type Do[S, C, D any] func(ctx context.Context, stream string, s S, d D) (C, error)

// Config says whose duties are done, and how.
type Config[S, C, E, D any] struct {
	Name   string // of the service
	Store  eventlog.Store
	Host   *decider.Host[S, C, E, D]
	Holder string // identity of this process
	Now    func() time.Time
	Do     Do[S, C, D]
	// Every is how soon a duty that is still owed after its result was recorded
	// comes up again, as the tracking of a parcel does.
	Every time.Duration
	// Inline makes the step wait for each call: for tests and simulation.
	Inline bool
	// Rand returns a random duration below its argument; the default is rand.N.
	Rand func(below time.Duration) time.Duration
}

// New returns the step that does duties, and has the host hand it fresh ones.
func New[S, C, E, D any](c Config[S, C, E, D]) *agenda.Step {
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
	step := agenda.New(agenda.Config{
		Name: c.Name + ".duty", Kind: eventlog.Duty, Store: c.Store, Holder: c.Holder, Now: c.Now,
		Inline: c.Inline, Rand: c.Rand, Attend: c.attend,
	})
	c.Host.Attend(eventlog.Duty, step)
	return step
}

// recall returns what is known of the stream of a duty. At the first try memory
// will do: nearly always the duty was committed here a moment ago, so what is
// remembered is no older. If another replica has moved on since, the call is
// superfluous at worst, as it is when that happens during the call. Only that
// nothing is owed is never taken from memory.
func (c Config[S, C, E, D]) recall(ctx context.Context, due eventlog.Due) (s S, version int64, duty decider.Duty[D], ok bool, err error) {
	if due.Holder != "" || due.Tries <= 1 {
		if s, version, ok = c.Host.Recall(due.Stream); ok {
			if duty, ok = find(c.Host.Owe(s), due.Key); ok {
				return s, version, duty, true, nil
			}
		}
	}
	if s, version, err = c.Host.Load(ctx, due.Stream); err != nil {
		return s, 0, duty, false, err
	}
	duty, ok = find(c.Host.Owe(s), due.Key)
	return s, version, duty, ok, nil
}

func (c Config[S, C, E, D]) attend(ctx context.Context, due eventlog.Due) error {
	state, version, duty, ok, err := c.recall(ctx, due)
	switch {
	case err != nil:
		return err
	case !ok:
		return c.drop(ctx, due, version)
	}
	ctx, end := telemetry.Start(telemetry.WithRemote(ctx, due.Trace), c.Name+" do "+due.Key)
	ask, err := c.Do(ctx, due.Stream, state, duty.Do)
	end(err)
	switch {
	case errors.Is(err, breaker.ErrOpen):
		// Nothing was tried, so there is nothing to complain of, and no reason
		// to wait longer each time: the breaker itself spares who is down.
		return agenda.NotYet{After: untilProbe + c.Rand(untilProbe)}
	case err != nil:
		return err
	}
	return c.tell(ctx, due, version, ask)
}

// tell keeps the result of a call.
func (c Config[S, C, E, D]) tell(ctx context.Context, due eventlog.Due, version int64, ask C) error {
	cause := decider.Cause{
		ID:    eventlog.Dated(resultID(due, version), eventlog.SubjectID(due.Stream)),
		Actor: "service:" + c.Name,
	}
	var answer decider.Answer[S]
	err := agenda.Insist(ctx, c.Rand, func() (err error) {
		answer, err = c.Host.Ask(ctx, cause, due.Stream, ask)
		return err
	})
	if err != nil {
		return err
	}
	if _, still := find(c.Host.Owe(answer.State), due.Key); still {
		return agenda.NotYet{After: c.Every}
	}
	return nil
}

// resultID names the result of a call. The version tells apart several of one duty.
func resultID(due eventlog.Due, version int64) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "duty/%s/%s/%d", due.Stream, due.Key, version))
}

// drop takes an entry off the agenda that nobody owes: it was left behind by a
// change of the rules, or by a unit that was never committed, since the unit that
// settles a duty clears it. If the stream has moved on meanwhile the entry stays,
// because it may be owed by now.
func (c Config[S, C, E, D]) drop(ctx context.Context, due eventlog.Due, version int64) error {
	_, err := c.Store.Append(ctx, []eventlog.Unit{{
		Expect: []eventlog.Expect{{Stream: due.Stream, Version: version}},
		Clear:  []eventlog.DueKey{due.DueKey},
	}})
	return err
}

func find[D any](duties []decider.Duty[D], key string) (decider.Duty[D], bool) {
	for _, d := range duties {
		if d.Key == key {
			return d, true
		}
	}
	return decider.Duty[D]{}, false
}
