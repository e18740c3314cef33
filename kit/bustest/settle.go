package bustest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// settling are the laws of when a message comes again, and when not.
func settling() []law {
	return []law{
		{name: "unsettled_comes_again", check: unsettledComesAgain},
		{name: "settled_never_comes_again", check: settledNeverComesAgain},
		{name: "each_is_settled_by_itself", check: eachIsSettledByItself},
		{name: "to_settle_twice_is_to_settle_once", check: toSettleTwiceIsToSettleOnce},
		{name: "rejected_is_a_dead_letter", check: rejectedIsADeadLetter},
		{name: "unread_goes_to_others", check: unreadGoesToOthers},
	}
}

// A hearer that goes away without a word leaves its work to the next.
func unsettledComesAgain(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(10, placed)
	mustPublish(t, on, said...)
	mustReceive(t, q, len(said))
	closeBus(t, on)

	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	again := mustReceive(t, next, len(said))
	checkIDs(t, "received again", idsOf(again), ids(said))
}

// Settled is settled, for the next hearer too, once the broker has heard of
// it.
func settledNeverComesAgain(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(300, placed) // more than are held at a time
	mustPublish(t, on, said...)
	mustHear(t, q, said)
	awaitAcks(t, q)
	closeBus(t, on)
	checkSilent(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed))
}

// The first, the last, some in between and in no order: what comes again is
// exactly the rest.
func eachIsSettledByItself(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	mustPublishEach(t, on, messages(20, placed)...)
	got := mustReceive(t, q, 20)
	mustAck(t, q, got[7], got[5])
	mustAck(t, q, got[19])
	mustAck(t, q, got[2], got[0], got[1])
	mustAck(t, q, got[6])
	if err := q.Reject(got[3]); err != nil {
		t.Errorf("Reject = %v; want nil", err)
	}
	mustAck(t, q, got[4], got[10], got[9])
	awaitAcks(t, q)
	closeBus(t, on)

	var rest []bus.Delivery
	rest = append(rest, got[8])
	rest = append(rest, got[11:19]...)
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	checkIDs(t, "received again", idsOf(mustReceive(t, next, len(rest))), idsOf(rest))
	checkSilent(t, next)
}

// Nothing else is settled by it, and the hearer goes on.
func toSettleTwiceIsToSettleOnce(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(6, placed)
	mustPublishEach(t, on, said...)
	got := mustReceive(t, q, 6)
	mustAck(t, q)
	mustAck(t, q, got[0], got[0], got[2])
	mustAck(t, q, got[0], got[2], got[3])
	for range 2 {
		if err := q.Reject(got[2]); err != nil {
			t.Errorf("Reject of what was settled = %v; want nil", err)
		}
	}
	more := messages(3, placed)
	mustPublish(t, on, more...)
	mustHear(t, q, more)
	awaitAcks(t, q)
	closeBus(t, on)

	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	again := mustReceive(t, next, 3)
	checkIDs(t, "received again", idsOf(again), idsOf([]bus.Delivery{got[1], got[4], got[5]}))
}

// What one hearer sets aside is kept for people to look at. It does not come
// again to any replica, and other hearers get theirs as ever.
func rejectedIsADeadLetter(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	other := b.mustSubscribe(t, on, "notify", placed)
	said := messages(3, placed)
	mustPublish(t, on, said...)
	got := mustReceive(t, q, 3)
	mustAck(t, q, got[0], got[2])
	if err := q.Reject(got[1]); err != nil {
		t.Fatalf("Reject = %v; want nil", err)
	}
	mustHear(t, other, said) // to whom it is no dead letter
	checkDead(t, b, "payment", []uuid.UUID{got[1].ID})
	checkDead(t, b, "notify", nil)
	checkSilent(t, q)
	closeBus(t, on)
	checkSilent(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed))
}

// checkDead waits until the dead letters of a hearer are want.
func checkDead(t *testing.T, b Broker, hearer string, want []uuid.UUID) {
	t.Helper()
	deadline := time.Now().Add(patience)
	got := b.Dead(t, b.Prefix+hearer)
	for len(got) < len(want) && time.Now().Before(deadline) {
		pause(t.Context(), t)
		got = b.Dead(t, b.Prefix+hearer)
	}
	checkIDs(t, "dead letters of "+hearer, got, want)
}

// A queue that is closed keeps from others only what was received from it, and
// that can still be settled.
func unreadGoesToOthers(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(10, placed)
	mustPublishEach(t, on, said...)
	mine := mustReceive(t, q, 3)
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	theirs := mustReceive(t, next, 7)
	checkIDs(t, "received by both", append(idsOf(mine), idsOf(theirs)...), ids(said))
	mustAck(t, q, mine[0], mine[2])
	awaitAcks(t, next)
	closeBus(t, on)
	checkIDs(t, "received again", idsOf(mustReceive(t, next, 1)), idsOf(mine[1:2]))
	checkSilent(t, next)
}
