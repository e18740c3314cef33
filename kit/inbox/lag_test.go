package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/membus"
)

// TestLagCountsWhatWaitsAndWhatIsInHand has one fact that cannot be handled now,
// and more than the hearer may hold.
func TestLagCountsWhatWaitsAndWhatIsInHand(t *testing.T) {
	t.Parallel()
	broker, err := membus.Open(membus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Stop() })
	way := broker.Connect("test")
	q, err := way.Subscribe(t.Context(), bus.Subscription{Queue: "hearer", Types: []string{"v1.Said"}, Prefetch: 2})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := inbox.New(inbox.Config{
		Name: "hearer", Queue: q, Now: time.Now, Inline: true, Letters: lettersOf(t, "hearer"),
		Heed: func(context.Context, bus.Message, deadletter.Aside) error { return eventlog.ErrUnavailable },
	})
	for i := range 5 {
		m := bus.Message{
			ID: uuid.New(), Type: "v1.Said", Subject: "a-1", Version: int64(i) + 1, Source: "test", Correlation: "1",
			Time: began.Add(time.Duration(i) * time.Hour),
		}
		if _, err := way.Publish(t.Context(), []bus.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Lag(t.Context()); got.Waiting != 5 || !got.Oldest.IsZero() || err != nil {
		t.Errorf("Lag() with nothing in hand = %+v, %v; want 5 of an age that nobody knows", got, err)
	}
	if _, err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Lag(t.Context()); got.Step != "inbox" || got.Waiting != 5 || !got.Oldest.Equal(began) || err != nil {
		t.Errorf("Lag() with two in hand = %+v, %v; want 5, the oldest of %v", got, err, began)
	}
}
