package agenda_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
)

// TestLagCountsWhatIsDue leaves out what waits for its time.
func TestLagCountsWhatIsDue(t *testing.T) {
	t.Parallel()
	store, now := memlog.New(time.Now), noon
	s := agenda.New(agenda.Config{
		Name: "test.duty", Kind: eventlog.Duty, Store: store, Holder: "one", Now: func() time.Time { return now }, Inline: true,
		Attend: func(context.Context, eventlog.Due) error { return agenda.NotYet{After: time.Hour} },
	})
	check := func(want loop.Lag) {
		t.Helper()
		want.Step = "duty"
		got, err := s.Lag(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Lag() = %v (-want +got):\n%s", err, diff)
		}
	}
	check(loop.Lag{})
	var set []eventlog.Due
	for i, at := range []time.Time{noon.Add(-time.Minute), noon, noon.Add(time.Minute)} {
		key := eventlog.DueKey{Kind: eventlog.Duty, Stream: "a-1", Key: string(rune('a' + i))}
		set = append(set, eventlog.Due{DueKey: key, At: at})
	}
	if _, err := store.Append(t.Context(), []eventlog.Unit{{Set: set}}); err != nil {
		t.Fatal(err)
	}
	check(loop.Lag{Waiting: 2, Oldest: noon.Add(-time.Minute)})
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	check(loop.Lag{})
	now = noon.Add(time.Minute)
	check(loop.Lag{Waiting: 1, Oldest: now})
}
