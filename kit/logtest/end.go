package logtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// endLaws are about ends: of a caller's patience, and of the store.
func endLaws() []Law {
	return []Law{
		{Name: "a_call_ends_with_its_context", Check: callEndsWithItsContext},
		{Name: "a_closed_store_answers_with_errors", Check: closedStoreAnswersWithErrors},
		{Name: "closing_loses_nothing_that_was_acknowledged", Shared: true, Check: closingLosesNothing},
	}
}

// calls are all that can fail.
var calls = map[string]func(context.Context, eventlog.Store) error{
	"Append": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.Append(ctx, []eventlog.Unit{grow("a", 0, 1)})
		return err
	},
	"ReadStream": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.ReadStream(ctx, "a", 0, 1)
		return err
	},
	"ReadAll": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.ReadAll(ctx, 0, 1)
		return err
	},
	"Head": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.Head(ctx)
		return err
	},
	"Claim": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.Claim(ctx, "k", "h", noon, lease, 1)
		return err
	},
	"Postpone": func(ctx context.Context, s eventlog.Store) error { return s.Postpone(ctx, "h", due("a", noon), noon) },
	"Reclaim":  func(ctx context.Context, s eventlog.Store) error { return s.Reclaim(ctx, "k", "h", noon) },
	"NextDue": func(ctx context.Context, s eventlog.Store) error {
		_, _, err := s.NextDue(ctx, "k")
		return err
	},
	"CountDue": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.CountDue(ctx, "k", noon)
		return err
	},
	"Lease": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.Lease(ctx, "c", "h", 0, time.Hour)
		return err
	},
	"Advance": func(ctx context.Context, s eventlog.Store) error { return s.Advance(ctx, eventlog.Cursor{Name: "c"}) },
	"Where": func(ctx context.Context, s eventlog.Store) error {
		_, err := s.Where(ctx, "c")
		return err
	},
	"Yield":  func(ctx context.Context, s eventlog.Store) error { return s.Yield(ctx, eventlog.Cursor{Name: "c"}) },
	"Define": func(ctx context.Context, s eventlog.Store) error { return s.Define(ctx, tally) },
	"Show": func(ctx context.Context, s eventlog.Store) error {
		return s.Show(ctx, eventlog.Cursor{Name: "c"}, func(*sql.Tx) error { return nil })
	},
	"Ready": func(ctx context.Context, s eventlog.Store) error { return s.Ready(ctx) },
}

// callEndsWithItsContext is strict: a call whose caller has gone before it begins
// does nothing.
func callEndsWithItsContext(t *testing.T, o Opened) {
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	for name, call := range calls {
		if err := call(ctx, o.Store); !errors.Is(err, context.Canceled) {
			t.Errorf("%s(cancelled ctx) = %v; want %v", name, err, context.Canceled)
		}
	}
	checkHead(t, o.Store, 0)
}

// closedStoreAnswersWithErrors closes twice, which is no error, and finds no call
// that hangs or pretends.
func closedStoreAnswersWithErrors(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	for range 2 {
		if err := o.Store.Close(); err != nil {
			t.Fatalf("Close() = %v; want nil", err)
		}
	}
	ctx := within(t)
	for name, call := range calls {
		if err := call(ctx, o.Store); err == nil || ctx.Err() != nil {
			t.Errorf("%s() after Close = %v, %v; want an error at once", name, err, ctx.Err())
		}
	}
}

// closingLosesNothing closes a store under its writers and looks, through
// another handle, for what they were told is committed.
func closingLosesNothing(t *testing.T, o Opened) {
	const writers = 8
	ctx := within(t)
	acknowledged := make(chan string, 1_000_000)
	first := make(chan struct{}, writers)
	ended := make(chan []error)
	go func() {
		ended <- atOnce(writers, func(i int) error {
			stream := fmt.Sprint("stream", i)
			for version := int64(0); ; version++ {
				if _, err := o.Store.Append(ctx, []eventlog.Unit{grow(stream, version, 1)}); err != nil {
					return err
				}
				acknowledged <- fmt.Sprint(stream, "/", version+1)
				if version == 0 {
					first <- struct{}{}
				}
			}
		})
	}()
	for range writers {
		<-first // each has something to lose
	}
	if err := o.Store.Close(); err != nil {
		t.Errorf("Close() = %v; want nil", err)
	}
	<-ended
	close(acknowledged)
	checkAcknowledged(t, o.Another(t), acknowledged)
}

// checkAcknowledged looks for all names in the log.
func checkAcknowledged(t *testing.T, log eventlog.Log, acknowledged <-chan string) {
	t.Helper()
	kept := map[string]bool{}
	for after := int64(0); ; {
		page := mustReadAll(t, log, after, 1000)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after++
			kept[fmt.Sprint(e.Stream, "/", e.Version)] = e.Position == after
		}
	}
	for name := range acknowledged {
		if !kept[name] {
			t.Errorf("%s was acknowledged, and is not in the log", name)
		}
	}
}
