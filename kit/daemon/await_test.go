package daemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
)

var errRefused = errors.New("connection refused")

// hear returns what is logged until the test ends. Tests that use it are not
// parallel: the logger is global.
func hear(t *testing.T) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &out
}

// A store that is away for ten minutes is found, and the log is neither silent
// nor full.
func TestAwaitWaitsAndSaysSo(t *testing.T) {
	log := hear(t)
	synctest.Test(t, func(t *testing.T) {
		begun, tries := time.Now(), 0
		got, err := Await(t.Context(), "database", func(context.Context) (string, error) {
			tries++
			if time.Since(begun) < 10*time.Minute {
				return "", errRefused
			}
			return "connection", nil
		})
		if got != "connection" || err != nil {
			t.Errorf("Await() = %q, %v; want the connection", got, err)
		}
		if tries < 100 || tries > 300 {
			t.Errorf("tried %d times in ten minutes; want one in about five seconds", tries)
		}
	})
	if n := strings.Count(log.String(), "waiting for database"); n < 15 || n > 22 {
		t.Errorf("log mentions it %d times; want about twice a minute:\n%s", n, log)
	}
	if !strings.Contains(log.String(), "found database") {
		t.Errorf("log does not say that it was found:\n%s", log)
	}
}

func TestAwaitIsQuietAboutWhatIsThere(t *testing.T) {
	log := hear(t)
	if _, err := Await(t.Context(), "broker", func(context.Context) (int, error) { return 1, nil }); err != nil {
		t.Errorf("Await() = %v; want nil", err)
	}
	if log.Len() != 0 {
		t.Errorf("log = %s; want nothing", log)
	}
}

func TestAwaitEnds(t *testing.T) {
	hear(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := Await(ctx, "broker", func(context.Context) (int, error) { return 0, errRefused })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Await() until a deadline = %v; want %v", err, context.DeadlineExceeded)
		}
		_, err = Await(t.Context(), "broker", func(context.Context) (int, error) { return 0, backoff.Permanent(errRefused) })
		if !errors.Is(err, errRefused) {
			t.Errorf("Await() of what cannot be = %v; want %v", err, errRefused)
		}
	})
}

func TestAwaitLimitsEachTry(t *testing.T) {
	hear(t)
	synctest.Test(t, func(t *testing.T) {
		begun, hung := time.Now(), true
		_, err := Await(t.Context(), "broker", func(ctx context.Context) (int, error) {
			if hung {
				hung = false
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return 1, nil
		})
		if took := time.Since(begun); err != nil || took > AttemptWithin+2*FirstPause {
			t.Errorf("Await() = %v after %v; want a second try after %v", err, took, AttemptWithin)
		}
	})
}
