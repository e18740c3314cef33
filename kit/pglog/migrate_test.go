package pglog_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// namesOfOld are streams, correlations and causations as they are found in logs:
// with an id at the end, or nearly, and without.
var namesOfOld = [][3]string{
	{"order-62d6dda0-f94c-5168-a722-7c422d953a48", "62d6dda0-f94c-5168-a722-7c422d953a48", "ca6c9d4b-d96f-57f7-bfb1-43d49933002f"},
	{"item-TEAPOT", "62d6dda0-f94c-5168-a722-7c422d953a48", "request-1"},
	{"62d6dda0-f94c-5168-a722-7c422d953a48", "", ""},
	{"order-62D6DDA0-F94C-5168-A722-7C422D953A48", "62D6DDA0-F94C-5168-A722-7C422D953A48", "62d6dda0f94c5168a7227c422d953a48"},
	{"Ὀρφεύς-62d6dda0-f94c-5168-a722-7c422d953a48", "Ὀρφεύς", "62d6dda0-f94c-5168-a722-7c422d953a48\n"},
	{"x62d6dda0-f94c-5168-a722-7c422d953a4g", "2d6dda0-f94c-5168-a722-7c422d953a48", "62d6dda0_f94c_5168_a722_7c422d953a48"},
}

// tracesOfOld are theirs: in the usual form, or nearly, and none.
var tracesOfOld = []string{
	"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	"",
	"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
	"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
	"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
}

// TestOldLogIsKept fills a log as an earlier release left it, and has this one open
// it: not an event may read otherwise, in Go or in SQL, and it goes on from there.
func TestOldLogIsKept(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	conn, want := mustConnect(t, url), fillOld(t, url)
	before := dump(t, conn)
	log := mustOpen(t, pglog.Config{URL: url})
	if diff := cmp.Diff(before, dump(t, mustConnect(t, url))); diff != "" {
		t.Errorf("table and view events differ (-before +after):\n%s", diff)
	}
	got, err := log.ReadAll(within(t, patience), 0, 100)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("ReadAll = %v; differs (-want +got):\n%s", err, diff)
	}
	for _, r := range want {
		page, err := log.ReadStream(within(t, patience), r.Stream, 0, 9)
		if err != nil || len(page) != 1 {
			t.Errorf("ReadStream(%q) = %d events, %v; want 1", r.Stream, len(page), err)
		}
	}
	due, err := log.Claim(within(t, patience), eventlog.Duty, "h", time.Now(), time.Minute, 9)
	if err != nil || len(due) != 1 || due[0].Stream != want[0].Stream || due[0].Trace != want[0].Trace {
		t.Errorf("Claim = %v, %v; want the one of %s", due, err, want[0].Stream)
	}
	repeat := unit("elsewhere", 0)
	repeat.Mark = &eventlog.Mark{Consumer: "test", ID: want[0].ID, Digest: 7}
	repeat.Events[0].Causation = want[0].ID.String()
	if err := try(within(t, patience), log, repeat); !errors.Is(err, eventlog.ErrHandled) {
		t.Errorf("Append(cause that was handled before the migration) = %v; want %v", err, eventlog.ErrHandled)
	}
	mustCommit(t, log, unit(want[0].Stream, 1))
	var kinds int // those of the old events, of which that one is
	if err := mustConnect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM kinds").Scan(&kinds); err != nil || kinds != 2 {
		t.Errorf("log has %d kinds, %v; want 2, nil", kinds, err)
	}
	if head, err := log.Head(within(t, patience)); err != nil || head != int64(len(want)+1) {
		t.Errorf("Head = %d, %v; want %d", head, err, len(want)+1)
	}
}

// fillOld makes the tables of the release before names were packed, fills them, and
// returns the events.
func fillOld(t *testing.T, url string) []eventlog.Record {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatalf("ParseConfig(%s) = %v; want nil", url, err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	old, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatalf("NewProvider = %v; want nil", err)
	}
	if _, err := old.UpTo(within(t, patience), 2); err != nil {
		t.Fatalf("UpTo(2) = %v; want nil", err)
	}
	conn := mustConnect(t, url)
	var records []eventlog.Record
	for i, names := range namesOfOld {
		r := unit(names[0], 0).Events[0]
		r.Position, r.Correlation, r.Causation, r.Actor, r.Time = int64(i+1), names[1], names[2], "clock", r.Time.UTC()
		r.Trace = tracesOfOld[i]
		if i%2 == 0 {
			r.Actor = "service:payment"
		}
		mustExec(t, conn, `INSERT INTO events (position, stream, version, id, type, schema, recorded_at,
			correlation, causation, actor, trace, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			r.Position, r.Stream, r.Version, r.ID.String(), r.Type, r.Schema, r.Time,
			r.Correlation, r.Causation, r.Actor, r.Trace, r.Body)
		records = append(records, r)
	}
	mustExec(t, conn, "UPDATE head SET position = $1", len(records))
	mustExec(t, conn, "INSERT INTO inbox (consumer, id, digest) VALUES ('test', $1, 7)", records[0].ID.String())
	mustExec(t, conn, `INSERT INTO due (id, kind, stream, key, at, tries, holder, trace)
		VALUES (gen_random_uuid(), 'duty', $1, 'k', now() - interval '1 minute', 0, '', $2)`, records[0].Stream, records[0].Trace)
	return records
}

// dump returns what people see of the log.
func dump(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), `
		SELECT (position, stream, version, id, type, schema, recorded_at, correlation, causation, actor, trace, body)::text
		FROM events ORDER BY position`)
	if err != nil {
		t.Fatalf("SELECT events = %v; want nil", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("SELECT events = %v; want nil", err)
	}
	return lines
}
