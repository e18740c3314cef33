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
	"orpheus.example/kit/loop"
)

// Limits of a Step.
const (
	// Batch is how many entries are attended to at once. Each waits for a call
	// and a commit, so few would be slow, and they cost next to nothing.
	Batch = 256
	// Handed is how many of them may be such as were never looked for, so that
	// those that wait on the agenda get their turn.
	Handed = Batch * 3 / 4
	// InLine is how many fresh entries may wait in memory for their turn. To put
	// one on the agenda and to look for it later costs more than the call.
	InLine = 4096
	// Lease is how long an entry stays out of sight while it is attended to. It
	// must be longer than any call to the outside may take.
	Lease = 30 * time.Second
	// FirstPause and LongestPause bound the wait between tries of an entry. It
	// doubles with each try and is spread over its whole length, so that a
	// dependency that comes back is not met by all at once.
	FirstPause   = 100 * time.Millisecond
	LongestPause = 10 * time.Second

	// A step knows what this process puts on the agenda, because it is told.
	// What others have left there, as a replica does that is gone for good, it
	// finds when it looks of its own accord: often at first and after it has
	// found something, rarely while there is nothing.
	firstLook   = 250 * time.Millisecond
	longestLook = 4 * time.Second
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
	// Inline makes Once look at the agenda each time, and wait for all that it
	// takes up, one after the other: for tests and simulation.
	Inline bool
	// Rand returns a random duration below its argument. The default is rand.N;
	// a simulation has its own.
	Rand func(below time.Duration) time.Duration
	// Attend does what the entry stands for. If it returns nil, it has taken
	// the entry off the agenda or set it anew, in the same unit as its result.
	//
	// Holder is set in an entry that was claimed in the unit that set it: then
	// nobody has done anything about it yet, and what this process knows of its
	// stream is not older than the entry.
	Attend func(ctx context.Context, d eventlog.Due) error
}

// A Step attends to the entries of one kind. Replicas share an agenda: each
// entry is with one of them at a time.
//
// It is a decider.Attendant: fresh entries are handed to it by whoever has
// committed them, without a look at the agenda, as long as there is room.
type Step struct {
	Config
	woken chan struct{} // has a token after something has happened that Wait must not miss
	busy  sync.WaitGroup

	mu        sync.Mutex
	reclaimed bool           // what was held at the last end has come up again
	ended     bool           // nothing more is begun
	reserved  int            // places in line for entries that are not committed yet
	line      []eventlog.Due // fresh, to be attended to in turn
	used      int            // of Batch slots, for entries that are being attended to, or are about to be
	fresh     int            // slots used by fresh entries
	look      time.Time      // when to look at the agenda next
	pause     time.Duration  // between looks of its own accord

	// doing holds what is being attended to, each with the entry of the same key
	// that has come up meanwhile, if one has.
	doing map[eventlog.DueKey]*eventlog.Due
}

// New returns a step that attends as c says.
func New(c Config) *Step {
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
	return &Step{Config: c, woken: make(chan struct{}, 1), pause: firstLook, doing: map[eventlog.DueKey]*eventlog.Due{}}
}

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name }

// Once takes up what was handed to it and, if it is time to look, what is due on
// the agenda, as far as there is room. It does not wait for what it has taken
// up, unless Inline is set: a call that hangs holds up nobody else.
func (s *Step) Once(ctx context.Context) (bool, error) {
	if err := s.reclaim(ctx); err != nil {
		return false, err
	}
	handed := s.takeHanded(ctx)
	if !s.Inline && !s.overdue() {
		return handed, nil
	}
	found, err := s.seek(ctx)
	return handed || found, err
}

// occupy takes all slots that are free, and returns how many.
func (s *Step) occupy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	free := Batch - s.used
	s.used = Batch
	return free
}

// vacate frees slots, for which fresh entries may be waiting.
func (s *Step) vacate(n int) {
	s.mu.Lock()
	s.used -= n
	queued := len(s.line) > 0
	s.mu.Unlock()
	if queued {
		s.wake()
	}
}

// seek looks at the agenda, takes up what is due as far as there is room, and
// plans the next look.
func (s *Step) seek(ctx context.Context) (found bool, err error) {
	free := s.occupy()
	if free == 0 {
		return false, nil // a slot that is freed wakes the step
	}
	now, took := s.Now(), 0
	defer func() { s.vacate(free - took) }()
	// From here on what others say is news. What they have said before is in
	// what is read now.
	s.plan(now.Add(longestLook))
	at, ok, err := s.Store.NextDue(ctx, s.Kind)
	if err != nil {
		s.Expect(now)
		return false, err
	}
	if !ok || at.After(now) {
		s.pace(now, at, ok)
		return false, nil
	}
	due, err := s.Store.Claim(ctx, s.Kind, s.Holder, now, Lease, free)
	if err != nil {
		s.Expect(now)
		return false, err
	}
	took = len(due)
	s.plenty(now, took)
	for _, d := range due {
		s.take(ctx, d)
	}
	return took > 0, nil
}

// pace plans the next look after nothing was due: when the next entry is, and not
// too late for what others may put on the agenda meanwhile.
func (s *Step) pace(now, at time.Time, ok bool) {
	s.mu.Lock()
	s.pause = min(2*s.pause, longestLook)
	next := now.Add(s.pause)
	s.mu.Unlock()
	if ok && at.Before(next) {
		next = at
	}
	s.Expect(next)
}

// plenty plans the next look after something was due: at once, because there may
// be more, or a moment later if there was little room or others had it in hand,
// so that it is not fetched one by one.
func (s *Step) plenty(now time.Time, got int) {
	s.mu.Lock()
	s.pause = firstLook
	s.mu.Unlock()
	if got < Batch/8 {
		now = now.Add(firstLook / 10)
	}
	s.Expect(now)
}

// plan sets the time of the next look.
func (s *Step) plan(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look = at
}

func (s *Step) nextLook() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look
}

// overdue reports whether it is time to look at the agenda.
func (s *Step) overdue() bool { return !s.Now().Before(s.nextLook()) }

// Drain waits for what was taken up, and gives back what was handed over and not
// begun.
func (s *Step) Drain() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.busy.Wait()
	s.giveBack()
}

// reclaim takes up at once, rather than after their lease, the entries that this
// process held when it was last killed.
func (s *Step) reclaim(ctx context.Context) error {
	s.mu.Lock()
	done := s.reclaimed
	s.mu.Unlock()
	if done {
		return nil
	}
	if err := s.Store.Reclaim(ctx, s.Kind, s.Holder, s.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reclaimed = true
	return nil
}

// take attends to an entry that has a slot, which is free again afterwards.
func (s *Step) take(ctx context.Context, d eventlog.Due) {
	if s.Inline {
		s.attend(ctx, d)
		s.vacate(1)
		return
	}
	s.busy.Go(func() {
		s.attend(ctx, d)
		s.vacate(1)
		if s.overdue() {
			s.wake() // it may have waited for a slot
		}
	})
}

// attend attends to an entry. One that somebody is at already is looked at again
// by the same when he is done, which mostly finds that nothing is left to do: an
// entry comes up twice when nobody knew for a while whether it was committed.
func (s *Step) attend(ctx context.Context, d eventlog.Due) {
	for ok := s.enter(d); ok; d, ok = s.leave(d) {
		s.try(ctx, d)
	}
}

// enter reports whether nobody is at an entry, and has whoever is look again.
func (s *Step) enter(d eventlog.Due) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, busy := s.doing[d.DueKey]; busy {
		d.Holder = "" // much may have happened since it was fresh
		s.doing[d.DueKey] = &d
		return false
	}
	s.doing[d.DueKey] = nil
	return true
}

// leave returns the entry to look at again, if it has come up meanwhile.
func (s *Step) leave(d eventlog.Due) (again eventlog.Due, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := s.doing[d.DueKey]; next != nil {
		s.doing[d.DueKey] = nil
		return *next, true
	}
	delete(s.doing, d.DueKey)
	return d, false
}

// try logs what went wrong, since nobody is left to be told.
func (s *Step) try(ctx context.Context, d eventlog.Due) {
	err := s.Attend(ctx, d)
	if err == nil || ctx.Err() != nil { // stopping: the entry comes up again, on restart or after its lease
		return
	}
	again := Pause(d.Tries, s.Rand)
	if later := (NotYet{}); errors.As(err, &later) {
		again = later.After
	} else {
		slog.WarnContext(ctx, "not done, trying again", "step", s.Config.Name, "stream", d.Stream, "key", d.Key,
			"tries", d.Tries, "after", again, "error", err)
	}
	at := s.Now().Add(again)
	err = Insist(ctx, s.Rand, func() error { return s.Store.Postpone(ctx, s.Holder, d, at) })
	s.Expect(at)
	if err != nil {
		slog.WarnContext(ctx, "cannot postpone, comes up again after its lease", "step", s.Config.Name,
			"stream", d.Stream, "key", d.Key, "error", err)
	}
}

// room reports whether a slot is free.
func (s *Step) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used < Batch
}

// Wait returns when something was handed over, it is time to look at the agenda,
// or ctx is done. While all slots are taken it waits for one.
func (s *Step) Wait(ctx context.Context) {
	sleep := longestLook
	if s.room() {
		sleep = min(sleep, s.nextLook().Sub(s.Now()))
	}
	t := time.NewTimer(sleep)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-s.woken:
	}
}

// Insist calls f until it succeeds or fails for a reason other than that the
// store is away, or until the lease of what it is about ends. What has been done
// outside is worth a wait: if its result is lost, it is done again.
func Insist(ctx context.Context, rand func(time.Duration) time.Duration, f func() error) error {
	err := f()
	if !errors.Is(err, eventlog.ErrUnavailable) {
		return err // as a rule: no timer is set up for that
	}
	ctx, cancel := context.WithTimeout(ctx, Lease/2)
	defer cancel()
	for try := 0; ; try++ {
		if loop.Sleep(ctx, min(Pause(try, rand), time.Second)) != nil {
			return err
		}
		if err = f(); !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
	}
}

// Pause returns how long to wait after so many tries: exponential, capped, with
// full jitter by rand, see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
func Pause(tries int, rand func(time.Duration) time.Duration) time.Duration {
	longest := LongestPause
	if tries < 20 { // beyond that the shift would be over the cap anyway
		longest = min(longest, FirstPause<<max(tries, 0))
	}
	return FirstPause/2 + rand(longest)
}
