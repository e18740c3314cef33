package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// Limits of waiting.
const (
	// patience is how long something that must happen may take.
	patience = 30 * time.Second
	// quiet is how long something that must not happen is waited for. There
	// is no sign of its absence, so a bus that breaks a law later than that
	// gets away with it; none is blamed wrongly.
	quiet = 300 * time.Millisecond
	// retry is the pause before a publication is tried again.
	retry = 20 * time.Millisecond
)

// placed is the type of most messages.
const placed = "order.v1.OrderPlaced"

// message returns one of a type that has all it needs.
func message(kind string) bus.Message {
	return bus.Message{
		ID: uuid.New(), Type: kind, Subject: "order-1", Version: 1, Source: "order",
		Time: time.Now(), Correlation: "1", Body: []byte("body"),
	}
}

// messages returns n of a type, of different undertakings.
func messages(n int, kind string) []bus.Message {
	all := make([]bus.Message, n)
	for i := range all {
		all[i] = message(kind)
		all[i].Correlation = fmt.Sprintf("undertaking-%d", i)
	}
	return all
}

// mustOpen returns a bus that is closed when the test ends, unless it was
// before.
func (b Broker) mustOpen(tb testing.TB) bus.Bus {
	tb.Helper()
	opened := b.Open(tb)
	tb.Cleanup(func() { closeBus(tb, opened) })
	return opened
}

// closeBus closes a bus. It takes no context, because that of a test is done
// when it is cleaned up.
func closeBus(tb testing.TB, b bus.Bus) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		tb.Errorf("Close(ctx) = %v; want nil", err)
	}
}

// mustSubscribe subscribes to types under the name of a hearer.
func (b Broker) mustSubscribe(tb testing.TB, on bus.Bus, hearer string, types ...string) bus.Queue {
	tb.Helper()
	return b.mustSubscribeTo(tb, on, bus.Subscription{Queue: hearer, Types: types})
}

// mustSubscribeTo puts the broker's prefix before the name of the queue.
func (b Broker) mustSubscribeTo(tb testing.TB, on bus.Bus, s bus.Subscription) bus.Queue {
	tb.Helper()
	s.Queue = b.Prefix + s.Queue
	q, err := on.Subscribe(tb.Context(), s)
	if err != nil {
		tb.Fatalf("Subscribe(%s) = %v; want nil", s.Queue, err)
	}
	return q
}

// mustPublish publishes all of messages, trying again while the bus has no
// connection.
func mustPublish(tb testing.TB, on bus.Bus, messages ...bus.Message) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for len(messages) > 0 {
		n, err := on.Publish(ctx, messages)
		messages = messages[n:]
		if err == nil {
			continue
		}
		if !errors.Is(err, bus.ErrDown) {
			tb.Fatalf("Publish = %v; want nil, or ErrDown for a while", err)
		}
		pause(ctx, tb)
	}
}

// mustPublishEach publishes each of messages by itself, so that none travels with
// another and each can be given to somebody else, or settled for good.
func mustPublishEach(tb testing.TB, on bus.Bus, messages ...bus.Message) {
	tb.Helper()
	for _, m := range messages {
		mustPublish(tb, on, m)
	}
}

// pause waits for retry, where there is nothing to wait for but time.
func pause(ctx context.Context, tb testing.TB) {
	tb.Helper()
	select {
	case <-time.After(retry):
	case <-ctx.Done():
		tb.Fatalf("still not done after %v", patience)
	}
}

// mustReceive returns the first n deliveries that come.
func mustReceive(tb testing.TB, q bus.Queue, n int) []bus.Delivery {
	tb.Helper()
	got, late := []bus.Delivery(nil), time.After(patience)
	for len(got) < n {
		if more := q.Receive(n - len(got)); len(more) > 0 {
			got = append(got, more...)
			continue
		}
		select {
		case <-q.Arrived():
		case <-late:
			tb.Fatalf("%d deliveries within %v; want %d", len(got), patience, n)
		}
	}
	return got
}

// mustHear receives and settles until each of want has come at least once.
// Others must not come.
func mustHear(tb testing.TB, q bus.Queue, want []bus.Message) {
	tb.Helper()
	missing := map[uuid.UUID]bool{}
	for _, m := range want {
		missing[m.ID] = true
	}
	for len(missing) > 0 {
		d := mustReceive(tb, q, 1)[0]
		if !slices.Contains(ids(want), d.ID) {
			tb.Fatalf("received %s %s; want only what was sent", d.Type, d.ID)
		}
		delete(missing, d.ID)
		mustAck(tb, q, d)
	}
}

func mustAck(tb testing.TB, q bus.Queue, ds ...bus.Delivery) {
	tb.Helper()
	if err := q.Ack(ds...); err != nil {
		tb.Fatalf("Ack of %d deliveries = %v; want nil", len(ds), err)
	}
}

// checkSilent fails if anything arrives.
func checkSilent(tb testing.TB, q bus.Queue) {
	tb.Helper()
	select {
	case <-q.Arrived():
		if got := q.Receive(1); len(got) > 0 {
			tb.Errorf("received %s %s; want nothing", got[0].Type, got[0].ID)
		}
	case <-time.After(quiet):
	}
}

// awaitAcks gives the broker time to hear what was settled. Nothing tells when
// it has; an ack that it does not hear is a delivery that comes again.
func awaitAcks(tb testing.TB, q bus.Queue) {
	tb.Helper()
	checkSilent(tb, q)
}

// checkIDs fails unless got are exactly want, in any order.
func checkIDs(tb testing.TB, what string, got, want []uuid.UUID) {
	tb.Helper()
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// checkPublish fails unless Publish returns n, and an error that is want.
func checkPublish(tb testing.TB, on bus.Bus, ms []bus.Message, n int, want error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	got, err := on.Publish(ctx, ms)
	if got != n || !errors.Is(err, want) {
		tb.Errorf("Publish(%d messages) = %d, %v; want %d, %v", len(ms), got, err, n, want)
	}
}

func ids(ms []bus.Message) []uuid.UUID {
	var all []uuid.UUID
	for _, m := range ms {
		all = append(all, m.ID)
	}
	return all
}

func idsOf(ds []bus.Delivery) []uuid.UUID {
	var all []uuid.UUID
	for _, d := range ds {
		all = append(all, d.ID)
	}
	return all
}

func sorted(all []uuid.UUID) []string {
	var texts []string
	for _, id := range all {
		texts = append(texts, id.String())
	}
	slices.Sort(texts)
	return texts
}
