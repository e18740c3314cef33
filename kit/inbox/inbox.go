// Package inbox hears what others say, and takes each fact to heart once.
//
// The broker delivers at least once and in any order. A fact is settled at the
// broker only after its effect, and the mark that it was heard, are committed in
// one piece; so a crash at any point means that it is delivered again, and the
// mark means that this does nothing.
//
// Facts of one undertaking are handled one after the other, in the order of their
// arrival; different undertakings side by side. What is handled is settled in
// groups, a moment later, while others are still at work: nobody waits for the
// slowest, and a word to the broker costs it as much as a fact does.
//
//	arrived ──▶ lane of its undertaking ──▶ heeded ──▶ finished ──▶ settled at the broker
//	                 ▲        │ not now
//	                 └────────┘ kept at the head of its lane, which waits
//
// A fact that cannot be handled now is kept back, unsettled, and tried again in
// its own time, for as long as it takes. Those of its undertaking queue behind it,
// in order; all others flow. InHand bounds how many are kept.
//
// A fact that can never be handled is parked among the hearer's dead letters
// (package deadletter says what that means, and decides which facts they are), and
// settled at the broker once that is committed. What comes later for its
// undertaking is parked behind it. The broker's own dead letters take only what no
// store of ours can.
package inbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/loop"
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
	// Doubtful is how many facts are kept back at most that fail for reasons
	// which nobody knows to pass. Beyond it they are parked before they were
	// tried deadletter.Tries times, or they would fill the hands that all others
	// need.
	Doubtful = Prefetch / 2
	// Group is how many handled facts are settled at once, without waiting for
	// more, and SettleAfter how long the first of them waits for others. It is
	// what a crash may have delivered again, and far below what may be in hand,
	// so nobody is held up by it.
	Group       = 64
	SettleAfter = 50 * time.Millisecond
	// handleWithin bounds the handling of one fact, which involves nothing but
	// the service's own store.
	handleWithin = 5 * time.Second
	// idle is how long to sleep when nothing arrives; it only bounds the harm
	// of a lost wake-up.
	idle = time.Minute
)

// Config says who hears what.
type Config struct {
	Name  string // of the hearer, as in "payment"
	Queue bus.Queue
	Now   func() time.Time
	// Heed handles one fact, as Heed returns it.
	Heed deadletter.Handler
	// Letters are the dead letters of the hearer.
	Letters *deadletter.Letters
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
	report report
	busy   sync.WaitGroup
	woken  chan struct{} // has a token after something has happened that Wait must not miss
	due    *time.Timer   // wakes when what is finished is to be settled

	mu       sync.Mutex
	lanes    map[string]*lane // of all undertakings with facts in hand
	empty    []*lane          // to be used again; up to mostEmpty
	ready    []*lane          // may go on as soon as somebody is free to
	kept     []*lane          // wait for their next try
	running  int              // how many are at work on lanes
	inHand   int              // facts that are not settled
	finished []verdict        // facts to be settled
	since    time.Time        // when the first of them was finished
	settled  []verdict        // room for the next to be finished; of whoever settles
	ended    bool             // nothing more is begun
}

// New returns a step that hears as c says.
func New(c Config) *Step {
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
	s := &Step{Config: c, report: newReport(c.Name), woken: make(chan struct{}, 1), lanes: map[string]*lane{}}
	s.due = time.AfterFunc(SettleAfter, s.wake)
	s.due.Stop() // there is nothing to settle yet
	return s
}

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name + ".inbox" }

// Once settles what was finished, and hands what has arrived to the lanes. It
// does not wait for them, unless Inline is set.
func (s *Step) Once(ctx context.Context) (bool, error) {
	settled, err := s.settle(ctx, s.Inline)
	if err != nil {
		return settled, err
	}
	arrived := s.Queue.Receive(s.room())
	s.accept(arrived)
	s.begin()
	ctx = loop.Unending(ctx) // what was begun is finished
	if s.Inline {
		s.running++ // nobody else is
		l, f, ok := s.next()
		s.work(ctx, l, f, ok)
		done, err := s.settle(ctx, true)
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
	if _, err := s.settle(ctx, true); err != nil {
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

// finish takes note of what is to be settled. It is called under mu.
func (s *Step) finish(v verdict) {
	s.finished = append(s.finished, v)
	switch len(s.finished) {
	case 1:
		s.since = time.Now()
		s.due.Reset(SettleAfter)
	case Group:
		s.wake()
	}
}

// grouped reports whether what is finished need not wait for more. It is called
// under mu.
func (s *Step) grouped() bool {
	return len(s.finished) >= Group || time.Since(s.since) >= SettleAfter
}

// settle answers the broker for what is finished: what was handled or parked is
// acknowledged, since that is committed; what cannot be parked is left to the
// broker's dead letters. Unless all of it is to be settled now, a group is waited
// for.
func (s *Step) settle(ctx context.Context, now bool) (bool, error) {
	s.mu.Lock()
	finished := s.finished
	if len(finished) == 0 || !now && !s.grouped() {
		s.mu.Unlock()
		return false, nil
	}
	s.finished, s.settled = s.settled, nil
	s.inHand -= len(finished)
	s.mu.Unlock()
	done := make([]bus.Delivery, 0, len(finished))
	var errs []error
	for _, v := range finished {
		if v.err == nil {
			done = append(done, v.Delivery)
			continue
		}
		slog.ErrorContext(ctx, "left to the dead letters of the broker", "hearer", s.Config.Name, "type", v.Type, "id", v.ID,
			"error", v.err)
		errs = append(errs, s.Queue.Reject(v.Delivery))
	}
	errs = append(errs, s.Queue.Ack(done...))
	clear(finished) // or what is settled stays in memory
	s.settled = finished[:0]
	return true, errors.Join(errs...)
}
