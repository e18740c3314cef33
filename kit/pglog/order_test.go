package pglog_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestSlowWriterKeepsTheOrder is the case in which readers that order by
// transaction id go wrong: a transaction writes its mark, is held up, and then
// appends to a stream that another one has appended to meanwhile. Here the
// other one waits, whichever process it is in.
func TestSlowWriterKeepsTheOrder(t *testing.T) {
	t.Parallel()
	c := pglog.Config{URL: servertest.Database(t)}
	slow, quick := mustOpen(t, c), mustOpen(t, c)
	ctx, besides := within(t, patience), mustConnect(t, c.URL)
	u := unit("order", 0)
	// An open transaction with the same mark holds the slow writer up in the
	// middle of its own.
	mustExec(t, besides, "BEGIN")
	mustExec(t, besides, "INSERT INTO inbox (consumer, id, digest) VALUES ($1, $2, 1)", u.Mark.Consumer, [16]byte(u.Mark.ID))
	slowly, quickly := make(chan error, 1), make(chan error, 1)
	go func() { slowly <- try(ctx, slow, u) }()
	watcher := mustConnect(t, c.URL)
	awaitBlocked(t, watcher, 1)
	other := unit("order", 0)
	other.Mark = nil
	go func() { quickly <- try(ctx, quick, other) }()
	awaitBlocked(t, watcher, 2)
	mustExec(t, besides, "ROLLBACK")

	if err := <-slowly; err != nil {
		t.Errorf("Append(slow) = %v; want nil", err)
	}
	if err := <-quickly; !errors.Is(err, eventlog.ErrConflict) {
		t.Errorf("Append(quick) = %v; want %v", err, eventlog.ErrConflict)
	}
	mustCommit(t, quick, unit("order", 1))
	if got, want := mustRead(t, slow), []string{"order/1", "order/2"}; !slices.Equal(got, want) {
		t.Errorf("log = %v; want %v", got, want)
	}
}

// awaitBlocked waits until n sessions of this database wait for locks.
func awaitBlocked(t *testing.T, conn *pgx.Conn, n int) {
	t.Helper()
	const query = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	eventually(t, "blocked sessions", func(ctx context.Context) error {
		var got int
		if err := conn.QueryRow(ctx, query).Scan(&got); err != nil {
			return err
		}
		if got != n {
			return errors.New("not yet as many as expected")
		}
		return nil
	})
}

// TestForeignTransactionsDoNotHoldReadersBack has writers in another table and
// in another database of the same server, neither of which ends. A reader that
// goes by transaction ids would see nothing as long as they are there.
func TestForeignTransactionsDoNotHoldReadersBack(t *testing.T) {
	t.Parallel()
	c := pglog.Config{URL: servertest.Database(t)}
	log := mustOpen(t, c)
	for _, url := range []string{c.URL, servertest.Database(t)} {
		conn := mustConnect(t, url)
		mustExec(t, conn, "CREATE TABLE elsewhere (n int)")
		mustExec(t, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ")
		mustExec(t, conn, "INSERT INTO elsewhere VALUES (1)") // now it has a transaction id
	}
	mustCommit(t, log, unit("a", 0))
	if got, want := mustRead(t, mustOpen(t, c)), []string{"a/1"}; !slices.Equal(got, want) {
		t.Errorf("log = %v; want %v", got, want)
	}
}

// TestAbsenceIsLookedAtUnderTheLock has a stream begin in a transaction that is
// not over yet when somebody appends what rests on its absence. That one's
// transaction begins, and would have its snapshot, before the other's commit; it is
// refused all the same, because it looks again once it has the writers' lock.
func TestAbsenceIsLookedAtUnderTheLock(t *testing.T) {
	t.Parallel()
	c := pglog.Config{URL: servertest.Database(t)}
	log, other, park := mustOpen(t, c), mustOpen(t, c), unit("dead-1", 0)
	mustCommit(t, log, unit("order-1", 0))
	besides := mustConnect(t, c.URL)
	mustExec(t, besides, "BEGIN")
	// An open transaction with the same mark holds the parking up after it has the lock.
	mustExec(t, besides, "INSERT INTO inbox (consumer, id, digest) VALUES ($1, $2, 1)", park.Mark.Consumer, [16]byte(park.Mark.ID))
	ctx, watcher := within(t, patience), mustConnect(t, c.URL)
	parked, heard := make(chan error, 1), make(chan error, 1)
	go func() { parked <- try(ctx, other, park) }()
	awaitBlocked(t, watcher, 1)
	guarded := unit("order-1", 1)
	guarded.Expect = append(guarded.Expect, eventlog.Expect{Stream: "dead-1"})
	go func() { heard <- try(ctx, log, guarded) }()
	awaitBlocked(t, watcher, 2)
	mustExec(t, besides, "ROLLBACK")

	if err := <-parked; err != nil {
		t.Errorf("Append(park) = %v; want nil", err)
	}
	if err := <-heard; !errors.Is(err, eventlog.ErrConflict) {
		t.Errorf("Append(guarded) = %v; want %v", err, eventlog.ErrConflict)
	}
	if got, want := mustRead(t, log), []string{"order-1/1", "dead-1/1"}; !slices.Equal(got, want) {
		t.Errorf("log = %v; want %v", got, want)
	}
}

// TestCarriedMarkTakesNoRow has two causes that led to events, of which only one is
// named by its event: the other's mark needs a row of its own. People see whose mark
// an event carries.
func TestCarriedMarkTakesNoRow(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	log, conn := mustOpen(t, pglog.Config{URL: url}), mustConnect(t, url)
	carried, apart := unit("a", 0), unit("b", 0)
	carried.Events[0].Causation = carried.Mark.ID.String()
	mustCommit(t, log, carried)
	mustCommit(t, log, apart)
	var rows int
	var causation, consumer string
	err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM inbox), causation, consumer
		FROM events WHERE consumer IS NOT NULL`).Scan(&rows, &causation, &consumer)
	if want := carried.Mark.ID.String(); err != nil || rows != 1 || causation != want || consumer != "test" {
		t.Errorf("inbox has %d rows, and view events a mark of %s for %q, %v; want 1, %s, test, nil", rows, causation, consumer, err, want)
	}
	for _, u := range []eventlog.Unit{carried, apart} {
		if err := try(t.Context(), mustOpen(t, pglog.Config{URL: url}), u); !errors.Is(err, eventlog.ErrHandled) {
			t.Errorf("Append(%s) again = %v; want %v", u.Events[0].Body, err, eventlog.ErrHandled)
		}
	}
}
