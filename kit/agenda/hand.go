package agenda

import (
	"context"
	"log/slog"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

const (
	// longestWait is how long a fresh entry may wait for its turn. After that it
	// is let go of, while there is enough left of its lease that nobody else has
	// begun with it: it comes up by itself.
	longestWait = Lease / 2
	// fullAfter is how long the first in line has waited when no more are taken
	// in: those that came now would wait too long.
	fullAfter = Lease / 4
	// returnWithin bounds what a process does at its end about entries that it
	// has not begun with.
	returnWithin = 5 * time.Second
)

// Reserve claims a fresh entry for this process and reports true, if there is
// room for it in line.
//
// There is no room before the entries of an earlier life were reclaimed, or they
// would be taken for such, nor after the end, nor in a step that is called by
// hand: there everything goes over the agenda, in its order.
func (s *Step) Reserve(d *eventlog.Due) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Inline || !s.reclaimed || s.ended || s.reserved+len(s.line) >= InLine {
		return false
	}
	now := s.Now()
	if len(s.line) > 0 && waited(s.line[0], now) > fullAfter {
		return false
	}
	s.reserved++
	d.Holder, d.At, d.Tries = s.Holder, now.Add(Lease), 1
	return true
}

// waited returns how long a fresh entry has been in line.
func waited(d eventlog.Due, now time.Time) time.Duration { return Lease - d.At.Sub(now) }

// Begin puts an entry in line for which there is room. One that was reserved
// before the end and comes after it is given back by Drain, or left to its lease
// if it comes later still.
func (s *Step) Begin(d eventlog.Due) {
	s.mu.Lock()
	s.reserved--
	s.line = append(s.line, d)
	s.mu.Unlock()
	s.wake()
}

// Release gives back the room for an entry that was not committed.
func (s *Step) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved--
}

// Expect has the agenda looked at when an entry is due at a time.
func (s *Step) Expect(at time.Time) {
	s.mu.Lock()
	sooner := at.Before(s.look)
	if sooner {
		s.look = at
	}
	s.mu.Unlock()
	if sooner {
		s.wake()
	}
}

// wake has Wait return, or not begin.
func (s *Step) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it is about to
	}
}

// takeHanded takes up those in line, as far as there are slots. The others follow
// when their predecessors are done.
func (s *Step) takeHanded(ctx context.Context) (took bool) {
	for {
		d, ok := s.next()
		if !ok {
			return took
		}
		took = true
		s.busy.Go(func() {
			loop.Roomy()
			s.attendInTurn(ctx, d)
		})
	}
}

// attendInTurn attends to one entry in line after the other, with one slot.
func (s *Step) attendInTurn(ctx context.Context, d eventlog.Due) {
	for ok := true; ok; {
		s.attend(ctx, d)
		s.mu.Lock()
		s.used--
		s.fresh--
		s.mu.Unlock()
		if s.overdue() {
			s.wake() // a look may have waited for a slot
		}
		if ctx.Err() != nil {
			return
		}
		d, ok = s.next()
	}
}

// next takes the first in line that has not waited for too long, and a slot.
func (s *Step) next() (d eventlog.Due, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return d, false
	}
	now := s.Now()
	for len(s.line) > 0 && s.used < Batch && s.fresh < Handed {
		d, s.line[0] = s.line[0], eventlog.Due{}
		s.line = s.line[1:]
		if waited(d, now) <= longestWait {
			s.used++
			s.fresh++
			return d, true
		}
		s.look = earlier(s.look, d.At) // the end of its lease
	}
	return d, false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// giveBack makes due what nobody has begun with, so that another replica need not
// wait for the end of its lease. Whatever is no longer owed is found out by whoever
// looks at it.
func (s *Step) giveBack() {
	s.mu.Lock()
	line := s.line
	s.line = nil
	s.mu.Unlock()
	if len(line) == 0 {
		return
	}
	now := s.Now()
	for i := range line {
		line[i].Holder, line[i].At, line[i].Tries = "", now, 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), returnWithin)
	defer cancel()
	if _, err := s.Store.Append(ctx, []eventlog.Unit{{Set: line}}); err != nil {
		slog.WarnContext(ctx, "cannot give back, comes up again after its lease", "step", s.Config.Name,
			"entries", len(line), "error", err)
	}
}
