package decider

import (
	"context"

	"orpheus.example/kit/eventlog"
)

// Along is what is kept in one piece with what a cause leads to, besides: of
// streams that are another host's, such as the dead letters of an undertaking.
type Along struct {
	// Expect is what else the decision rests on.
	Expect []eventlog.Expect
	// Events happen along with it. Their streams are in Expect, as in every unit.
	Events []eventlog.Record
}

// along returns what goes along with a cause, looked at anew in every try.
func (c Cause) along(ctx context.Context, fresh bool) (Along, error) {
	if c.Along == nil {
		return Along{}, nil
	}
	return c.Along(ctx, fresh)
}

// Draft has c decided for the thing kept in stream to, and keeps nothing: the
// draft is for the unit of another host of the same log (Cause.Along). It holds
// no events if nothing happens. A refusal is told as it is, but only once it is
// certain; ErrConflict means that it is not: draft again.
//
// This host learns of what becomes of a draft when it reads its stream again, so
// what it remembers may be out of date until then.
func (h *Host[S, C, E, D]) Draft(ctx context.Context, cause Cause, to string, c C) (Along, error) {
	d := &desk[S, C, E, D]{host: h, cause: cause, now: h.config.Now().UTC(), fresh: true, held: []string{to}}
	unlock, err := h.locks.lock(ctx, d.held)
	if err != nil {
		return Along{}, err
	}
	err = d.decide(ctx, Reaction[C]{To: to, Do: c})
	unlock()
	if doubt := d.verified(ctx); doubt != nil {
		return Along{}, doubt
	}
	if err != nil {
		return Along{}, err
	}
	u := d.unit()
	return Along{Expect: u.Expect, Events: u.Events}, nil
}
