package lease_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
)

// TestBehindCountsWhatFollowsTheCursor has three events, an hour apart.
func TestBehindCountsWhatFollowsTheCursor(t *testing.T) {
	t.Parallel()
	store := memlog.New(time.Now)
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	check := func(want loop.Lag) {
		t.Helper()
		want.Step = "relay"
		got, err := lease.Behind(t.Context(), store, "relay")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Behind(relay) = %v (-want +got):\n%s", err, diff)
		}
	}
	check(loop.Lag{})
	for i := range int64(3) {
		_, err := store.Append(t.Context(), []eventlog.Unit{{
			Expect: []eventlog.Expect{{Stream: "a-1", Version: i}},
			Events: []eventlog.Record{{Stream: "a-1", Version: i + 1, ID: uuid.New(), Type: "v1.Said", Schema: 1, Time: began.Add(time.Duration(i) * time.Hour)}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	check(loop.Lag{Waiting: 3, Oldest: began})
	c, err := store.Lease(t.Context(), "relay", "one", 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c.Position = 1
	if err := store.Advance(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	check(loop.Lag{Waiting: 2, Oldest: began.Add(time.Hour)})
	c.Position = 3
	if err := store.Advance(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	check(loop.Lag{})
}
