package deadletter

import (
	"context"
	"errors"
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

// Park sets a message aside under its undertaking. It returns nil once that is
// kept, or if the message was parked, discarded or handled before. One that is to
// wait Behind others is refused with ErrNothingWaits if none waits.
//
// The letter is named here, and its texts are made fit to be kept.
func (l *Letters) Park(ctx context.Context, letter Letter) error {
	letter = letter.addressed()
	settled, err := l.settled(ctx, letter)
	if errors.Is(err, eventlog.ErrReused) {
		letter.Reason, letter.Error = Forged, fit(err.Error(), maxError)
		letter, err = letter.addressed(), nil
	}
	if err != nil || settled {
		return err
	}
	letter.Parked = l.config.Now().UTC()
	c := decider.Cause{ID: letter.ID, Actor: service(letter.Message.Source), Correlation: letter.Undertaking()}
	if _, err := l.host.Ask(ctx, c, l.stream(letter), Park{letter}); err != nil {
		return fmt.Errorf("park %s: %w", letter.ID, err)
	}
	return l.undo(ctx, letter)
}

// settled reports whether the message of a letter has been handled or discarded.
// A forged one never was, whatever was done under the id that it bears.
func (l *Letters) settled(ctx context.Context, letter Letter) (bool, error) {
	if letter.Reason == Forged {
		return false, nil
	}
	return eventlog.Marked(ctx, l.config.Log, letter.mark(l.config.Consumer))
}

// undo takes back that a letter was parked, if another replica to which it was
// delivered as well has handled it meanwhile. If a crash prevents that, a replay
// finds it out.
func (l *Letters) undo(ctx context.Context, letter Letter) error {
	settled, err := l.settled(ctx, letter)
	switch {
	case errors.Is(err, eventlog.ErrReused): // a replay will say so
		return nil
	case err != nil || !settled:
		return err
	}
	_, err = l.discard(ctx, letter, l.config.Consumer, "was handled meanwhile")
	return err
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
// letter leaves in the unit that keeps its effect. One that fails again stays, and
// why is on record, and returned.
//
// The error is not nil if nothing can be said about the letter, because a store or
// another dependency cannot be reached: nothing is on record then, and it may be
// replayed again.
func (l *Letters) Replay(ctx context.Context, correlation string, id uuid.UUID, operator string, handle Handler) (
	outcome Outcome, failure string, err error,
) {
	letter, place, err := l.find(ctx, correlation, id)
	switch {
	case errors.Is(err, ErrGone):
		return ReplayGone, "", nil
	case errors.Is(err, ErrNotFirst):
		return ReplayWaits, "", nil
	case err != nil:
		return "", "", err
	}
	switch err = handle(ctx, letter.Message, l.settling(letter, operator)); {
	case err == nil:
		return l.settle(ctx, letter, operator)
	case errors.Is(err, ErrGone):
		return ReplayGone, "", nil
	case errors.Is(err, ErrNotFirst):
		return ReplayWaits, "", nil
	case Passes(err):
		return "", "", fmt.Errorf("replay %s: %w", letter.ID, err)
	}
	return l.blame(ctx, letter, place.Replays+1, operator, err)
}

// find returns the letter with an id if it is the first of its undertaking.
func (l *Letters) find(ctx context.Context, correlation string, id uuid.UUID) (Letter, Place, error) {
	state, err := l.Waiting(ctx, correlation)
	if err != nil {
		return Letter{}, Place{}, err
	}
	switch i := state.place(id); {
	case i < 0:
		return Letter{}, Place{}, ErrGone
	case i > 0:
		return Letter{}, Place{}, ErrNotFirst
	}
	letter, err := l.Load(ctx, correlation, state.Waiting[0])
	return letter, state.Waiting[0], err
}

// settle takes away a letter that is still there after its message was handled:
// because that was long before. If meanwhile another replica, to which the message
// was delivered as well, has parked it once more, and behind others, it waits.
func (l *Letters) settle(ctx context.Context, letter Letter, operator string) (Outcome, string, error) {
	_, err := l.host.Ask(ctx, cause(letter, handled, by(operator)), l.stream(letter), Settle{letter.ID, operator})
	if errors.Is(err, ErrNotFirst) {
		return ReplayWaits, "", nil
	}
	return ReplayHandled, "", err
}

// settling returns what is kept along with the effect of a letter: that it was
// handled.
func (l *Letters) settling(letter Letter, operator string) Aside {
	return l.along(letter, handled, operator, Settle{letter.ID, operator})
}

// along returns that what is asked happens to a letter; ErrGone if it is gone.
func (l *Letters) along(letter Letter, what, operator string, c Command) Aside {
	return func(ctx context.Context, _ bool) (decider.Along, error) {
		draft, err := l.host.Draft(ctx, cause(letter, what, by(operator)), l.stream(letter), c)
		if err == nil && len(draft.Events) == 0 {
			err = ErrGone
		}
		return draft, err
	}
}

// blame puts on record that a letter has failed again.
func (l *Letters) blame(ctx context.Context, letter Letter, replay int, operator string, failure error) (Outcome, string, error) {
	text := fit(failure.Error(), maxError)
	what := fmt.Sprintf("failed/%d", replay)
	c := Blame{ID: letter.ID, Replay: replay, Operator: operator, Error: text}
	if _, err := l.host.Ask(ctx, cause(letter, what, by(operator)), l.stream(letter), c); err != nil {
		return "", "", fmt.Errorf("replay %s: %w", letter.ID, err)
	}
	return ReplayFailed, text, nil
}

// Discard takes the letter with an id away unhandled, wherever among those that
// wait it stands, and marks its message so that it does nothing if it is delivered
// again. It reports false if the letter was gone before.
//
// What waited behind it is not handled by this: see Follow.
func (l *Letters) Discard(ctx context.Context, correlation string, id uuid.UUID, operator, why string) (bool, error) {
	state, err := l.Waiting(ctx, correlation)
	if err != nil {
		return false, err
	}
	i := state.place(id)
	if i < 0 {
		return false, nil
	}
	letter, err := l.Load(ctx, correlation, state.Waiting[i])
	if err != nil {
		return false, err
	}
	return l.discard(ctx, letter, operator, why)
}

// discard writes the mark in the unit that takes the letter away. There is none
// to write for a forged message: the id that it bears is another one's.
func (l *Letters) discard(ctx context.Context, letter Letter, operator, why string) (bool, error) {
	c := cause(letter, "discarded", by(operator))
	c.Along = l.along(letter, "discarded", operator, Discard{letter.ID, operator, why})
	if letter.Reason != Forged {
		mark := letter.mark(l.config.Consumer)
		c.Mark = &mark
	}
	answer, err := l.host.AskAll(ctx, c, nil)
	if answer.Handled || errors.Is(err, eventlog.ErrReused) { // it has its mark
		c.Mark = nil
		_, err = l.host.AskAll(ctx, c, nil)
	}
	switch {
	case errors.Is(err, ErrGone):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("discard %s: %w", letter.ID, err)
	}
	return true, nil
}

// Follow replays the letters of an undertaking that only wait Behind others, for
// as long as such a one is first: when what they waited for is gone. It tells of
// each one, unless tell is nil: what became of it is on record in any case. It stops
// at the first that stays, or that has its own reason to wait.
func (l *Letters) Follow(ctx context.Context, correlation, operator string, handle Handler,
	tell func(letter Letter, outcome Outcome, failure string) error,
) error {
	if tell == nil {
		tell = func(Letter, Outcome, string) error { return nil }
	}
	for {
		state, err := l.Waiting(ctx, correlation)
		if err != nil || len(state.Waiting) == 0 {
			return err
		}
		letter, err := l.Load(ctx, correlation, state.Waiting[0])
		if err != nil || letter.Reason != Behind {
			return err
		}
		outcome, failure, err := l.Replay(ctx, correlation, letter.ID, operator, handle)
		if err != nil {
			return err
		}
		if err := tell(letter, outcome, failure); err != nil || outcome == ReplayFailed {
			return err
		}
	}
}

func (l *Letters) stream(letter Letter) string { return Stream(letter.Undertaking()) }

func service(name string) string { return "service:" + name }

func by(operator string) string { return "operator:" + operator }

// handled is what happens to a letter that has had its effect.
const handled = "handled"

// cause returns why something happens to a letter: the same for the same.
func cause(letter Letter, what, actor string) decider.Cause {
	return decider.Cause{
		ID: eventlog.DerivedID(letter.ID, []byte(what)), Actor: actor, Correlation: letter.Undertaking(),
	}
}
