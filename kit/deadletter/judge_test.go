package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"orpheus.example/kit/breaker"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const many = 1000 * deadletter.Tries
	for name, c := range map[string]struct {
		err   error
		tries int
		want  deadletter.Reason
	}{
		"no_error":              {nil, many, ""},
		"lost_race":             {eventlog.ErrConflict, many, ""},
		"store_away":            {eventlog.ErrUnavailable, many, ""},
		"taken_over":            {eventlog.ErrFenced, many, ""},
		"too_slow":              {context.DeadlineExceeded, many, ""},
		"called_off":            {context.Canceled, many, ""},
		"breaker_open":          {breaker.ErrOpen, many, ""},
		"nothing_waits":         {deadletter.ErrNothingWaits, many, ""},
		"one_before_waits":      {deadletter.ErrWaiting, 1, deadletter.Behind},
		"unreadable":            {deadletter.ErrUnreadable, 1, deadletter.Unreadable},
		"forged":                {deadletter.ErrForged, 1, deadletter.Forged},
		"id_of_another":         {eventlog.ErrReused, 1, deadletter.Forged},
		"refused":               {decider.ErrRefused, 1, deadletter.Refused},
		"unknown_at_first":      {errors.New("odd"), 1, ""},
		"unknown_before_enough": {errors.New("odd"), deadletter.Tries - 1, ""},
		"unknown_often_enough":  {errors.New("odd"), deadletter.Tries, deadletter.Exhausted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := deadletter.Judge(c.err, c.tries); got != c.want {
				t.Errorf("Judge(%v, %d) = %q; want %q", c.err, c.tries, got, c.want)
			}
			if c.err == nil {
				return
			}
			if got := deadletter.Judge(fmt.Errorf("wrapped: %w", c.err), c.tries); got != c.want {
				t.Errorf("Judge(wrapped %v, %d) = %q; want %q", c.err, c.tries, got, c.want)
			}
		})
	}
}
