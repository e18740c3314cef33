package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/watch"
)

func TestWatchersAreTold(t *testing.T) {
	t.Parallel()
	log := open(t, servertest.Database(t))
	hub := watch.New("test", log)
	mine := hub.Watch("a-1", "a-2")
	other := hub.Watch("b-1")
	defer other.End()
	step(t, hub)
	drain(mine)
	drain(other)

	put(t, log, "a-2")
	step(t, hub)
	if !told(mine) || told(other) {
		t.Error("watchers of a-2 are not told, or those of b-1 are")
	}
	mine.End()
	put(t, log, "a-2")
	step(t, hub)
	if told(mine) {
		t.Error("told after the end")
	}
}

// Who names no stream watches all of them.
func TestTheWholeLogCanBeWatched(t *testing.T) {
	t.Parallel()
	log := open(t, servertest.Database(t))
	hub := watch.New("test", log)
	all := hub.Watch()
	step(t, hub)
	drain(all)

	put(t, log, "a-1")
	step(t, hub)
	if !told(all) {
		t.Error("not told of a-1")
	}
	all.End()
	put(t, log, "b-1")
	step(t, hub)
	if told(all) {
		t.Error("told after the end")
	}
}

// What happens between Watch and the hub's first look must not be missed.
func TestNothingFallsBetween(t *testing.T) {
	t.Parallel()
	log := open(t, servertest.Database(t))
	hub := watch.New("test", log)
	mine := hub.Watch("a-1")
	defer mine.End()
	put(t, log, "a-1")
	step(t, hub)
	if !told(mine) {
		t.Error("not told of what happened before the first step")
	}
}

// A blind is a log whose streams cannot be read.
type blind struct{ eventlog.Log }

var errBlind = errors.New("cannot be read")

func (blind) ReadStream(context.Context, string, int64, int) ([]eventlog.Record, error) {
	return nil, errBlind
}

// What the hub has read comes from it; only who may have missed something reads the
// log.
func TestNewsComesFromTheHub(t *testing.T) {
	t.Parallel()
	log := open(t, servertest.Database(t))
	hub := watch.New("test", blind{log})
	mine := hub.Watch("a-1")
	defer mine.End()
	step(t, hub)
	check := func(after int64, want int, wantErr error) {
		t.Helper()
		news, err := mine.Next(t.Context(), after, 100)
		if len(news) != want || !errors.Is(err, wantErr) {
			t.Errorf("Next(%d) = %d events, %v; want %d, %v", after, len(news), err, want, wantErr)
		}
		for i, r := range news {
			if r.Version != after+1+int64(i) {
				t.Errorf("Next(%d)[%d] is of version %d", after, i, r.Version)
			}
		}
	}
	grow := func(n int) {
		for range n {
			put(t, log, "a-1")
			put(t, log, "b-1")
		}
		step(t, hub)
	}
	check(0, 0, errBlind) // there may be something from before the hub began
	grow(2)
	check(0, 2, nil)
	check(2, 0, nil)
	grow(3)
	check(3, 2, nil) // the first of three was known
	grow(2)
	check(4, 0, errBlind) // the sixth and the seventh are news, the fifth is not
	grow(40)
	check(7, 0, errBlind) // there was no room for all
	grow(1)
	check(47, 1, nil)
}

// Another process's events reach a watcher, without anybody stepping by hand.
func TestOtherReplicasAreNoticed(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	here, there := open(t, url), open(t, url)
	hub := watch.New("test", here)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- loop.Runner{Step: hub}.Run(ctx) }()
	mine := hub.Watch("a-1")
	defer mine.End()
	<-mine.Grown() // the hub has begun
	put(t, there, "a-1")
	select {
	case <-mine.Grown():
	case <-time.After(10 * time.Second):
		t.Error("not told within ten seconds")
	}
	cancel()
	if err := <-ran; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func open(t *testing.T, url string) *pglog.Log {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func put(t *testing.T, log *pglog.Log, stream string) {
	t.Helper()
	records, err := log.ReadStream(t.Context(), stream, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(records))
	outcomes, err := log.Append(t.Context(), []eventlog.Unit{{
		Expect: []eventlog.Expect{{Stream: stream, Version: n}},
		Events: []eventlog.Record{{Stream: stream, Version: n + 1, ID: uuid.New(), Type: "Said", Schema: 1, Time: time.Now()}},
	}})
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
}

func step(t *testing.T, hub *watch.Hub) {
	t.Helper()
	if err := loop.Until(t.Context(), hub); err != nil {
		t.Fatal(err)
	}
}

func told(w *watch.Watcher) bool {
	select {
	case <-w.Grown():
		return true
	default:
		return false
	}
}

func drain(w *watch.Watcher) {
	for told(w) {
	}
}
