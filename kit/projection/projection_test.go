package projection_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/servers/servertest"
)

// counter is a view that counts the events of each stream.
func counter(version int) projection.View {
	return projection.View{
		Name: "counter", Version: version,
		Tables: `CREATE TABLE IF NOT EXISTS VIEW_counts (stream text PRIMARY KEY, events bigint NOT NULL)`,
		Apply: func(ctx context.Context, tx projection.Tx, r eventlog.Record) error {
			return tx.Exec(ctx, `INSERT INTO VIEW_counts (stream, events) VALUES ($1, $2)
				ON CONFLICT (stream) DO UPDATE SET events = VIEW_counts.events + 1`, r.Stream, version)
		},
	}
}

func open(t *testing.T) *pglog.Log {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func put(t *testing.T, log *pglog.Log, stream string, versions ...int64) {
	t.Helper()
	for _, v := range versions {
		outcomes, err := log.Append(t.Context(), []eventlog.Unit{{
			Expect: []eventlog.Expect{{Stream: stream, Version: v - 1}},
			Events: []eventlog.Record{{Stream: stream, Version: v, ID: uuid.New(), Type: "Said", Schema: 1, Time: time.Now()}},
		}})
		if err != nil || outcomes[0].Err != nil {
			t.Fatal(err, outcomes)
		}
	}
}

func show(t *testing.T, s loop.Step) {
	t.Helper()
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, log *pglog.Log, v projection.View, stream string, want int64) {
	t.Helper()
	var got int64
	err := log.DB().QueryRowContext(t.Context(), v.SQL(`SELECT events FROM VIEW_counts WHERE stream = $1`), stream).Scan(&got)
	if err != nil || got != want {
		t.Errorf("version %d counts %d events of %s, %v; want %d", v.Version, got, stream, err, want)
	}
}

func TestEachEventIsShownOnce(t *testing.T) {
	t.Parallel()
	log := open(t)
	put(t, log, "a-1", 1, 2, 3)
	show(t, projection.New(counter(1), log, "one", time.Now))
	put(t, log, "a-1", 4)
	show(t, projection.New(counter(1), log, "one", time.Now)) // the same process, restarted
	check(t, log, counter(1), "a-1", 4)
}

func TestOneReplicaShows(t *testing.T) {
	t.Parallel()
	log := open(t)
	one, two := projection.New(counter(1), log, "one", time.Now), projection.New(counter(1), log, "two", time.Now)
	put(t, log, "a-1", 1)
	show(t, one)
	put(t, log, "a-1", 2)
	show(t, two)
	check(t, log, counter(1), "a-1", 1)
	one.Drain()
	show(t, two)
	check(t, log, counter(1), "a-1", 2)
}

func TestReadyOnceCaughtUp(t *testing.T) {
	t.Parallel()
	log := open(t)
	put(t, log, "a-1", 1, 2)
	shows, looksOn := projection.New(counter(1), log, "one", time.Now), projection.New(counter(1), log, "two", time.Now)
	if err := looksOn.Ready(t.Context()); err == nil {
		t.Error("ready before anything is shown")
	}
	show(t, shows)
	put(t, log, "a-1", 3)
	if err := looksOn.Ready(t.Context()); err == nil {
		t.Error("ready while an event is not shown")
	}
	show(t, shows)
	for _, s := range []*projection.Step{shows, looksOn} {
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("Ready = %v; want nil", err)
		}
	}
	put(t, log, "a-1", 4)
	if err := looksOn.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v once it had been; want nil", err)
	}
}

// A new version grows beside the old one, which stays readable and goes on.
func TestANewVersionGrowsBesideTheOld(t *testing.T) {
	t.Parallel()
	log := open(t)
	old := projection.New(counter(1), log, "old", time.Now)
	put(t, log, "a-1", 1, 2)
	show(t, old)
	show(t, projection.New(counter(5), log, "new", time.Now))
	put(t, log, "a-1", 3)
	show(t, old)
	check(t, log, counter(1), "a-1", 3)
	check(t, log, counter(5), "a-1", 6) // five for the first, one for the second
}
