package sqlitelog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/sqlitelog"
)

// TestOneAtATimeOpensAFile has the second one of this process, the third after
// the first has gone, and those who would share.
func TestOneAtATimeOpensAFile(t *testing.T) {
	t.Parallel()
	c := sqlitelog.Config{Path: newPath(t)}
	shared := sqlitelog.Config{Path: c.Path, Shared: true}
	first := mustOpen(t, c)
	checkInUse(t, c)
	checkInUse(t, shared)
	mustCommit(t, first, unit("a", 0))
	mustClose(t, first)
	second := mustOpen(t, shared)
	mustCommit(t, second, unit("a", 1))
	checkInUse(t, c)
	mustCommit(t, mustOpen(t, shared), unit("a", 2))
}

// TestManyMayOpenASharedFileAtOnce has openers that are all the first.
func TestManyMayOpenASharedFileAtOnce(t *testing.T) {
	t.Parallel()
	c := sqlitelog.Config{Path: newPath(t), Shared: true}
	ctx := within(t, patience)
	for _, err := range atOnce(5, func(i int) error {
		log, err := sqlitelog.Open(ctx, c)
		if err != nil {
			return err
		}
		return errors.Join(try(ctx, log, unit(fmt.Sprint("stream", i), 0)), log.Close())
	}) {
		if err != nil {
			t.Errorf("Open and Append = %v; want nil", err)
		}
	}
	if got := len(mustRead(t, mustOpen(t, c))); got != 5 {
		t.Errorf("log has %d events; want 5", got)
	}
}

// TestOpenAcceptsANewerFile has an old release that is rolled back to, after a
// newer one has migrated.
func TestOpenAcceptsANewerFile(t *testing.T) {
	t.Parallel()
	c := sqlitelog.Config{Path: newPath(t)}
	newer := mustOpen(t, c)
	mustCommit(t, newer, unit("a", 0))
	mustExec(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	mustClose(t, newer)
	mustCommit(t, mustOpen(t, c), unit("a", 1))
}

func TestOpenRefusesWhatIsNoPlaceForALog(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(text, []byte("Dear Eurydice, this is no database at all.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]sqlitelog.Config{
		"nowhere":       {},
		"both":          {Path: text, Memory: true},
		"shared_memory": {Memory: true, Shared: true},
		"no_folder":     {Path: filepath.Join(t.TempDir(), "none", "a.db")},
		"no_database":   {Path: text},
	} {
		if log, err := sqlitelog.Open(within(t, patience), c); err == nil {
			mustClose(t, log)
			t.Errorf("Open(%s) = nil; want an error", name)
		}
	}
}

// TestMemoriesAreApart has two logs in memory at once.
func TestMemoriesAreApart(t *testing.T) {
	t.Parallel()
	one, other := mustOpen(t, sqlitelog.Config{Memory: true}), mustOpen(t, sqlitelog.Config{Memory: true})
	mustCommit(t, one, unit("a", 0))
	if got := len(mustRead(t, other)); got != 0 {
		t.Errorf("the other log has %d events; want none", got)
	}
}

// TestMemoryOutlivesItsCallers has callers that leave in the middle: what they
// interrupt must not be the end of the connection, which holds everything.
func TestMemoryOutlivesItsCallers(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, sqlitelog.Config{Memory: true})
	mustCommit(t, log, unit("a", 0))
	const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c, err := log.Lease(t.Context(), "c", "h", 0, time.Hour)
	if err != nil {
		t.Fatalf("Lease = %v; want nil", err)
	}
	err = log.Show(ctx, c, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, endless)
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Show(endless) = %v; want %v", err, context.DeadlineExceeded)
	}
	mustCommit(t, log, unit("a", 1))
	if got := len(mustRead(t, log)); got != 2 {
		t.Errorf("log has %d events; want 2", got)
	}
}

// TestLeasesGoByTheClockThatIsGiven moves the clock by hand.
func TestLeasesGoByTheClockThatIsGiven(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_790_000_000, 0)
	log := mustOpen(t, sqlitelog.Config{Memory: true, Now: func() time.Time { return now }})
	lease := func(holder string) error {
		_, err := log.Lease(t.Context(), "c", holder, 0, time.Minute)
		return err
	}
	if err := lease("h"); err != nil {
		t.Fatalf("Lease(h) = %v; want nil", err)
	}
	now = now.Add(time.Minute - time.Microsecond)
	if err := lease("other"); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Lease(other) before the end = %v; want %v", err, eventlog.ErrFenced)
	}
	now = now.Add(time.Microsecond)
	if err := lease("other"); err != nil {
		t.Errorf("Lease(other) at the end = %v; want nil", err)
	}
}

// TestConcurrentCallsShareTransactions looks at the WAL, to which each commit
// adds the pages that it has changed.
func TestConcurrentCallsShareTransactions(t *testing.T) {
	t.Parallel()
	const calls = 200
	ctx, log := within(t, patience), mustOpen(t, sqlitelog.Config{Path: newPath(t)})
	frames(t, log) // what comes next is written over them
	for i, err := range atOnce(calls, func(i int) error { return try(ctx, log, unit(fmt.Sprint("stream", i), 0)) }) {
		if err != nil {
			t.Fatalf("Append(%d) = %v; want nil", i, err)
		}
	}
	// A transaction of its own changes three pages at least: of the events, of
	// their index, and of the inbox.
	if got := frames(t, log); got == 0 || got > 3*calls/2 {
		t.Errorf("%d calls wrote %d pages; want far fewer", calls, got)
	}
}

// frames returns how many pages are in the WAL, and empties it.
func frames(t *testing.T, log *sqlitelog.Log) (n int) {
	t.Helper()
	var busy, done int
	row := log.DB().QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(PASSIVE)")
	if err := row.Scan(&busy, &n, &done); err != nil {
		t.Fatalf("wal_checkpoint = %v; want nil", err)
	}
	return n
}

// TestOnlyAppendWaitsForTheDisk asks SQLite, in the middle of what it is doing,
// whether it will: level 2 (FULL) does, level 1 (NORMAL) does not.
func TestOnlyAppendWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	for durable, want := range map[bool]string{true: "append 2 lease 1 append 2", false: "append 1 lease 1 append 1"} {
		ctx, log := within(t, patience), mustOpen(t, sqlitelog.Config{Path: newPath(t), Durable: durable})
		mustExec(t, log, `CREATE TABLE seen (what text, level integer)`)
		for table, what := range map[string]string{"events": "append", "cursors": "lease"} {
			mustExec(t, log, fmt.Sprintf(`CREATE TRIGGER see_%s AFTER INSERT ON %s
				BEGIN INSERT INTO seen SELECT '%s', synchronous FROM pragma_synchronous; END`, what, table, what))
		}
		mustCommit(t, log, unit("a", 0))
		if _, err := log.Lease(ctx, "c", "h", 0, time.Hour); err != nil {
			t.Fatalf("Lease = %v; want nil", err)
		}
		mustCommit(t, log, unit("a", 1))
		var got string
		row := log.DB().QueryRowContext(ctx, `SELECT group_concat(what || ' ' || level, ' ') FROM seen`)
		if err := row.Scan(&got); err != nil || got != want {
			t.Errorf("with Durable %t levels are %q, %v; want %q", durable, got, err, want)
		}
	}
}

// TestRefusedUnitHarmsNoOtherCall has SQLite refuse what the log itself would
// take.
func TestRefusedUnitHarmsNoOtherCall(t *testing.T) {
	t.Parallel()
	ctx, log := within(t, patience), mustOpen(t, sqlitelog.Config{Path: newPath(t)})
	mustExec(t, log, `CREATE TRIGGER bad BEFORE INSERT ON events WHEN new.stream LIKE 'bad%'
		BEGIN SELECT raise(ABORT, 'not this one'); END`)
	for i, err := range atOnce(60, func(i int) error {
		name := [...]string{"good", "good", "bad"}[i%3]
		return try(ctx, log, unit(fmt.Sprint(name, i), 0))
	}) {
		if bad := i%3 == 2; bad != (err != nil) || errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("Append(%d) = %v; want an error that does not pass: %t", i, err, bad)
		}
	}
	if got := len(mustRead(t, log)); got != 40 {
		t.Errorf("log has %d events; want 40", got)
	}
}

// TestGrownIsQuietInAFileOfOnesOwn waits for longer than growth elsewhere would
// take to be noticed: there is no elsewhere, and nobody is woken.
func TestGrownIsQuietInAFileOfOnesOwn(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, sqlitelog.Config{Path: newPath(t)})
	select {
	case <-log.Grown(0):
		t.Error("Grown(0) of an empty log is closed; want it open")
	case <-time.After(2 * eventlog.MaxNoticeDelay): // that nothing happens takes its time to see
	}
}

// TestCloseLeavesNothing is not parallel: it looks at all goroutines, and at the
// folder.
func TestCloseLeavesNothing(t *testing.T) {
	before, path := goleak.IgnoreCurrent(), newPath(t)
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Path: path})
	if err != nil {
		t.Fatalf("Open = %v; want nil", err)
	}
	mustCommit(t, log, unit("a", 0))
	mustRead(t, log)
	mustClose(t, log)
	goleak.VerifyNone(t, before)
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("Stat(%s-wal) = %v; want it to be gone", path, err)
	}
}
