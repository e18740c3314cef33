package bustest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"orpheus.example/kit/bus"
)

// publishing are the laws of what is said, and to whom it goes.
func publishing() []law {
	return []law{
		{name: "confirmed_means_queued", check: confirmedMeansQueued},
		{name: "every_hearer_gets_its_copy", check: everyHearerGetsItsCopy},
		{name: "other_types_stay_away", check: otherTypesStayAway},
		{name: "what_nobody_hears_is_named", check: whatNobodyHearsIsNamed},
		{name: "what_nobody_need_hear_holds_up_nobody", check: whatNobodyNeedHearHoldsUpNobody},
		{name: "only_the_first_are_counted", check: onlyTheFirstAreCounted},
		{name: "nothing_to_say_is_no_error", check: nothingToSayIsNoError},
		{name: "many_say_at_once", check: manySayAtOnce},
		{name: "publish_heeds_its_context", check: publishHeedsItsContext},
	}
}

// What is confirmed is there for a hearer that was away, and whose process is
// gone.
func confirmedMeansQueued(t *testing.T, b Broker) {
	hearer := b.mustOpen(t)
	b.mustSubscribe(t, hearer, "payment", placed)
	closeBus(t, hearer)

	said := messages(300, placed)
	checkPublish(t, b.mustOpen(t), said, len(said), nil)

	mustHear(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed), said)
}

// Two hearers of one type do not take from each other, whatever else they hear.
func everyHearerGetsItsCopy(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	payment := b.mustSubscribe(t, on, "payment", placed)
	notify := b.mustSubscribe(t, on, "notify", placed, "payment.v1.PaymentAuthorized")
	said := messages(5, placed)
	mustPublish(t, on, said...)
	mustHear(t, payment, said)
	mustHear(t, notify, said)
}

// A name that begins like another is another.
func otherTypesStayAway(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	payment := b.mustSubscribe(t, on, "payment", placed)
	b.mustSubscribe(t, on, "notify", placed+"Twice", "order.v1")
	mustPublish(t, on, message(placed+"Twice"), message("order.v1"))
	checkSilent(t, payment)
}

// A fact that no queue takes is an error, or a forgotten binding would swallow
// it. It stays one only until somebody hears the type.
func whatNobodyHearsIsNamed(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	b.mustSubscribe(t, on, "payment", placed)
	_, err := on.Publish(t.Context(), []bus.Message{message("order.v1.Unheard")})
	if !errors.Is(err, bus.ErrUnroutable) {
		t.Fatalf("Publish of a type without a queue = %v; want %v", err, bus.ErrUnroutable)
	}
	if !strings.Contains(err.Error(), "order.v1.Unheard") {
		t.Errorf("Publish of a type without a queue = %q; want the type in it", err)
	}
	// Once somebody hears it, it goes.
	b.mustSubscribe(t, on, "late", "order.v1.Unheard")
	checkPublish(t, on, []bus.Message{message("order.v1.Unheard")}, 1, nil)
}

// A fact that nobody need hear goes with the others, and is heard by whoever does
// want it.
func whatNobodyNeedHearHoldsUpNobody(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(3, placed)
	said[1].Type, said[1].Terminal = "inventory.v1.StockLevelChanged", true
	checkPublish(t, on, said, 3, nil)
	checkAllComes(t, q, []bus.Message{said[0], said[2]})

	curious := b.mustSubscribe(t, on, "web", said[1].Type)
	again := messages(1, said[1].Type)
	again[0].Terminal = true
	checkPublish(t, on, again, 1, nil)
	checkAllComes(t, curious, messagesAsHeard(again))
}

// messagesAsHeard returns messages without what does not travel.
func messagesAsHeard(said []bus.Message) []bus.Message {
	heard := slices.Clone(said)
	for i := range heard {
		heard[i].Terminal = false
	}
	return heard
}

// The count is of those before the first that failed, however the others
// fared: those may come as well.
func onlyTheFirstAreCounted(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(100, placed)
	said[40].Type = "order.v1.Unheard"
	checkPublish(t, on, said, 40, bus.ErrUnroutable)

	checkAllComes(t, q, said[:40])
}

// A relay that is done may ask with nothing in hand.
func nothingToSayIsNoError(t *testing.T, b Broker) {
	checkPublish(t, b.mustOpen(t), nil, 0, nil)
}

// All arrive once, and none is answered with what became of another: half of
// those who publish are told that nobody hears them.
func manySayAtOnce(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	var said []bus.Message
	var wg sync.WaitGroup
	for range 6 {
		heard, unheard := messages(200, placed), messages(200, "order.v1.Unheard")
		said = append(said, heard...)
		wg.Go(func() { checkPublish(t, on, heard, len(heard), nil) })
		wg.Go(func() { checkPublish(t, on, unheard, 0, bus.ErrUnroutable) })
	}
	wg.Wait()
	var got []bus.Delivery
	for len(got) < len(said) {
		ds := mustReceive(t, q, 1)
		mustAck(t, q, ds...)
		got = append(got, ds...)
	}
	checkIDs(t, "received", idsOf(got), ids(said))
	checkSilent(t, q)
}

// Who has stopped waiting is answered at once. What was sent may have arrived
// all the same, and to send it again is no error.
func publishHeedsItsContext(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	b.mustSubscribe(t, on, "payment", placed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	said := messages(10, placed)
	if n, err := on.Publish(ctx, said); n < len(said) && !errors.Is(err, context.Canceled) {
		t.Errorf("Publish with a cancelled context = %d, %v; want all, or %v", n, err, context.Canceled)
	}
	checkPublish(t, on, said, len(said), nil)
}
