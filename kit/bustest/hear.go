package bustest

import (
	"context"
	"testing"

	"orpheus.example/kit/bus"
)

// hearing are the laws of how what was said arrives.
func hearing() []law {
	return []law{
		{name: "queue_outlives_its_hearer", check: queueOutlivesItsHearer},
		{name: "replicas_share", check: replicasShare},
		{name: "hearer_holds_no_more_than_it_asked_for", check: hearerHoldsNoMore},
		{name: "receive_takes_no_more_than_its_limit", check: receiveTakesNoMore},
		{name: "arrived_tells_when_to_receive", check: arrivedTells},
		{name: "what_nobody_has_taken_is_counted", check: waitingIsCounted},
	}
}

// A queue that nobody listens to goes on to fill.
func queueOutlivesItsHearer(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	said := messages(10, placed)
	checkPublish(t, on, said, len(said), nil)
	mustHear(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed), said)
}

// Each message goes to one replica, and all replicas get some: neither can take
// all, because both hold what they have until the other has its share.
func replicasShare(t *testing.T, b Broker) {
	s := bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 10}
	one, two := b.mustSubscribeTo(t, b.mustOpen(t), s), b.mustSubscribeTo(t, b.mustOpen(t), s)
	said := messages(20, placed)
	mustPublishEach(t, b.mustOpen(t), said...)
	first, second := mustReceive(t, one, 10), mustReceive(t, two, 10)
	checkIDs(t, "received by both", append(idsOf(first), idsOf(second)...), ids(said))
	mustAck(t, one, first...)
	mustAck(t, two, second...)
	checkSilent(t, one)
	checkSilent(t, two)
}

// Prefetch bounds what one replica can hold back from the others, and what it
// must keep in memory. Each ack makes room for one more.
func hearerHoldsNoMore(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribeTo(t, on, bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 3})
	said := messages(8, placed)
	mustPublish(t, on, said...)
	held := mustReceive(t, q, 3)
	checkSilent(t, q)
	for range 5 {
		mustAck(t, q, held[0])
		held = append(held[1:], mustReceive(t, q, 1)...)
	}
	mustAck(t, q, held...)
	checkSilent(t, q)
}

// What is not received stays where it is: no limit loses a delivery.
func receiveTakesNoMore(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	if got := q.Receive(10); len(got) != 0 {
		t.Errorf("Receive(10) of an empty queue = %d deliveries; want 0", len(got))
	}
	mustPublish(t, on, messages(5, placed)...)
	<-q.Arrived()
	for _, limit := range []int{0, -1} {
		if got := q.Receive(limit); len(got) != 0 {
			t.Errorf("Receive(%d) = %d deliveries; want 0", limit, len(got))
		}
	}
	for left := 5; left > 0; {
		got := mustReceive(t, q, 1)
		got = append(got, q.Receive(1)...)
		if len(got) > 2 {
			t.Fatalf("Receive(1) twice = %d deliveries; want at most 2", len(got))
		}
		left -= len(got)
	}
}

// Arrived is no tick but a state: it stays closed until all is taken, and is
// open again then.
func arrivedTells(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	checkSilent(t, q)
	for range 3 {
		waiting := q.Arrived()
		mustPublish(t, on, message(placed))
		<-waiting
		select {
		case <-q.Arrived():
		default:
			t.Error("Arrived() is open while something is there; want closed")
		}
		mustAck(t, q, mustReceive(t, q, 1)...)
		checkSilent(t, q)
	}
}

// What a hearer holds back from the others does not wait any more. A broker may
// count with a delay.
func waitingIsCounted(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribeTo(t, on, bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 2})
	w, ok := q.(bus.Waiter)
	if !ok { // to count is not what every bus can do; see bus.Waiter
		t.Skip("this driver does not count")
	}
	awaitWaiting(t, w, 0)
	mustPublishEach(t, on, messages(5, placed)...)
	held := mustReceive(t, q, 2)
	awaitWaiting(t, w, 3)
	mustAck(t, q, held...)
	mustAck(t, q, mustReceive(t, q, 2)...)
	mustAck(t, q, mustReceive(t, q, 1)...)
	awaitWaiting(t, w, 0)
}

// awaitWaiting waits until so many wait.
func awaitWaiting(tb testing.TB, w bus.Waiter, want int64) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for {
		n, err := w.Waiting(ctx)
		if err == nil && n == want {
			return
		}
		if ctx.Err() != nil {
			tb.Fatalf("Waiting(ctx) = %d, %v for %v; want %d, nil", n, err, patience, want)
		}
		pause(ctx, tb)
	}
}
