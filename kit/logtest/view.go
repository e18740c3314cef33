package logtest

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// viewLaws are about views that never show an event twice, or miss one.
func viewLaws() []Law {
	return []Law{
		{Name: "a_view_is_defined_by_whoever_comes_first", Check: viewIsDefinedOnce},
		{Name: "a_view_and_its_cursor_move_together", Check: viewMovesWithCursor},
		{Name: "a_view_whose_change_fails_stays", Check: failedChangeStays},
		{Name: "a_fenced_view_stays", Check: fencedViewStays},
		{Name: "a_view_is_not_shown_the_past_again", Check: viewIsNotShownThePast},
		{Name: "a_view_is_seen_by_other_processes", Shared: true, Check: viewIsSeenByOthers},
		{Name: "a_view_shows_each_event_once_whoever_shows_it", Check: viewShowsEachEventOnce},
	}
}

const tally = `CREATE TABLE IF NOT EXISTS tally (name text PRIMARY KEY, n bigint NOT NULL)`

// openTally makes a view that counts, with the SQL that all drivers speak.
func openTally(t *testing.T, store eventlog.Store) eventlog.Cursor {
	t.Helper()
	if err := store.Define(within(t), tally); err != nil {
		t.Fatalf("Define(%q) = %v; want nil", tally, err)
	}
	return mustLease(t, store, "h", 0, time.Hour)
}

// add counts name.
func add(ctx context.Context, name string) func(*sql.Tx) error {
	const count = `INSERT INTO tally (name, n) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = tally.n + 1`
	return func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, count, name)
		return err
	}
}

// checkTally compares how often name was counted.
func checkTally(t *testing.T, store eventlog.Store, name string, want int64) {
	t.Helper()
	var n sql.NullInt64
	err := store.DB().QueryRowContext(within(t), `SELECT sum(n) FROM tally WHERE name = $1`, name).Scan(&n)
	if err != nil || n.Int64 != want {
		t.Errorf("tally of %s = %d, %v; want %d, nil", name, n.Int64, err, want)
	}
}

// viewIsDefinedOnce has many define the same at once.
func viewIsDefinedOnce(t *testing.T, o Opened) {
	for _, err := range atOnce(8, func(int) error { return o.Store.Define(within(t), tally) }) {
		if err != nil {
			t.Errorf("Define(%q) = %v; want nil", tally, err)
		}
	}
	checkTally(t, o.Store, "a", 0)
}

func viewMovesWithCursor(t *testing.T, o Opened) {
	ctx, c := within(t), openTally(t, o.Store)
	for position := range int64(3) {
		c.Position = position + 1
		if err := o.Store.Show(ctx, c, add(ctx, "a")); err != nil {
			t.Fatalf("Show(%v) = %v; want nil", c, err)
		}
	}
	checkTally(t, o.Store, "a", 3)
	checkPosition(t, o.Store, 3)
}

// failedChangeStays has a change that fails half-way.
func failedChangeStays(t *testing.T, o Opened) {
	ctx, c := within(t), openTally(t, o.Store)
	c.Position = 5
	stuck := errors.New("stuck")
	err := o.Store.Show(ctx, c, func(tx *sql.Tx) error {
		return errors.Join(add(ctx, "a")(tx), stuck)
	})
	if !errors.Is(err, stuck) {
		t.Errorf("Show(%v) = %v; want %v", c, err, stuck)
	}
	checkTally(t, o.Store, "a", 0)
	checkPosition(t, o.Store, 0)
}

// fencedViewStays has a holder that was replaced and comes to know by Show alone.
func fencedViewStays(t *testing.T, o Opened) {
	ctx, old := within(t), openTally(t, o.Store)
	mustLease(t, o.Store, "h", 0, time.Hour)
	old.Position = 5
	if err := o.Store.Show(ctx, old, add(ctx, "a")); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Show(%v) = %v; want %v", old, err, eventlog.ErrFenced)
	}
	checkTally(t, o.Store, "a", 0)
	checkPosition(t, o.Store, 0)
}

// viewIsNotShownThePast has a holder that does not know that its last Show was
// committed, as when the answer to COMMIT was lost.
func viewIsNotShownThePast(t *testing.T, o Opened) {
	ctx, c := within(t), openTally(t, o.Store)
	c.Position = 5
	if err := o.Store.Show(ctx, c, add(ctx, "a")); err != nil {
		t.Fatalf("Show(%v) = %v; want nil", c, err)
	}
	c.Position = 4
	if err := o.Store.Show(ctx, c, add(ctx, "a")); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Show(%v) after position 5 = %v; want %v", c, err, eventlog.ErrFenced)
	}
	checkTally(t, o.Store, "a", 1)
	checkPosition(t, o.Store, 5)
}

func viewIsSeenByOthers(t *testing.T, o Opened) {
	ctx, c := within(t), openTally(t, o.Store)
	c.Position = 1
	if err := o.Store.Show(ctx, c, add(ctx, "a")); err != nil {
		t.Fatalf("Show(%v) = %v; want nil", c, err)
	}
	checkTally(t, o.Another(t), "a", 1)
}

// viewShowsEachEventOnce has several replicas that take the cursor from each
// other all the time, while the log grows.
func viewShowsEachEventOnce(t *testing.T, o Opened) {
	const events = 60
	ctx, stores := within(t), o.handles(t, 3)
	openTally(t, o.Store)
	units := make([]eventlog.Unit, events)
	for i := range units {
		units[i] = grow("a", int64(i), 1)
	}
	mustCommit(t, o.Store, units...)
	errs := atOnce(len(stores), func(i int) error { return showAll(ctx, stores[i], events) })
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("showing: %v", err)
	}
	for i := range int64(events) {
		checkTally(t, o.Store, places([]eventlog.Record{{Position: i + 1, Stream: "a", Version: i + 1}})[0], 1)
	}
}

// showAll shows one event after the other until all are shown, by whomever. It
// takes the cursor by the name that all go by, so that it is fenced time and
// again.
func showAll(ctx context.Context, store eventlog.Store, events int64) error {
	for {
		c, err := store.Lease(ctx, "c", "h", 0, time.Hour)
		if err != nil || c.Position == events {
			return err
		}
		next, err := store.ReadAll(ctx, c.Position, 1)
		if err != nil {
			return err
		}
		c.Position = next[0].Position
		if err := store.Show(ctx, c, add(ctx, places(next)[0])); err != nil && !errors.Is(err, eventlog.ErrFenced) {
			return err
		}
	}
}
