package deadletter_test

import (
	"context"
	"errors"
	"testing"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
)

// TestWhatWaitsForNothingIsFollowed takes letters away and handles none of what waited
// behind them, as when the process stops in between.
func TestWhatWaitsForNothingIsFollowed(t *testing.T) {
	shelves(t, func(t *testing.T, s *shelf) {
		s.park(t, "a", 1, deadletter.Refused, "no")
		s.park(t, "a", 2, deadletter.Behind, "")
		s.park(t, "a", 3, deadletter.Behind, "")
		s.park(t, "b", 4, deadletter.Refused, "no")
		s.park(t, "b", 5, deadletter.Behind, "")
		s.park(t, "sick", 6, deadletter.Refused, "no")
		s.park(t, "sick", 7, deadletter.Behind, "")
		for undertaking, n := range map[string]byte{"a": 1, "sick": 6} {
			if _, err := s.Discard(t.Context(), undertaking, id(n), "ann", "of no use"); err != nil {
				t.Fatal(err)
			}
		}
		checkShown(t, s.one, deadletter.Selection{}, "a: 2 behind 1", "a: 3 behind 1", "b: 4 refused 1", "b: 5 behind 1", "sick: 7 behind 1")

		var tried []byte
		handle := func(_ context.Context, m bus.Message, _ deadletter.Aside) error {
			tried = append(tried, m.ID[15])
			if m.Correlation == "sick" {
				return errors.New("not well")
			}
			return nil
		}
		follower := deadletter.NewFollower(s.Letters, s.one, handle)
		for range 2 { // what has failed is not tried again
			if more, err := follower.Once(t.Context()); more || err != nil {
				t.Errorf("Once() = %t, %v; want false, nil", more, err)
			}
		}
		checkShown(t, s.one, deadletter.Selection{}, "b: 4 refused 1", "b: 5 behind 1", "sick: 7 exhausted 2")
		if string(tried) != "\x02\x03\x07" {
			t.Errorf("handled %v; want 2 and 3 of a, and 7 of sick, in this order", tried)
		}
	})
}

// TestFollowingWaitsForWhatIsAway has nothing on record while a dependency is away,
// and goes on when it is back.
func TestFollowingWaitsForWhatIsAway(t *testing.T) {
	shelves(t, func(t *testing.T, s *shelf) {
		s.park(t, "a", 1, deadletter.Refused, "no")
		s.park(t, "a", 2, deadletter.Behind, "")
		if _, err := s.Discard(t.Context(), "a", id(1), "ann", "of no use"); err != nil {
			t.Fatal(err)
		}
		away := context.DeadlineExceeded
		if _, err := deadletter.NewFollower(s.Letters, s.one, handleAs(away)).Once(t.Context()); !errors.Is(err, away) {
			t.Errorf("Once() = %v; want %v", err, away)
		}
		checkShown(t, s.one, deadletter.Selection{}, "a: 2 behind 1")
		if _, err := deadletter.NewFollower(s.Letters, s.two, handleAs(nil)).Once(t.Context()); err != nil {
			t.Errorf("Once() = %v; want nil", err)
		}
		checkShown(t, s.one, deadletter.Selection{})
	})
}
