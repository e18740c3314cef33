package pglog_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// openFrozen opens a log whose server stands still then.
func openFrozen(t *testing.T) (*pglog.Log, *servers.Postgres) {
	t.Helper()
	server := servertest.Postgres(t)
	log := mustOpen(t, pglog.Config{URL: server.URL()})
	mustCommit(t, log, unit("a", 0))
	mustRead(t, log)
	if err := server.Pause(); err != nil {
		t.Fatalf("Pause() = %v; want nil", err)
	}
	return log, server
}

// TestCallsEndThoughTheServerIsFrozen makes every call with a deadline, and then
// goes on with a server that moves again.
func TestCallsEndThoughTheServerIsFrozen(t *testing.T) {
	t.Parallel()
	log, server := openFrozen(t)
	calls := map[string]func(context.Context) error{
		"Append": func(ctx context.Context) error { return try(ctx, log, unit("a", 1)) },
		"ReadAll": func(ctx context.Context) error {
			_, err := log.ReadAll(ctx, 1, 1) // beyond what is in memory
			return err
		},
		"ReadStream": func(ctx context.Context) error {
			_, err := log.ReadStream(ctx, "a", 0, 1)
			return err
		},
		"Lease": func(ctx context.Context) error {
			_, err := log.Lease(ctx, "c", "h", 0, time.Second)
			return err
		},
		"Claim": func(ctx context.Context) error {
			_, err := log.Claim(ctx, "k", "h", time.Now(), time.Second, 1)
			return err
		},
		"Show": func(ctx context.Context) error {
			return log.Show(ctx, eventlog.Cursor{}, func(*sql.Tx) error { return nil })
		},
		"Ready": log.Ready,
	}
	for name, call := range calls {
		ctx, begun := within(t, 200*time.Millisecond), time.Now()
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s() = %v; want %v", name, err, context.DeadlineExceeded)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%s() with a deadline of 200 ms took %v", name, took)
		}
	}
	if err := server.Resume(); err != nil {
		t.Fatalf("Resume() = %v; want nil", err)
	}
	eventually(t, "Append(a/2)", func(ctx context.Context) error {
		// It may have been committed after its caller left.
		if err := try(ctx, log, unit("a", 1)); !errors.Is(err, eventlog.ErrHandled) {
			return err
		}
		return nil
	})
	if got := len(mustRead(t, log)); got != 2 {
		t.Errorf("log has %d events; want 2", got)
	}
}

// TestAppendEndsByItself has a caller without a deadline.
func TestAppendEndsByItself(t *testing.T) {
	t.Parallel()
	log, _ := openFrozen(t)
	begun := time.Now()
	if err := try(context.Background(), log, unit("a", 1)); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Append = %v; want %v", err, eventlog.ErrUnavailable)
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("Append took %v; want about 5 s", took)
	}
}

// TestCloseEndsThoughTheServerIsFrozen closes under calls that have no deadline.
func TestCloseEndsThoughTheServerIsFrozen(t *testing.T) {
	t.Parallel()
	log, _ := openFrozen(t)
	const callers = 4
	begin, ended := make(chan struct{}, callers), make(chan []error, 1)
	go func() {
		ended <- atOnce(callers, func(i int) error {
			begin <- struct{}{}
			if i%2 == 0 {
				_, err := log.ReadAll(context.Background(), 1, 1)
				return err
			}
			return try(context.Background(), log, unit("a", 1))
		})
	}()
	for range callers {
		<-begin
	}
	begun := time.Now()
	if err := log.Close(); err != nil {
		t.Errorf("Close() = %v; want nil", err)
	}
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("Close() took %v; want 4 s at most", took)
	}
	for _, err := range <-ended {
		if err == nil {
			t.Error("call under way = nil; want an error")
		}
	}
}
