package projection_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/sqlitelog"
	"orpheus.example/kit/wire"
)

// An account is a row with a column of each type. What happens to it is a text:
// the owner's name at first, and then what is noted.
type account struct {
	Stream, owner   string
	color           int32
	events          int64
	opened, touched time.Time
	Notes           []string
}

func (a *account) add(e string, r eventlog.Record) {
	if a.events == 0 {
		a.owner, a.opened = e, r.Time
	}
	a.Notes = append(a.Notes, e)
	a.color, a.touched = int32(len(e)%2), r.Time
	a.events++
}

func columns(a *account) []projection.Column {
	return []projection.Column{
		projection.Text("stream", &a.Stream), projection.Text("owner", &a.owner), projection.Number("color", &a.color),
		projection.Number("events", &a.events), projection.Time("opened", &a.opened), projection.Time("touched", &a.touched),
		projection.JSON("notes", &a.Notes),
	}
}

var accounts = projection.Table[string, account]{
	Name: "accounts", Add: (*account).add, Columns: columns,
	Of: func(_ string, r eventlog.Record) string {
		if strings.HasPrefix(r.Stream, "other-") {
			return ""
		}
		return r.Stream
	},
	Tally: &projection.Tally[account]{
		Name: "colors",
		Kind: func(a *account) []projection.Column { return []projection.Column{projection.Number("color", &a.color)} },
		Sums: func(a *account) []projection.Sum {
			return []projection.Sum{{Name: "accounts", Of: 1}, {Name: "events", Of: a.events}}
		},
	},
}

func view(version int) projection.View[string] {
	return projection.View[string]{
		Name: "bank", Version: version, Rows: []projection.Rows[string]{accounts},
		Schema: `CREATE TABLE IF NOT EXISTS VIEW_accounts (stream text PRIMARY KEY, owner text NOT NULL, color integer NOT NULL,
				events bigint NOT NULL, opened bigint NOT NULL, touched bigint NOT NULL, notes text NOT NULL);
			CREATE TABLE IF NOT EXISTS VIEW_colors (color integer PRIMARY KEY, accounts bigint NOT NULL, events bigint NOT NULL)`,
		Decode: func(r eventlog.Record) (string, error) {
			if r.Type != "Said" {
				return "", fmt.Errorf("%s: %w", r.Type, wire.ErrUnknownKind)
			}
			return string(r.Body), nil
		},
	}
}

func step(store eventlog.Store, version int, holder string) *projection.Step[string] {
	return projection.New(view(version), store, holder, time.Now)
}

// stores runs a test on each store.
func stores(t *testing.T, test func(t *testing.T, store eventlog.Store)) {
	t.Helper()
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openPostgres(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openSQLite(t))
	})
}

func openPostgres(t testing.TB) eventlog.Store {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func openSQLite(t testing.TB) eventlog.Store {
	t.Helper()
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Path: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

var began = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)

// say appends an event to each of streams in turn. What is said is the same for
// the same version of the same stream.
func say(t testing.TB, store eventlog.Store, streams ...string) {
	t.Helper()
	for _, stream := range streams {
		put(t, store, stream, "Said")
	}
}

func put(t testing.TB, store eventlog.Store, stream, kind string) {
	t.Helper()
	at, err := store.ReadStream(t.Context(), stream, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(at))
	outcomes, err := store.Append(t.Context(), []eventlog.Unit{{
		Expect: []eventlog.Expect{{Stream: stream, Version: n}},
		Events: []eventlog.Record{{
			Stream: stream, Version: n + 1, ID: uuid.New(), Type: kind, Schema: 1, Time: began.Add(time.Duration(n) * time.Second),
			Body: fmt.Appendf(nil, `%s "%d" \ %s`, stream, n, strings.Repeat("é", int(n)%3)),
		}},
	}})
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
}

func show(t testing.TB, s loop.Step) {
	t.Helper()
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// check compares a view with what follows from the first upTo events of the log.
func check(t *testing.T, store eventlog.Store, version int, upTo int64) {
	t.Helper()
	records, err := store.ReadAll(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	want, colors := map[string]account{}, map[int32][2]int64{}
	for _, r := range records {
		if e, err := view(version).Decode(r); err == nil && r.Position <= upTo && accounts.Of(e, r) != "" {
			a := want[r.Stream]
			a.Stream = r.Stream
			a.add(e, r)
			want[r.Stream] = a
		}
	}
	got := map[string]account{}
	found, err := accounts.Select(t.Context(), store.DB(), view(version), `WHERE events > $1`, 0)
	for _, a := range found {
		got[a.Stream] = a
		colors[a.color] = [2]int64{colors[a.color][0] + 1, colors[a.color][1] + a.events}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(account{})); diff != "" || err != nil {
		t.Errorf("version %d differs from the first %d events (-want +got), %v:\n%s", version, upTo, err, diff)
	}
	if diff := cmp.Diff(colors, tallies(t, store.DB(), version)); diff != "" {
		t.Errorf("tally of version %d differs from its rows (-want +got):\n%s", version, diff)
	}
}

func tallies(t *testing.T, db *sql.DB, version int) map[int32][2]int64 {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), view(version).SQL(`SELECT color, accounts, events FROM VIEW_colors WHERE accounts <> 0 OR events <> 0`))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[int32][2]int64{}
	for rows.Next() {
		var color int32
		var sums [2]int64
		if err := rows.Scan(&color, &sums[0], &sums[1]); err != nil {
			t.Fatal(err)
		}
		found[color] = sums
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEachEventIsShownOnce(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		say(t, store, "a-1", "b-1", "a-1", "a-1", "other-1", "b-1")
		show(t, step(store, 1, "one"))
		check(t, store, 1, 6)
		say(t, store, "a-1", "c-1")
		again := step(store, 1, "one") // the same process, restarted
		show(t, again)
		check(t, store, 1, 8)
		say(t, store, "a-1", "c-1", "b-1") // rows that it remembers, and one that it does not
		show(t, again)
		check(t, store, 1, 11)
	})
}

// Kinds of a newer release change nothing and hold nothing up.
func TestUnknownKindsChangeNothing(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		put(t, store, "a-1", "Sung")
		put(t, store, "a-1", "Said")
		put(t, store, "b-1", "Sung")
		show(t, step(store, 1, "one"))
		check(t, store, 1, 3)
		if head, err := store.Where(t.Context(), "view.bank.v1"); head != 3 || err != nil {
			t.Errorf("Where(view) = %d, %v; want 3, nil", head, err)
		}
	})
}

// One that takes over goes on from the rows as they are, not as it remembers
// them from when it had the cursor before.
func TestReplicasTakeTurns(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		replicas := []*projection.Step[string]{step(store, 1, "one"), step(store, 1, "two")}
		say(t, store, "a-1", "b-1")
		for turn := range 5 {
			say(t, store, "a-1", "b-1")
			show(t, replicas[turn%2])
			show(t, replicas[(turn+1)%2])
			check(t, store, 1, int64(4+2*turn))
			replicas[turn%2].Drain()
		}
	})
}

func TestOneReplicaShows(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		one, two := step(store, 1, "one"), step(store, 1, "two")
		say(t, store, "a-1")
		show(t, one)
		say(t, store, "a-1")
		show(t, two)
		check(t, store, 1, 1)
		one.Drain()
		show(t, two)
		check(t, store, 1, 2)
	})
}

// failing is a store whose Show loses its answer when told to.
type failing struct {
	eventlog.Store
	lose, refuse bool
}

func (f *failing) Show(ctx context.Context, c eventlog.Cursor, change func(*sql.Tx) error) error {
	if f.refuse {
		return eventlog.ErrUnavailable
	}
	err := f.Store.Show(ctx, c, change)
	if f.lose {
		return eventlog.ErrUnavailable
	}
	return err
}

// Whether what failed was kept or not, what follows is right: rows in memory are
// not trusted after an error.
func TestNothingIsRememberedOfWhatFailed(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		f := &failing{Store: store}
		s := step(f, 1, "one")
		say(t, store, "a-1", "b-1")
		show(t, s)
		for _, lose := range []bool{true, false} {
			f.lose, f.refuse = lose, !lose
			say(t, store, "a-1", "c-1")
			if _, err := s.Once(t.Context()); err == nil {
				t.Fatal("Once = nil; want an error")
			}
			f.lose, f.refuse = false, false
			say(t, store, "a-1", "b-1")
			show(t, s)
		}
		check(t, store, 1, 10)
	})
}

func TestReadyOnceCaughtUp(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		say(t, store, "a-1", "a-1")
		shows, looksOn := step(store, 1, "one"), step(store, 1, "two")
		if err := looksOn.Ready(t.Context()); err == nil {
			t.Error("ready before anything is shown")
		}
		show(t, shows)
		say(t, store, "a-1")
		if err := looksOn.Ready(t.Context()); err == nil {
			t.Error("ready while an event is not shown")
		}
		show(t, shows)
		for _, s := range []*projection.Step[string]{shows, looksOn} {
			if err := s.Ready(t.Context()); err != nil {
				t.Errorf("Ready = %v; want nil", err)
			}
		}
		say(t, store, "a-1")
		if err := looksOn.Ready(t.Context()); err != nil {
			t.Errorf("Ready = %v once it had been; want nil", err)
		}
	})
}

// A new version grows beside the old one, which stays readable and goes on.
func TestANewVersionGrowsBesideTheOld(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		old := step(store, 1, "old")
		say(t, store, "a-1", "a-1")
		show(t, old)
		say(t, store, "a-1", "b-1")
		show(t, step(store, 5, "new"))
		check(t, store, 1, 2)
		check(t, store, 5, 4)
		show(t, old)
		check(t, store, 1, 4)
	})
}

// While events keep coming the view rests between two batches, and not at all if
// it is behind.
func TestARestAfterWork(t *testing.T) {
	t.Parallel()
	store := openSQLite(t)
	s := step(store, 1, "one")
	say(t, store, "a-1")
	began := time.Now()
	show(t, s)
	s.Rest(t.Context())
	if rested := time.Since(began); rested < projection.Pace {
		t.Errorf("rested until %s after the work began; want %s", rested, projection.Pace)
	}
	fill(t, store, 0, projection.Batch)
	began = time.Now()
	if _, err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown := time.Since(began)
	s.Rest(t.Context())
	if rested := time.Since(began) - shown; rested > projection.Pace/2 {
		t.Errorf("rested %s after a full batch; want none", rested)
	}
}

// fill appends n events, twelve to a stream, fifty to a commit.
func fill(t testing.TB, store eventlog.Store, first, n int) {
	t.Helper()
	units := map[string]*eventlog.Unit{}
	var all []eventlog.Unit
	for i := range n {
		stream := fmt.Sprintf("s-%d-%d", first, i/12)
		u, version := units[stream], int64(i%12)
		if u == nil {
			u = &eventlog.Unit{Expect: []eventlog.Expect{{Stream: stream}}}
			units[stream] = u
		}
		u.Events = append(u.Events, eventlog.Record{
			Stream: stream, Version: version + 1, ID: uuid.New(), Type: "Said", Schema: 1, Time: began, Body: []byte("something was said"),
		})
		if version == 11 || i == n-1 {
			all = append(all, *u)
		}
	}
	outcomes, err := store.Append(t.Context(), all)
	for _, o := range outcomes {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Rows that begin where they say so are not looked for, and are there all the
// same: one for each event, whoever shows it.
func TestRowsBeginWhereTheySay(t *testing.T) {
	stores(t, func(t *testing.T, store eventlog.Store) {
		each := accounts
		each.Of = func(_ string, r eventlog.Record) string { return r.ID.String() }
		each.Begins = func(string, eventlog.Record) bool { return true }
		v := view(1)
		v.Rows = []projection.Rows[string]{each}
		one, two := projection.New(v, store, "one", time.Now), projection.New(v, store, "two", time.Now)
		for _, s := range []*projection.Step[string]{one, two, one} {
			say(t, store, "a-1", "b-1", "a-1")
			show(t, s)
			s.Drain()
		}
		rows, err := each.Select(t.Context(), store.DB(), v, `WHERE events = 1`)
		if err != nil || len(rows) != 9 {
			t.Errorf("%d rows, %v; want 9", len(rows), err)
		}
	})
}
