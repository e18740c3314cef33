package bustest

import (
	"errors"
	"testing"

	"orpheus.example/kit/bus"
)

// closing are the laws of the end.
func closing() []law {
	return []law{
		{name: "closed_bus_says_so", check: closedBusSaysSo},
		{name: "close_twice_is_close_once", check: closeTwiceIsCloseOnce},
		{name: "closed_queue_is_silent", check: closedQueueIsSilent},
		{name: "closed_queue_leaves_others_alone", check: closedQueueLeavesOthersAlone},
		{name: "close_wakes_whoever_waits", check: closeWakesWhoeverWaits},
	}
}

// After the end every call says so, instead of waiting for a connection that
// never comes.
func closedBusSaysSo(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	mustPublish(t, on, messages(2, placed)...)
	got := mustReceive(t, q, 1)
	closeBus(t, on)
	checkPublish(t, on, messages(1, placed), 0, bus.ErrClosed)
	if _, err := on.Subscribe(t.Context(), bus.Subscription{Queue: b.Prefix + "x", Types: []string{placed}}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Subscribe on a closed bus = %v; want %v", err, bus.ErrClosed)
	}
	if err := q.Ack(got...); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Ack on a closed bus = %v; want %v", err, bus.ErrClosed)
	}
	if got := q.Receive(1); len(got) > 0 {
		t.Errorf("Receive on a closed bus = %d deliveries; want 0", len(got))
	}
}

// Whoever cleans up need not know whether somebody has, nor in which order.
func closeTwiceIsCloseOnce(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	for range 2 {
		if err := q.Close(t.Context()); err != nil {
			t.Errorf("Queue.Close(ctx) = %v; want nil", err)
		}
	}
	closeBus(t, on)
	closeBus(t, on)
	if err := q.Close(t.Context()); err != nil {
		t.Errorf("Queue.Close(ctx) after the bus = %v; want nil", err)
	}
}

// Not even what had arrived before is handed out any more: it has gone back.
func closedQueueIsSilent(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	mustPublish(t, on, messages(5, placed)...)
	<-q.Arrived()
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	mustPublish(t, on, messages(5, placed)...)
	if got := q.Receive(10); len(got) > 0 {
		t.Errorf("Receive of a closed queue = %d deliveries; want 0", len(got))
	}
}

// Queues of one bus share connections, but not their fate.
func closedQueueLeavesOthersAlone(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	payment := b.mustSubscribe(t, on, "payment", placed)
	notify := b.mustSubscribe(t, on, "notify", placed)
	said := messages(5, placed)
	mustPublish(t, on, said...)
	if err := payment.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	mustHear(t, notify, said)
	more := messages(5, placed)
	mustPublish(t, on, more...)
	mustHear(t, notify, more)
	// The name is free again, and what was said meanwhile is there.
	again := b.mustSubscribe(t, on, "payment", placed)
	mustHear(t, again, append(said, more...))
}

// A loop that waits for deliveries learns that none will come.
func closeWakesWhoeverWaits(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	one := b.mustSubscribe(t, on, "payment", placed)
	two := b.mustSubscribe(t, on, "notify", placed)
	waiting, longer := one.Arrived(), two.Arrived()
	if err := one.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	<-waiting
	closeBus(t, on)
	<-longer
}
