package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// How Await waits.
const (
	// AttemptWithin is what one try gets.
	AttemptWithin = 5 * time.Second
	// FirstPause grows to LongestPause, by half each time and spread at random,
	// so that what comes back is not met by everybody at once.
	FirstPause   = 100 * time.Millisecond
	LongestPause = 5 * time.Second
	// RemindEvery is how often a wait is mentioned whose reason stays the same.
	RemindEvery = 30 * time.Second
)

// Await tries to get something that the process cannot begin without, until it
// succeeds or ctx is done. What names it in the log. An error wrapped by
// backoff.Permanent ends the wait: it is one that time does not cure.
func Await[T any](ctx context.Context, what string, try func(context.Context) (T, error)) (T, error) {
	w := &wait{what: what, begun: time.Now()}
	got, err := backoff.Retry(ctx, func() (T, error) {
		limited, cancel := context.WithTimeout(ctx, AttemptWithin)
		defer cancel()
		return try(limited)
	}, backoff.WithBackOff(pauses()), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, _ time.Duration) {
		w.mention(ctx, err)
	}))
	if err == nil && w.last != "" {
		slog.InfoContext(ctx, "found "+what, "waited", time.Since(w.begun).Round(time.Millisecond))
	}
	return got, err
}

// pauses begins with the first one; each wait has its own.
func pauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = FirstPause, LongestPause, 1.5
	return b
}

// A wait remembers what was said about it.
type wait struct {
	what      string
	begun     time.Time
	last      string // what was wrong when it was last mentioned
	mentioned time.Time
}

// mention logs why the wait goes on, when that has changed and now and then.
func (w *wait) mention(ctx context.Context, err error) {
	if err.Error() == w.last && time.Since(w.mentioned) < RemindEvery {
		return
	}
	w.last, w.mentioned = err.Error(), time.Now()
	slog.WarnContext(ctx, "waiting for "+w.what, "error", err, "since", w.begun.Format(time.RFC3339))
}
