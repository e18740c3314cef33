package deadletter

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
)

// An Aside returns what is kept along with the effect of a message; it is the
// Along of a decider.Cause.
type Aside = func(ctx context.Context, fresh bool) (decider.Along, error)

// A Handler handles a message. What aside returns is kept in one piece with the
// effect and the mark, and its error is that of the handler. It returns nil once
// the effect is kept, also if that was long ago: then what aside returns is not.
type Handler = func(ctx context.Context, m bus.Message, aside Aside) error

// Config says whose dead letters they are.
type Config struct {
	// Consumer is the hearer, as it is named in the marks of what it has heard.
	Consumer string
	Log      eventlog.Log // the hearer's own
	Now      func() time.Time
	// Passes reports whether an error of a handler says nothing about the
	// message, because it passes once a dependency is back.
	Passes func(error) bool
	// Rand is as in decider.Config.
	Rand func(below time.Duration) time.Duration
}

// Letters are the dead letters of one hearer. Its methods may be called by many
// at a time, in any number of processes on one log.
type Letters struct {
	config Config
	host   *decider.Host[State, Command, Event, struct{}]
}

// New returns the dead letters of the hearer that c names.
func New(c Config) *Letters {
	d := decider.Decider[State, Command, Event, struct{}]{Decide: Decide, Evolve: Evolve}
	return &Letters{c, decider.NewHost(d, decider.Config[Event]{Log: c.Log, Codec: Codec{}, Now: c.Now, Rand: c.Rand})}
}

// Guard returns the condition on which a message of an undertaking may be
// handled: that none of its letters waits. Else its error is ErrWaiting, and the
// message is to be parked Behind.
//
// Nearly always nothing was ever parked, so unless fresh is set that is taken for
// true of what this process does not remember; the log objects if it is not.
func (l *Letters) Guard(correlation string) Aside {
	stream := Stream(correlation)
	return func(ctx context.Context, fresh bool) (decider.Along, error) {
		state, version, _ := l.host.Recall(stream)
		if fresh {
			var err error
			if state, version, err = l.host.Load(ctx, stream); err != nil {
				return decider.Along{}, err
			}
		}
		if len(state.Waiting) > 0 {
			return decider.Along{}, ErrWaiting
		}
		return decider.Along{Expect: []eventlog.Expect{{Stream: stream, Version: version}}}, nil
	}
}

// Park sets a message aside under the undertaking of its correlation. It returns
// nil once that is kept, or if the message was parked or handled before. A letter
// that is to wait Behind others is refused with ErrNothingWaits if none waits.
//
// What it is asked for is made fit to be kept: see Address.
func (l *Letters) Park(ctx context.Context, letter Letter) error {
	return errUnfinished
}

// Waiting returns what is known of the dead letters of an undertaking.
func (l *Letters) Waiting(ctx context.Context, correlation string) (State, error) {
	state, _, err := l.host.Load(ctx, Stream(correlation))
	return state, err
}

// Load returns the letter that stands at a place among those that wait. It says
// how often it was tried before it was parked; Place.Replays come on top.
func (l *Letters) Load(ctx context.Context, correlation string, p Place) (Letter, error) {
	records, err := l.config.Log.ReadStream(ctx, Stream(correlation), p.Version-1, 1)
	if err != nil {
		return Letter{}, fmt.Errorf("load dead letter %s: %w", p.ID, err)
	}
	if len(records) == 0 {
		return Letter{}, fmt.Errorf("load dead letter %s: %w", p.ID, ErrGone)
	}
	e, err := Codec{}.Decode(records[0])
	if err != nil {
		return Letter{}, fmt.Errorf("load dead letter %s: %w", p.ID, err)
	}
	parked, ok := e.(Parked)
	if !ok || parked.Letter.ID != p.ID {
		return Letter{}, fmt.Errorf("load dead letter %s: %w", p.ID, ErrGone)
	}
	return parked.Letter, nil
}

// An Outcome is what came of a replay.
type Outcome string

// What can come of a replay.
const (
	ReplayHandled Outcome = "handled" // it was handled, in this replay or long before, and is gone
	ReplayFailed  Outcome = "failed"  // it failed again, which is on record, and stays
	ReplayWaits   Outcome = "waits"   // it was not tried, because one before it stays
	ReplayGone    Outcome = "gone"    // somebody else has replayed or discarded it
)

// Replay has the letter with an id handled again, on behalf of an operator. The
// letter leaves in the unit that keeps its effect. A letter that fails again
// stays; why is in the letter's last Failed, and in the returned cause of failure.
//
// The error is not nil if nothing is known about the letter, because the store or
// another dependency cannot be reached: nothing is on record then, and it may be
// replayed again.
func (l *Letters) Replay(ctx context.Context, correlation string, id uuid.UUID, operator string, handle Handler) (
	outcome Outcome, failure string, err error,
) {
	return "", "", errUnfinished
}

// Discard takes the letter with an id away unhandled, wherever among those that
// wait it stands, and marks its message so that it does nothing if it is delivered
// again. It reports false if the letter was gone before.
//
// What waited behind it is not handled by this: see Follow.
func (l *Letters) Discard(ctx context.Context, correlation string, id uuid.UUID, operator, why string) (bool, error) {
	return false, errUnfinished
}

// Follow replays the letters of an undertaking that only wait Behind others, for
// as long as such a one is first: when what they waited for is gone. It tells of
// each one. It stops at the first that fails or that has its own reason to wait.
func (l *Letters) Follow(ctx context.Context, correlation, operator string, handle Handler,
	tell func(letter Letter, outcome Outcome, failure string) error,
) error {
	return errUnfinished
}

var errUnfinished = fmt.Errorf("not there yet: %w", eventlog.ErrUnavailable)
