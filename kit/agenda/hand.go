package agenda

import (
	"context"
	"time"

	"orpheus.example/kit/eventlog"
)

// Reserve claims a fresh entry for this process and reports true, if there is
// room to attend to it at once. It is Batch entries at most, so what was handed
// over and not begun is bounded, too.
//
// There is no room before the entries of an earlier life were reclaimed, or they
// would be taken for such, nor after the end, nor in a step that is called by
// hand: there everything goes over the agenda, in its order.
func (s *Step) Reserve(d *eventlog.Due) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Inline || !s.reclaimed || s.ended || s.fresh >= Handed {
		return false
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return false
	}
	s.fresh++
	d.Holder, d.At, d.Tries = s.Holder, s.Now().Add(Lease), 1
	return true
}

// Begin has an entry attended to for which there is room.
func (s *Step) Begin(d eventlog.Due) {
	s.mu.Lock()
	s.handed = append(s.handed, d)
	s.mu.Unlock()
	s.wake()
}

// Release gives back the room for an entry that was not committed.
func (s *Step) Release() {
	s.leave()
	<-s.slots
	s.wake()
}

// leave counts one fresh entry less.
func (s *Step) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh--
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

// takeHanded takes up what was handed over.
func (s *Step) takeHanded(ctx context.Context) bool {
	s.mu.Lock()
	handed := s.handed
	s.handed = nil
	s.mu.Unlock()
	for _, d := range handed {
		s.take(ctx, d, s.leave)
	}
	return len(handed) > 0
}
