package agenda

import (
	"context"

	"orpheus.example/kit/loop"
)

// Lag says how many entries are due and not attended to, and since when the
// first of those on the agenda is. What waits for its time is not behind, be it
// for its first or, after a failure, its next one.
func (s *Step) Lag(ctx context.Context) (loop.Lag, error) {
	now, lag := s.Now(), loop.Lag{Step: s.Kind}
	due, err := s.Store.CountDue(ctx, s.Kind, now)
	if err != nil {
		return lag, err
	}
	lag.Waiting = due + s.queued()
	if due == 0 {
		return lag, nil
	}
	at, ok, err := s.Store.NextDue(ctx, s.Kind)
	if ok && !at.After(now) {
		lag.Oldest = at
	}
	return lag, err
}

// queued returns how many fresh entries wait in memory for their turn.
func (s *Step) queued() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.line))
}
