package pglog_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestKilledServerLosesNothing kills the server under its writers. What they
// were told is committed is there when it is back, and they go on by
// themselves, with the log they have. What they were not told about is settled
// by repeating it.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	const writers = 16
	server := servertest.Postgres(t)
	ctx, log := within(t, 2*patience), mustOpen(t, pglog.Config{URL: server.URL()})
	w := &persistent{log: log, enough: make(chan struct{})}
	done := make(chan []error)
	go func() { done <- atOnce(writers, func(i int) error { return w.write(ctx, fmt.Sprint("stream", i)) }) }()
	for range 3 {
		w.await(ctx, 500)
		if err := server.Kill(); err != nil {
			t.Fatalf("Kill() = %v; want nil", err)
		}
		if err := server.Restart(ctx); err != nil {
			t.Fatalf("Restart() = %v; want nil", err)
		}
	}
	w.await(ctx, 500)
	close(w.enough)
	if err := errors.Join(<-done...); err != nil {
		t.Errorf("writing: %v", err)
	}
	if w.failed.Load() == 0 {
		t.Error("no Append failed; want the server to be missed")
	}
	// mustRead checks that positions have no gaps, and there is no other place
	// for an event to be.
	if got := int64(len(mustRead(t, log))); got != w.acknowledged.Load() {
		t.Errorf("log has %d events; want the %d that were acknowledged", got, w.acknowledged.Load())
	}
}

// A persistent writer repeats a unit until it knows that it is committed.
type persistent struct {
	log                  eventlog.Log
	acknowledged, failed atomic.Int64
	enough               chan struct{} // closed to end it, after the unit in hand
}

func (w *persistent) write(ctx context.Context, stream string) error {
	for version := int64(0); ; version++ {
		for {
			err := try(ctx, w.log, unit(stream, version))
			if err == nil || errors.Is(err, eventlog.ErrHandled) { // handled: by the try whose answer was lost
				break
			}
			if !errors.Is(err, eventlog.ErrUnavailable) || ctx.Err() != nil {
				return fmt.Errorf("%s/%d: %w", stream, version+1, err)
			}
			w.failed.Add(1)
		}
		w.acknowledged.Add(1)
		select {
		case <-w.enough:
			return nil
		default:
		}
	}
}

// await waits until n more units are acknowledged.
func (w *persistent) await(ctx context.Context, n int64) {
	until := w.acknowledged.Load() + n
	for w.acknowledged.Load() < until && ctx.Err() == nil {
		<-w.log.Grown(until)
	}
}

// TestViewsSayThatTheServerIsAway asks a view, in the ways in which services do.
func TestViewsSayThatTheServerIsAway(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	ctx, log := within(t, patience), mustOpen(t, pglog.Config{URL: server.URL()})
	var n int
	if err := log.DB().QueryRowContext(ctx, "SELECT 1").Scan(&n); err != nil {
		t.Fatalf("QueryRow() = %v; want nil", err)
	}
	if err := server.Kill(); err != nil {
		t.Fatalf("Kill() = %v; want nil", err)
	}
	for try := range 3 { // the first meets a connection that is dead
		if err := log.DB().QueryRowContext(ctx, "SELECT 1").Scan(&n); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("Query() of a server that is away, try %d = %v; want %v", try, err, eventlog.ErrUnavailable)
		}
	}
	if _, err := log.DB().BeginTx(ctx, nil); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("BeginTx() of a server that is away = %v; want %v", err, eventlog.ErrUnavailable)
	}
	gone, leave := context.WithCancel(ctx)
	leave()
	if err := log.DB().QueryRowContext(gone, "SELECT 1").Scan(&n); errors.Is(err, eventlog.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("Query() of a caller who has left = %v; want %v", err, context.Canceled)
	}
	if err := server.Restart(ctx); err != nil {
		t.Fatalf("Restart() = %v; want nil", err)
	}
	if err := log.DB().QueryRowContext(ctx, "SELECT 1").Scan(&n); err != nil {
		t.Errorf("QueryRow() of a server that is back = %v; want nil", err)
	}
}

// TestEndedSessionsAreReplaced has an administrator end all sessions.
func TestEndedSessionsAreReplaced(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	log := mustOpen(t, pglog.Config{URL: url})
	mustCommit(t, log, unit("a", 0))
	mustRead(t, log)
	mustExec(t, mustConnect(t, url), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	eventually(t, "Append(a/2)", func(ctx context.Context) error {
		err := try(ctx, log, unit("a", 1))
		if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("Append(a/2) = %v; want nil or %v", err, eventlog.ErrUnavailable)
		}
		return err
	})
	eventually(t, "Ready", log.Ready)
	if got := len(mustRead(t, log)); got != 2 {
		t.Errorf("log has %d events; want 2", got)
	}
}

// TestReadersComeToRestAfterALoss has a server that has lost a commit, as after
// a failover to a standby that lagged behind.
func TestReadersComeToRestAfterALoss(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	writer, log := mustOpen(t, pglog.Config{URL: url}), mustOpen(t, pglog.Config{URL: url})
	mustCommit(t, writer, unit("a", 0))
	mustCommit(t, writer, unit("a", 1))
	mustRead(t, log) // so that it knows of both
	conn := mustConnect(t, url)
	mustExec(t, conn, "DELETE FROM log WHERE position = 2")
	mustExec(t, conn, "UPDATE head SET position = 1")
	if records, err := log.ReadAll(t.Context(), 1, 10); err != nil || len(records) != 0 {
		t.Fatalf("ReadAll(1, 10) = %v, %v; want nothing, nil", records, err)
	}
	select {
	case <-log.Grown(1):
		t.Error("Grown(1) is closed; want it open, since there is nothing to read")
	default:
	}
}
