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
	mine, end := hub.Watch("a-1", "a-2")
	other, endOther := hub.Watch("b-1")
	defer endOther()
	step(t, hub)
	drain(mine)
	drain(other)

	put(t, log, "a-2")
	step(t, hub)
	if !told(mine) || told(other) {
		t.Error("watchers of a-2 are not told, or those of b-1 are")
	}
	end()
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
	all, end := hub.Watch()
	step(t, hub)
	drain(all)

	put(t, log, "a-1")
	step(t, hub)
	if !told(all) {
		t.Error("not told of a-1")
	}
	end()
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
	mine, end := hub.Watch("a-1")
	defer end()
	put(t, log, "a-1")
	step(t, hub)
	if !told(mine) {
		t.Error("not told of what happened before the first step")
	}
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
	mine, end := hub.Watch("a-1")
	defer end()
	<-mine // the hub has begun
	put(t, there, "a-1")
	select {
	case <-mine:
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

func told(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func drain(c <-chan struct{}) {
	for told(c) {
	}
}
