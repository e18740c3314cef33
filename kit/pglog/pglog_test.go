package pglog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/logtest"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		// Few connections each: the laws run side by side.
		c := pglog.Config{URL: servertest.Database(t), Connections: 2}
		return logtest.Opened{
			Store:   mustOpen(t, c),
			Another: func(t *testing.T) eventlog.Store { return mustOpen(t, c) },
		}
	})
}

// TestReplicasMayOpenAtOnce has replicas that are all the first.
func TestReplicasMayOpenAtOnce(t *testing.T) {
	t.Parallel()
	c := pglog.Config{URL: servertest.Database(t), Connections: 2}
	ctx := within(t, patience)
	for _, err := range atOnce(5, func(i int) error {
		log, err := pglog.Open(ctx, c)
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

// TestOpenAcceptsANewerDatabase has an old release that starts, or is rolled back
// to, after a newer one has migrated.
func TestOpenAcceptsANewerDatabase(t *testing.T) {
	t.Parallel()
	c := pglog.Config{URL: servertest.Database(t)}
	mustCommit(t, mustOpen(t, c), unit("a", 0))
	mustExec(t, mustConnect(t, c.URL), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	mustCommit(t, mustOpen(t, c), unit("a", 1))
}

// TestSmallTablesStaySmall changes the same two rows many times over. Nearly all
// changes must stay on the row's own page (HOT); not all can, while somebody else
// on the server holds a snapshot.
func TestSmallTablesStaySmall(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	ctx, log := within(t, patience), mustOpen(t, pglog.Config{URL: url})
	cursor, err := log.Lease(ctx, "c", "h", 0, time.Hour)
	for version := int64(0); version < 300 && err == nil; version++ {
		mustCommit(t, log, unit("a", version))
		cursor.Position++
		if err = log.Advance(ctx, cursor); err == nil {
			cursor, err = log.Lease(ctx, "c", "h", cursor.Term, time.Hour)
		}
	}
	if err != nil {
		t.Fatalf("Lease and Advance = %v; want nil", err)
	}
	var changed, moved int
	const query = `SELECT sum(n_tup_upd), sum(n_tup_upd - n_tup_hot_upd) FROM pg_stat_user_tables WHERE relname IN ('head', 'cursors')`
	conn := mustConnect(t, url)
	eventually(t, "600 changes are counted", func(ctx context.Context) error { // the server counts with a delay
		err := conn.QueryRow(ctx, query).Scan(&changed, &moved)
		if err == nil && changed < 600 {
			err = fmt.Errorf("%d changes are counted so far", changed)
		}
		return err
	})
	if moved > changed/10 {
		t.Errorf("%d of %d changes moved a row to another page; want a tenth at most", moved, changed)
	}
}

func TestOpenRefusesAServerThatForgets(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t) + "&synchronous_commit=off"
	checkUnfit(t, url, "synchronous_commit")
	mustCommit(t, mustOpen(t, pglog.Config{URL: url, AllowLoss: true}), unit("a", 0))
}

func TestOpenRefusesAServerThatDoesNotSync(t *testing.T) {
	t.Parallel()
	if err := servers.HasPostgres(); err != nil {
		servertest.Postgres(t) // skips or fails, as the environment says
	}
	dir, err := servers.Scratch()
	if err != nil {
		t.Fatalf("Scratch() = %v; want nil", err)
	}
	server, err := servers.StartPostgres(t.Context(), servers.Config{Dir: dir, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatalf("StartPostgres(fsync=off) = %v; want nil", err)
	}
	t.Cleanup(func() { _ = server.Kill() })
	checkUnfit(t, server.URL(), "fsync")
}

func checkUnfit(t *testing.T, url, why string) {
	t.Helper()
	_, err := pglog.Open(within(t, patience), pglog.Config{URL: url})
	if !errors.Is(err, pglog.ErrUnfit) || !strings.Contains(err.Error(), why) {
		t.Errorf("Open(%q) = %v; want %v because of %s", url, err, pglog.ErrUnfit, why)
	}
	if errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Open(%q) = %v; want an error that does not pass", url, err)
	}
}

// TestOpenDoesNotWait has no server at all.
func TestOpenDoesNotWait(t *testing.T) {
	t.Parallel()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatalf("FreePort() = %v; want nil", err)
	}
	url := fmt.Sprintf("postgres://u:secret@127.0.0.1:%d/d?sslmode=disable", port)
	_, err = pglog.Open(within(t, patience), pglog.Config{URL: url})
	if !errors.Is(err, eventlog.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Open(nobody there) = %v; want %v, without the password", err, eventlog.ErrUnavailable)
	}
}

// TestCloseLeavesNothing is not parallel: it looks at all goroutines.
func TestCloseLeavesNothing(t *testing.T) {
	url := servertest.Database(t) // before the look: it may start the server
	before := goleak.IgnoreCurrent()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: url})
	if err != nil {
		t.Fatalf("Open(%q) = %v; want nil", url, err)
	}
	mustCommit(t, log, unit("a", 0))
	for range 10_000 {
		log.Grown(1) // and nobody waits
	}
	if err := log.Close(); err != nil {
		t.Errorf("Close() = %v; want nil", err)
	}
	goleak.VerifyNone(t, before)
}

// TestConcurrentCallsShareTransactions counts the transactions that left events.
func TestConcurrentCallsShareTransactions(t *testing.T) {
	t.Parallel()
	const calls = 200
	url := servertest.Database(t)
	log, ctx := mustOpen(t, pglog.Config{URL: url}), within(t, patience)
	for i, err := range atOnce(calls, func(i int) error { return try(ctx, log, unit(fmt.Sprint("stream", i), 0)) }) {
		if err != nil {
			t.Fatalf("Append(%d) = %v; want nil", i, err)
		}
	}
	var transactions int
	row := mustConnect(t, url).QueryRow(ctx, "SELECT count(DISTINCT xmin::text) FROM log")
	if err := row.Scan(&transactions); err != nil || transactions > calls/2 {
		t.Errorf("%d calls took %d transactions, %v; want far fewer", calls, transactions, err)
	}
	if got := len(mustRead(t, log)); got != calls {
		t.Errorf("log has %d events; want %d", got, calls)
	}
}
