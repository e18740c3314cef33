// Package inbox hears what others say, and takes each fact to heart once.
//
// The broker delivers at least once and in any order. A fact is settled at the
// broker only after its effect, and the mark that it was heard, are committed in
// one piece; so a crash at any point means that it is delivered again, and the
// mark means that this does nothing.
//
// Facts of one undertaking are handled one after the other, in the order of their
// arrival; different undertakings side by side. What is handled is settled in
// groups, while others are still at work: nobody waits for the slowest.
//
//	arrived ──▶ lane of its undertaking ──▶ heeded ──▶ finished ──▶ settled at the broker
//	                 ▲        │ not now
//	                 └────────┘ kept at the head of its lane, which waits
//
// A fact that cannot be handled now is kept back, unsettled, and tried again in
// its own time. Those of its undertaking queue behind it, in order; all others
// flow. InHand bounds how many are kept. A fact that can never be handled is
// rejected to the dead letters.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// Limits of a Step.
const (
	// Prefetch is how many unsettled facts the broker should deliver: two
	// commits full, one under way and one that gathers.
	Prefetch = 512
	// InHand is how many facts are in hand at most, on whatever connection they
	// came: those of one that has broken are handled beside those of the next.
	InHand = 2 * Prefetch
	// SideBySide is how many undertakings are handled at a time. All of them
	// wait for a commit mostly, and a commit is the better the more share it.
	SideBySide = 256
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
	// Inline handles one after the other, undertaking by undertaking in the
	// order of their arrival, and settles them before Once returns: for tests
	// and simulation.
	Inline bool
	// Rand returns a random duration below its argument. The default is rand.N;
	// a simulation has its own.
	Rand func(below time.Duration) time.Duration
}

// A Step hears.
type Step struct {
	Config
	busy  sync.WaitGroup
	woken chan struct{} // has a token after something has happened that Wait must not miss

	mu       sync.Mutex
	lanes    map[string]*lane // of all undertakings with facts in hand
	ready    []*lane          // may go on as soon as somebody is free to
	kept     []*lane          // wait for their next try
	running  int              // how many are at work on lanes
	inHand   int              // facts that are not settled
	finished []verdict        // facts to be settled
	ended    bool             // nothing more is begun
}

// New returns a step that hears as c says.
func New(c Config) *Step {
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
	return &Step{Config: c, woken: make(chan struct{}, 1), lanes: map[string]*lane{}}
}

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name + ".inbox" }

// Once settles what was finished, and hands what has arrived to the lanes. It
// does not wait for them, unless Inline is set.
func (s *Step) Once(ctx context.Context) (bool, error) {
	settled, err := s.settle(ctx)
	if err != nil {
		return settled, err
	}
	arrived := s.Queue.Receive(s.room())
	s.accept(arrived)
	s.resume()
	ctx = context.WithoutCancel(ctx) // what was begun is finished
	if s.Inline {
		s.running++ // nobody else is
		l, f, ok := s.next()
		s.work(ctx, l, f, ok)
		done, err := s.settle(ctx)
		return settled || done || len(arrived) > 0, err
	}
	begun := s.staff(ctx)
	return settled || begun || len(arrived) > 0, nil
}

// Wait returns when there is something to settle, something has arrived for
// which there is room, the next try is due, or ctx is done.
func (s *Step) Wait(ctx context.Context) {
	arrived := s.Queue.Arrived()
	if s.room() == 0 {
		arrived = nil // what is settled makes room
	}
	t := time.NewTimer(s.untilNextTry())
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-arrived:
	case <-s.woken:
	}
}

// Drain waits for the facts that are being handled, and settles them. Those that
// wait behind them, or were kept back, go back to the broker when the queue is
// closed, unless Once is called again.
func (s *Step) Drain() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.busy.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	if _, err := s.settle(ctx); err != nil {
		slog.WarnContext(ctx, "cannot settle, comes again", "hearer", s.Config.Name, "error", err)
	}
}

func (s *Step) room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, InHand-s.inHand)
}

func (s *Step) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it is about to
	}
}

// handle has one fact heeded.
func (s *Step) handle(ctx context.Context, f fact) error {
	if f.Err != nil {
		return Never(f.Err)
	}
	ctx, cancel := context.WithTimeout(ctx, handleWithin)
	defer cancel()
	ctx, end := telemetry.Process(ctx, telemetry.Hop{
		Exchange: bus.Exchange, Queue: s.Config.Name, Type: f.Type, ID: f.ID.String(),
		Correlation: f.Correlation, Trace: f.Trace, Attempt: f.tries + 1, Created: f.Time,
	})
	err := s.Heed(ctx, f.Message)
	end(err)
	return err
}

// settle answers the broker for what is finished: what was handled is
// acknowledged, since its effect is committed; what can never be handled is set
// aside.
func (s *Step) settle(ctx context.Context) (bool, error) {
	s.mu.Lock()
	finished := s.finished
	s.finished = nil
	s.inHand -= len(finished)
	s.mu.Unlock()
	if len(finished) == 0 {
		return false, nil
	}
	done := make([]bus.Delivery, 0, len(finished))
	var errs []error
	for _, v := range finished {
		if v.err == nil {
			done = append(done, v.Delivery)
			continue
		}
		slog.ErrorContext(ctx, "set aside as a dead letter", "hearer", s.Config.Name, "type", v.Type, "id", v.ID,
			"correlation", v.Correlation, "tries", v.tries+1, "error", v.err)
		errs = append(errs, s.Queue.Reject(v.Delivery))
	}
	errs = append(errs, s.Queue.Ack(done...))
	return true, errors.Join(errs...)
}

// hopeless reports whether a fact is to be set aside after err.
func hopeless(f fact, err error) bool {
	return errors.Is(err, ErrNever) || errors.Is(err, eventlog.ErrReused) || f.tries >= Tries && !passes(err)
}

// passes reports whether err is of a kind that passes once a dependency is back.
func passes(err error) bool {
	return errors.Is(err, eventlog.ErrConflict) || errors.Is(err, eventlog.ErrUnavailable) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
