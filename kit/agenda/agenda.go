// Package agenda attends to work that waits for its time.
//
// The work itself is derived from the state of its stream by whoever attends to
// it; an entry only says that there is something to look at, and when. So an
// entry may be looked at too often without harm, and if a process dies with an
// entry in hand, the entry comes up again by itself.
package agenda

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
)

// Limits of a Step.
const (
	// Batch is how many entries are attended to at once.
	Batch = 32
	// Lease is how long an entry stays out of sight while it is attended to. It
	// must be longer than any call to the outside may take.
	Lease = 30 * time.Second
	// FirstPause and LongestPause bound the wait between tries of an entry. It
	// doubles with each try and is spread over its whole length, so that a
	// dependency that comes back is not met by all at once.
	FirstPause   = 100 * time.Millisecond
	LongestPause = 10 * time.Second

	idle = time.Minute // how long to sleep if nothing is due and nothing is said
)

// NotYet is an error that says to look again after a while, and that nothing is
// wrong.
type NotYet struct{ After time.Duration }

// Error says so.
func (NotYet) Error() string { return "not yet" }

// Config says what a Step attends to.
type Config struct {
	Name   string // of the step, as in "payment.duty"
	Kind   string // of the entries
	Store  eventlog.Store
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time
	// Inline makes Once wait for all that it takes up, one after the other: for
	// tests and simulation.
	Inline bool
	// Attend does what the entry stands for. If it returns nil, it has taken
	// the entry off the agenda or set it anew, in the same unit as its result.
	Attend func(ctx context.Context, d eventlog.Due) error
}

// A Step attends to the entries of one kind. Replicas share an agenda: each
// entry is with one of them at a time.
type Step struct {
	Config
	reclaimed bool
	seen      int64         // position of the log up to which entries have been looked for
	slots     chan struct{} // one token for each entry that is being attended to
	freed     chan struct{} // has a token after a slot has become free
	busy      sync.WaitGroup
}

// New returns a step that attends as c says.
func New(c Config) *Step {
	return &Step{Config: c, slots: make(chan struct{}, Batch), freed: make(chan struct{}, 1)}
}

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name }

// Once takes up what is due, as far as there is room. It does not wait for what
// it has taken up, unless Inline is set: a call that hangs holds up nobody else.
func (s *Step) Once(ctx context.Context) (bool, error) {
	if err := s.reclaim(ctx); err != nil {
		return false, err
	}
	free := cap(s.slots) - len(s.slots)
	if free == 0 {
		return false, nil
	}
	head, err := s.Store.Head(ctx)
	if err != nil {
		return false, err
	}
	due, err := s.Store.Claim(ctx, s.Kind, s.Holder, s.Now(), Lease, free)
	if err != nil {
		return false, err
	}
	s.seen = head
	for _, d := range due {
		s.take(ctx, d)
	}
	return len(due) > 0, nil
}

// Drain waits for what was taken up.
func (s *Step) Drain() { s.busy.Wait() }

// reclaim takes up at once, rather than after their lease, the entries that this
// process held when it was last killed.
func (s *Step) reclaim(ctx context.Context) error {
	if s.reclaimed {
		return nil
	}
	err := s.Store.Reclaim(ctx, s.Kind, s.Holder, s.Now())
	s.reclaimed = err == nil
	return err
}

func (s *Step) take(ctx context.Context, d eventlog.Due) {
	if s.Inline {
		s.attend(ctx, d)
		return
	}
	s.slots <- struct{}{} // never blocks: only as many were claimed as were free, and only Once takes
	s.busy.Go(func() {
		s.attend(ctx, d)
		<-s.slots
		select {
		case s.freed <- struct{}{}:
		default: // the step knows already
		}
	})
}

// attend logs what went wrong, since nobody is left to be told.
func (s *Step) attend(ctx context.Context, d eventlog.Due) {
	err := s.Attend(ctx, d)
	if err == nil || ctx.Err() != nil { // stopping: the entry comes up again, on restart or after its lease
		return
	}
	again := Pause(d.Tries)
	if later := (NotYet{}); errors.As(err, &later) {
		again = later.After
	} else {
		slog.WarnContext(ctx, "not done, trying again", "step", s.Config.Name, "stream", d.Stream, "key", d.Key,
			"tries", d.Tries, "after", again, "error", err)
	}
	err = Insist(ctx, func() error { return s.Store.Postpone(ctx, s.Holder, d, s.Now().Add(again)) })
	if err != nil {
		slog.WarnContext(ctx, "cannot postpone, comes up again after its lease", "step", s.Config.Name,
			"stream", d.Stream, "key", d.Key, "error", err)
	}
}

// Wait returns when the log has grown, the next entry is due, or ctx is done.
// While all slots are taken it waits for one.
func (s *Step) Wait(ctx context.Context) {
	grown := s.Store.Grown(s.seen)
	sleep := idle
	if len(s.slots) == cap(s.slots) {
		grown = nil
	} else if at, ok, err := s.Store.NextDue(ctx, s.Kind); err == nil && ok {
		sleep = min(sleep, at.Sub(s.Now()))
	}
	t := time.NewTimer(sleep)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-grown:
	case <-s.freed:
	}
}

// Insist calls f until it succeeds or fails for a reason other than that the
// store is away, or until the lease of what it is about ends. What has been done
// outside is worth a wait: if its result is lost, it is done again.
func Insist(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, Lease/2)
	defer cancel()
	for try := 0; ; try++ {
		err := f()
		if !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
		t := time.NewTimer(min(Pause(try), time.Second))
		select {
		case <-ctx.Done():
			t.Stop()
			return err
		case <-t.C:
		}
	}
}

// Pause returns how long to wait after so many tries: exponential, capped, with
// full jitter, see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
func Pause(tries int) time.Duration {
	longest := LongestPause
	if tries < 20 { // beyond that the shift would be over the cap anyway
		longest = min(longest, FirstPause<<max(tries, 0))
	}
	return FirstPause/2 + rand.N(longest) //nolint:gosec // spreads load, guards nothing
}
