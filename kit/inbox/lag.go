package inbox

import (
	"context"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/loop"
)

// Lag says how many facts wait at the broker or are in hand. How old those at
// the broker are, nobody knows; of those in hand the oldest is told.
func (s *Step) Lag(ctx context.Context) (loop.Lag, error) {
	lag := loop.Lag{Step: "inbox"}
	if w, ok := s.Queue.(bus.Waiter); ok {
		var err error
		if lag.Waiting, err = w.Waiting(ctx); err != nil {
			return lag, err
		}
	}
	inHand, oldest := s.oldest()
	lag.Waiting, lag.Oldest = lag.Waiting+inHand, oldest
	return lag, nil
}

// oldest returns how many facts are in hand, and when the oldest of those that
// are not finished was said.
func (s *Step) oldest() (inHand int64, oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		for _, f := range l.facts {
			if !f.Time.IsZero() && (oldest.IsZero() || f.Time.Before(oldest)) {
				oldest = f.Time
			}
		}
	}
	return int64(s.inHand), oldest
}
