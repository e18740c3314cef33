// Package inbox hears what others say, and takes each fact to heart once.
//
// The broker delivers at least once and in any order. A fact is settled at the
// broker only after its effect, and the mark that it was heard, are committed in
// one piece; so a crash at any point means that it is delivered again, and the
// mark means that this does nothing.
//
// Facts of one undertaking are handled one after the other, different ones side
// by side. A fact that cannot be handled now is kept back, unsettled, and tried
// again in its own time while others go on; the prefetch of the queue bounds how
// many are kept. A fact that can never be handled is rejected to the dead
// letters.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// Limits of a Step.
const (
	// Batch is how many deliveries are handled, and settled, together.
	Batch = 256
	// SideBySide is how many undertakings are handled at a time.
	SideBySide = 64
	// Tries is how often a fact is tried whose handling fails for a reason that
	// is not known to pass.
	Tries = 12
	// handleWithin bounds the handling of one fact, which involves nothing but
	// the service's own store.
	handleWithin = 5 * time.Second
	// idle is how long to sleep when nothing arrives; it only bounds the harm
	// of a lost wake-up.
	idle = time.Minute
)

// ErrNever marks an error that no repetition will cure.
var ErrNever = errors.New("can never be handled")

// Never marks err as one that no repetition will cure, as when a fact cannot be
// decoded.
func Never(err error) error { return fmt.Errorf("%w: %w", ErrNever, err) }

// Heed returns the function that has host asked what react answers to a
// message. Consumer names the hearer in the marks.
func Heed[S, C, E, D any](
	consumer string, host *decider.Host[S, C, E, D],
	react func(bus.Message) ([]decider.Reaction[C], error),
) func(context.Context, bus.Message) error {
	return func(ctx context.Context, m bus.Message) error {
		asks, err := react(m)
		if err != nil {
			return Never(err)
		}
		answer, err := host.AskAll(ctx, decider.Cause{
			ID:          m.ID,
			Mark:        &eventlog.Mark{Consumer: consumer, ID: m.ID},
			Actor:       "service:" + m.Source,
			Correlation: m.Correlation,
		}, asks)
		if answer.Handled {
			telemetry.Duplicate(ctx, m.Type)
		}
		return err
	}
}

// Config says who hears what.
type Config struct {
	Name  string // of the hearer, as in "payment"
	Queue bus.Queue
	Now   func() time.Time
	// Heed handles one fact. It returns nil once the effect is committed, also
	// if that was long ago.
	Heed func(ctx context.Context, m bus.Message) error
	// Inline handles one after the other, in the order of their arrival: for
	// tests and simulation.
	Inline bool
}

// A Step hears.
type Step struct {
	Config
	kept []kept // back for a later try, in the order of arrival
}

// kept is a delivery that waits for its next try.
type kept struct {
	bus.Delivery
	tries int
	at    time.Time
}

// New returns a step that hears as c says.
func New(c Config) *Step { return &Step{Config: c} }

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name + ".inbox" }

// Once handles what has arrived and what is due for another try.
func (s *Step) Once(ctx context.Context) (bool, error) {
	batch := s.due()
	for _, d := range s.Queue.Receive(Batch) {
		batch = append(batch, kept{Delivery: d})
	}
	if len(batch) == 0 {
		return false, nil
	}
	verdicts := s.handleAll(context.WithoutCancel(ctx), batch) // what was begun is finished
	return true, s.settle(ctx, batch, verdicts)
}

// Wait returns when something has arrived, the next try is due, or ctx is done.
func (s *Step) Wait(ctx context.Context) {
	sleep := idle
	for _, k := range s.kept {
		sleep = min(sleep, k.at.Sub(s.Now()))
	}
	t := time.NewTimer(sleep)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-s.Queue.Arrived():
	}
}

// due takes what is due out of what is kept back.
func (s *Step) due() []kept {
	var due []kept
	now := s.Now()
	s.kept = slices.DeleteFunc(s.kept, func(k kept) bool {
		if k.at.After(now) {
			return false
		}
		due = append(due, k)
		return true
	})
	return due
}

// handleAll handles a batch and returns what became of each.
func (s *Step) handleAll(ctx context.Context, batch []kept) []error {
	verdicts := make([]error, len(batch))
	lanes := map[string][]int{}
	var order []string
	for i, k := range batch {
		if lanes[k.Correlation] == nil {
			order = append(order, k.Correlation)
		}
		lanes[k.Correlation] = append(lanes[k.Correlation], i)
	}
	var group errgroup.Group
	group.SetLimit(SideBySide)
	if s.Inline {
		group.SetLimit(1)
	}
	for _, lane := range order {
		group.Go(func() error {
			for _, i := range lanes[lane] {
				verdicts[i] = s.handle(ctx, batch[i])
			}
			return nil
		})
	}
	_ = group.Wait() // the lanes return nothing: each verdict is in its place
	return verdicts
}

func (s *Step) handle(ctx context.Context, k kept) error {
	if k.Err != nil {
		return Never(k.Err)
	}
	ctx, cancel := context.WithTimeout(ctx, handleWithin)
	defer cancel()
	ctx, end := telemetry.Process(ctx, telemetry.Hop{
		Exchange: bus.Exchange, Queue: s.Config.Name, Type: k.Type, ID: k.ID.String(),
		Correlation: k.Correlation, Trace: k.Trace, Attempt: k.tries + 1, Created: k.Time,
	})
	err := s.Heed(ctx, k.Message)
	end(err)
	return err
}

// settle answers the broker: what is handled is acknowledged, since its effect is
// committed; what can never be handled is set aside; the rest is kept back.
func (s *Step) settle(ctx context.Context, batch []kept, verdicts []error) error {
	done := make([]bus.Delivery, 0, len(batch))
	var errs []error
	for i, k := range batch {
		switch err := verdicts[i]; {
		case err == nil:
			done = append(done, k.Delivery)
		case errors.Is(err, ErrNever), errors.Is(err, eventlog.ErrReused), k.tries >= Tries && !passes(err):
			slog.ErrorContext(ctx, "set aside as a dead letter", "hearer", s.Config.Name, "type", k.Type, "id", k.ID,
				"correlation", k.Correlation, "tries", k.tries+1, "error", err)
			errs = append(errs, s.Queue.Reject(k.Delivery))
		default:
			s.keep(ctx, k, err)
		}
	}
	errs = append(errs, s.Queue.Ack(done...))
	return errors.Join(errs...)
}

// keep holds a delivery back. If its connection breaks meanwhile it is delivered
// again, and handled twice at worst, which the mark makes harmless.
func (s *Step) keep(ctx context.Context, k kept, err error) {
	k.tries++
	k.at = s.Now().Add(agenda.Pause(min(k.tries, 6), rand.N[time.Duration])) // the store is ours: look every few seconds
	if k.tries == 1 || k.tries%10 == 0 {
		slog.WarnContext(ctx, "cannot hear now, keeping it back", "hearer", s.Config.Name, "type", k.Type, "id", k.ID,
			"tries", k.tries, "error", err)
	}
	s.kept = append(s.kept, k)
}

// passes reports whether err is of a kind that passes once a dependency is back.
func passes(err error) bool {
	return errors.Is(err, eventlog.ErrConflict) || errors.Is(err, eventlog.ErrUnavailable) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
