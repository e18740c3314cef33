package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/telemetry"
)

// Heed returns the function that has host asked what react answers to a message.
// Consumer names the hearer in the marks. An error of react means that the message
// cannot be read.
//
// It hears what a fact's owner says, and nobody else (bus.Owner). A panic is an
// error like others: it concerns one message, and must not stop all.
func Heed[S, C, E, D any](
	consumer string, host *decider.Host[S, C, E, D],
	react func(bus.Message) ([]decider.Reaction[C], error),
) deadletter.Handler {
	return func(ctx context.Context, m bus.Message, aside deadletter.Aside) (err error) {
		defer rescue(ctx, &err)
		if owner := bus.Owner(m.Type); m.Source != owner {
			return fmt.Errorf("%w: %.80q says what is for %q", deadletter.ErrForged, m.Source, owner)
		}
		asks, err := react(m)
		if err != nil {
			return fmt.Errorf("%w: %w", deadletter.ErrUnreadable, err)
		}
		answer, err := host.AskAll(ctx, decider.Cause{
			ID:          m.ID,
			Mark:        deadletter.Mark(consumer, m),
			Actor:       "service:" + m.Source,
			Correlation: m.Correlation,
			Along:       aside,
		}, asks)
		if answer.Handled {
			telemetry.Duplicate(ctx, m.Type)
		}
		return err
	}
}

// rescue turns a panic into an error. Where it came from is for the log: it would
// make each letter's error another one.
func rescue(ctx context.Context, err *error) {
	if p := recover(); p != nil {
		slog.ErrorContext(ctx, "panic while hearing", "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("panic: %v", p)
	}
}

// treat handles a fact, or sees to it that it is parked. Nil means that either is
// committed; an unfit that it is for the broker to keep; and any other error that
// it is to be tried again.
func (s *Step) treat(ctx context.Context, f fact) error {
	ctx, cancel := loop.Within(ctx, handleWithin)
	defer cancel()
	err := s.handle(ctx, f)
	if err == nil {
		return nil
	}
	reason := s.judge(f, err)
	if reason == "" {
		return err
	}
	return s.park(loop.Unending(ctx), f, reason, err)
}

// judge returns why a fact is to be set aside that has failed with err once more,
// if it is.
func (s *Step) judge(f fact, err error) deadletter.Reason {
	tries := f.tries + 1
	if !deadletter.Passes(err) && s.crowded() {
		tries = max(tries, deadletter.Tries)
	}
	return deadletter.Judge(err, tries)
}

// handle has one fact heeded, unless its undertaking has dead letters.
func (s *Step) handle(ctx context.Context, f fact) error {
	if f.Err != nil {
		return fmt.Errorf("%w: %w", deadletter.ErrUnreadable, f.Err)
	}
	ctx, end := telemetry.Process(ctx, telemetry.Hop{
		Exchange: bus.Exchange, Queue: s.Config.Name, Type: f.Type, ID: f.ID,
		Correlation: f.Correlation, Trace: f.Trace, Attempt: f.tries + 1, Created: f.Time,
	})
	err := s.Heed(ctx, f.Message, s.Letters.Guard(f.Correlation))
	end(err)
	return err
}

// An unfit is a fact that cannot be parked, because the message that came is more
// than what could be made out of it.
type unfit struct{ error }

// park sets a fact aside in the hearer's own store.
func (s *Step) park(ctx context.Context, f fact, reason deadletter.Reason, failure error) error {
	if errors.Is(f.Err, bus.ErrUnfit) {
		return unfit{failure}
	}
	ctx, cancel := loop.Within(ctx, handleWithin)
	defer cancel()
	letter := deadletter.Letter{Message: f.Message, Reason: reason, Attempts: f.tries + 1}
	if reason == deadletter.Behind {
		letter.Attempts = f.tries
	} else {
		letter.Error = failure.Error()
	}
	if err := s.Letters.Park(ctx, letter); err != nil {
		return err // also if none waits any more: then it is for the next try
	}
	s.report.parked(ctx, f, letter)
	return nil
}
