package bustest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// fitting are the laws of what a message can hold.
func fitting() []law {
	return []law{
		{name: "all_fields_arrive", check: allFieldsArrive},
		{name: "absent_fields_stay_absent", check: absentFieldsStayAbsent},
		{name: "biggest_messages_arrive", check: biggestMessagesArrive},
		{name: "what_does_not_fit_is_refused", check: whatDoesNotFitIsRefused},
		{name: "wild_cards_are_refused", check: wildCardsAreRefused},
	}
}

// full is a message without an empty field.
func full() bus.Message {
	return bus.Message{
		ID: uuid.New(), Type: placed, Subject: "order-0198f3ac", Version: 7, Source: "order",
		Body:        []byte{0, 1, 2, 0xff},
		Time:        time.Date(2026, 11, 21, 10, 30, 0, 123456789, time.UTC),
		Correlation: "0198f3ac-5f0e", Causation: "0198f3ab", Actor: "customer:ann \u00e9\u4e16",
		Trace:    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Replayed: true,
	}
}

// Nothing is rounded, cut or re-coded on the way.
func allFieldsArrive(t *testing.T, b Broker) { checkRoundTrip(t, b, full()) }

// What was not said is not made up: an absent time is not the epoch.
func absentFieldsStayAbsent(t *testing.T, b Broker) {
	checkRoundTrip(t, b, bus.Message{ID: uuid.New(), Type: placed, Source: "order"})
}

// checkRoundTrip fails unless m arrives as it was sent.
func checkRoundTrip(t *testing.T, b Broker, m bus.Message) {
	t.Helper()
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	mustPublish(t, on, m)
	d := mustReceive(t, q, 1)[0]
	if d.Err != nil {
		t.Fatalf("Delivery.Err = %v; want nil", d.Err)
	}
	if diff := cmp.Diff(m, d.Message, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("message after its way (-want +got):\n%s", diff)
	}
}

// Together these are more than fits into any buffer on the way.
func biggestMessagesArrive(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(40, placed)
	for i := range said {
		said[i].Body = make([]byte, bus.MaxBody)
		said[i].Body[bus.MaxBody-1] = byte(i)
		said[i].Subject = strings.Repeat("s", bus.MaxText)
		said[i].Correlation = strings.Repeat("c", bus.MaxText)
	}
	mustPublish(t, on, said...)
	for _, d := range mustReceive(t, q, len(said)) {
		if d.Err != nil || len(d.Body) != bus.MaxBody {
			t.Fatalf("received %d bytes, error %v; want %d, nil", len(d.Body), d.Err, bus.MaxBody)
		}
		mustAck(t, q, d)
	}
}

// misfits are messages that no bus takes.
func misfits() map[string]bus.Message {
	all := map[string]bus.Message{}
	spoil := func(name string, how func(*bus.Message)) {
		m := full()
		how(&m)
		all[name] = m
	}
	long := strings.Repeat("x", bus.MaxText+1)
	spoil("no id", func(m *bus.Message) { m.ID = uuid.Nil })
	spoil("no type", func(m *bus.Message) { m.Type = "" })
	spoil("long type", func(m *bus.Message) { m.Type = long })
	spoil("long subject", func(m *bus.Message) { m.Subject = long })
	spoil("long source", func(m *bus.Message) { m.Source = long })
	spoil("long correlation", func(m *bus.Message) { m.Correlation = long })
	spoil("long causation", func(m *bus.Message) { m.Causation = long })
	spoil("long actor", func(m *bus.Message) { m.Actor = long })
	spoil("long trace", func(m *bus.Message) { m.Trace = long })
	spoil("long body", func(m *bus.Message) { m.Body = make([]byte, bus.MaxBody+1) })
	spoil("no text", func(m *bus.Message) { m.Actor = "\xff" })
	return all
}

// A message that cannot be sent is an answer and not a fault: those before it
// are sent, and the bus goes on.
func whatDoesNotFitIsRefused(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	for name, m := range misfits() {
		good := message(placed)
		n, err := on.Publish(t.Context(), []bus.Message{good, m, message(placed)})
		if n != 1 || !errors.Is(err, bus.ErrUnfit) {
			t.Errorf("Publish of a message with %s = %d, %v; want 1, %v", name, n, err, bus.ErrUnfit)
		}
		mustHear(t, q, []bus.Message{good})
	}
}

// A subscription names what it hears. A pattern would hear what does not exist
// yet, and some brokers would take it for one.
func wildCardsAreRefused(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	for _, s := range []bus.Subscription{
		{Queue: "", Types: []string{placed}},
		{Queue: "q", Types: []string{""}},
		{Queue: "q", Types: []string{"order.*.OrderPlaced"}},
		{Queue: "q", Types: []string{"#"}},
		{Queue: strings.Repeat("q", bus.MaxText+1)},
	} {
		if _, err := on.Subscribe(t.Context(), s); !errors.Is(err, bus.ErrUnfit) {
			t.Errorf("Subscribe(%.40v) = %v; want %v", s, err, bus.ErrUnfit)
		}
	}
}
