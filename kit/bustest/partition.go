package bustest

import (
	"slices"
	"testing"

	"orpheus.example/kit/bus"
)

// partitions are the laws of hearers that have several queues.
func partitions() []law {
	three := Wants{Partitions: 3}
	return []law{
		{name: "all_partitions_are_heard", wants: three, check: allPartitionsAreHeard},
		{name: "partitions_settle_in_any_order", wants: three, check: partitionsSettleInAnyOrder},
		{name: "replicas_share_partitions", wants: three, check: replicasSharePartitions},
		{name: "rejected_of_any_partition_is_a_dead_letter", wants: three, check: rejectedOfAnyPartition},
	}
}

// Whoever publishes and whoever hears reach the same queues, whatever the
// undertaking.
func allPartitionsAreHeard(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(300, placed)
	checkPublish(t, b.mustOpen(t), said, len(said), nil)
	mustHear(t, q, said)
}

// Deliveries of several queues are mixed. To settle one must not settle another
// that merely came earlier, or has not even arrived.
func partitionsSettleInAnyOrder(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	mustPublishEach(t, on, messages(60, placed)...)
	got := mustReceive(t, q, 60)
	var kept []bus.Delivery
	for i, d := range slices.Backward(got) {
		if i%4 == 0 {
			kept = append(kept, d)
			continue
		}
		mustAck(t, q, d)
	}
	awaitAcks(t, q)
	closeBus(t, on)
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	checkIDs(t, "received again", idsOf(mustReceive(t, next, len(kept))), idsOf(kept))
	checkSilent(t, next)
}

// Two replicas that hear at the same time both hear all partitions, and lose
// nothing between them.
func replicasSharePartitions(t *testing.T, b Broker) {
	one := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	two := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	said := messages(120, placed)
	mustPublish(t, b.mustOpen(t), said...)
	var got []bus.Delivery
	for len(got) < len(said) {
		select {
		case <-one.Arrived():
			got = append(got, takeAll(t, one)...)
		case <-two.Arrived():
			got = append(got, takeAll(t, two)...)
		case <-t.Context().Done():
			t.Fatalf("received %d; want %d", len(got), len(said))
		}
	}
	checkIDs(t, "received by both", idsOf(got), ids(said))
}

// takeAll receives and settles what is there.
func takeAll(t *testing.T, q bus.Queue) []bus.Delivery {
	t.Helper()
	got := q.Receive(1000)
	mustAck(t, q, got...)
	return got
}

// All partitions of a hearer share one place for dead letters.
func rejectedOfAnyPartition(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(12, placed)
	mustPublish(t, on, said...)
	for _, d := range mustReceive(t, q, len(said)) {
		if err := q.Reject(d); err != nil {
			t.Fatalf("Reject = %v; want nil", err)
		}
	}
	checkDead(t, b, "payment", ids(said))
	checkSilent(t, q)
}
