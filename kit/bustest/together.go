package bustest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// together are the laws of messages that are published together, and so may
// travel together.
func together() []law {
	return []law{
		{name: "together_each_keeps_its_fields", check: togetherEachKeepsItsFields},
		{name: "together_no_stream_is_inverted", check: togetherNoStreamIsInverted},
		{name: "together_unsettled_comes_again", check: togetherUnsettledComesAgain},
		{name: "together_rejected_goes_alone", check: togetherRejectedGoesAlone},
		{name: "together_unread_goes_to_others", check: togetherUnreadGoesToOthers},
		{name: "together_hearer_holds_no_more", check: togetherHearerHoldsNoMore},
	}
}

// What is said of one message is not said of its neighbours.
func togetherEachKeepsItsFields(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := map[uuid.UUID]bus.Message{}
	var all []bus.Message
	for i := range 10 {
		one, bare := full(), bus.Message{ID: uuid.New(), Type: placed, Source: "order"}
		one.Subject, one.Trace, one.Body = fmt.Sprint("order-", i), fmt.Sprint("trace-", i), fmt.Append(nil, i)
		one.Actor, one.Causation, one.Correlation = strconv.Itoa(i%3), strconv.Itoa(i%2), strconv.Itoa(i)
		one.Version, one.Replayed = int64(i), i%2 == 0
		said[one.ID], said[bare.ID] = one, bare
		all = append(all, one, bare)
	}
	mustPublish(t, on, all...)
	for _, d := range mustReceive(t, q, len(all)) {
		if diff := cmp.Diff(said[d.ID], d.Message, cmpopts.EquateEmpty()); diff != "" || d.Err != nil {
			t.Errorf("message after its way, error %v (-want +got):\n%s", d.Err, diff)
		}
		mustAck(t, q, d)
	}
}

// However types and streams are mixed, what a queue takes of one stream it takes
// in order for the first time.
func togetherNoStreamIsInverted(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	kinds := []string{"order.v1.Delivered", "order.v1.Shipped", placed}
	q := b.mustSubscribe(t, on, "notify", kinds...)
	var said []bus.Message
	for i := range 240 {
		m := message(kinds[i*i%7%len(kinds)])
		m.Subject, m.Version, m.Correlation = fmt.Sprint("order-", i*5%11), int64(i), "one"
		said = append(said, m)
	}
	mustPublish(t, on, said...)
	last := map[string]int64{}
	for range said {
		d := mustReceive(t, q, 1)[0]
		if before, ok := last[d.Subject]; ok && d.Version < before {
			t.Errorf("received %d of %s after %d; want it before", d.Version, d.Subject, before)
		}
		last[d.Subject] = d.Version
		mustAck(t, q, d)
	}
}

// After a break all that was not settled comes again. What was may come with it,
// until all is settled; then nothing does.
func togetherUnsettledComesAgain(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(30, placed)
	mustPublish(t, on, said...)
	var rest []bus.Message
	for i, d := range mustReceive(t, q, len(said)) {
		if i%3 == 0 {
			rest = append(rest, d.Message)
			continue
		}
		mustAck(t, q, d)
	}
	b.mustBreak(t)
	checkAllComes(t, q, rest)
	for drained := false; !drained; { // of what was settled too shortly before the break
		select {
		case <-q.Arrived():
			mustAck(t, q, q.Receive(len(said))...)
		case <-time.After(quiet):
			drained = true
		}
	}
	closeBus(t, on)
	checkSilent(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed))
}

// What is rejected is a dead letter alone, whatever its neighbours come to, and
// once all is settled nothing comes again.
func togetherRejectedGoesAlone(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(20, placed)
	mustPublish(t, on, said...)
	var dead []uuid.UUID
	for i, d := range mustReceive(t, q, len(said)) {
		if i%7 != 3 {
			mustAck(t, q, d)
			continue
		}
		for range 2 { // to reject twice is to reject once
			if err := q.Reject(d); err != nil {
				t.Fatalf("Reject = %v; want nil", err)
			}
		}
		mustAck(t, q, d) // and it cannot be undone
		dead = append(dead, d.ID)
	}
	checkDead(t, b, "payment", dead)
	awaitAcks(t, q)
	closeBus(t, on)
	checkSilent(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed))
	checkDead(t, b, "payment", dead)
}

// What nobody has received when a queue is closed goes to others once its
// neighbours are settled, even if those come again with it.
func togetherUnreadGoesToOthers(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(10, placed)
	mustPublish(t, on, said...)
	mine := mustReceive(t, q, 3)
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	mustAck(t, q, mine...)
	var rest []bus.Message
	for _, m := range said {
		if m.ID != mine[0].ID && m.ID != mine[1].ID && m.ID != mine[2].ID {
			rest = append(rest, m)
		}
	}
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	checkAllComes(t, next, rest)
}

// What a hearer may hold is counted in messages, however they travel.
func togetherHearerHoldsNoMore(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribeTo(t, on, bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 5})
	said := messages(23, placed)
	mustPublish(t, on, said...)
	var got []uuid.UUID
	for len(got) < len(said) {
		held := mustReceive(t, q, min(5, len(said)-len(got)))
		if more := q.Receive(100); len(more) > 0 {
			t.Fatalf("received %d while holding %d; want 0", len(more), len(held))
		}
		got = append(got, idsOf(held)...)
		mustAck(t, q, held...)
	}
	checkIDs(t, "received", got, ids(said))
}
