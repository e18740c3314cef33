package bustest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// failing are the laws of connections that break and brokers that die.
func failing() []law {
	return []law{
		{name: "break_loses_nothing", check: breakLosesNothing},
		{name: "late_ack_settles_nothing", check: lateAckSettlesNothing},
		{name: "both_ways_come_back", check: bothWaysComeBack},
		{name: "confirmed_survives_a_restart", wants: Wants{Restart: true}, check: confirmedSurvivesARestart},
	}
}

// mustBreak breaks all connections, if there are any.
func (b Broker) mustBreak(t *testing.T) {
	t.Helper()
	if b.Break == nil { // so says who opens it; of our own buses each has some
		t.Skip("this bus has no connections that could break")
	}
	b.Break(t)
}

// What was delivered before the break and not settled comes again after it, and
// what was not delivered comes.
func breakLosesNothing(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribeTo(t, on, bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 8})
	said := messages(20, placed)
	mustPublish(t, on, said...)
	mustReceive(t, q, 5)
	b.mustBreak(t)
	mustHear(t, q, said)
}

// An ack that comes after a break means a delivery that has been sent anew
// since. On the new connection the same number belongs to another message,
// which nobody has worked on.
func lateAckSettlesNothing(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribeTo(t, on, bus.Subscription{Queue: "payment", Types: []string{placed}, Prefetch: 4})
	said := messages(8, placed)
	mustPublish(t, on, said...)
	old := mustReceive(t, q, 4)
	b.mustBreak(t)
	fresh := mustReceive(t, q, 4)
	for _, d := range old {
		if slices.Contains([]uint64{fresh[0].Epoch, fresh[1].Epoch, fresh[2].Epoch, fresh[3].Epoch}, d.Epoch) {
			t.Fatalf("Epoch = %d before and after a break; want two", d.Epoch)
		}
		mustAck(t, q, d)
		if err := q.Reject(d); err != nil {
			t.Errorf("Reject after a break = %v; want nil", err)
		}
	}
	checkSilent(t, q) // all four that it may hold are still held
	closeBus(t, on)
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	checkIDs(t, "received again", idsOf(mustReceive(t, next, 8)), ids(said))
}

// The bus mends itself, as often as it must, without a word from those who use
// it. What was settled right before a break may come twice.
func bothWaysComeBack(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	for range 3 {
		said := messages(10, placed)
		mustPublish(t, on, said...)
		checkAllComes(t, q, said) // with some from before, the ack of which was cut off
		b.mustBreak(t)
	}
	said := messages(10, placed)
	mustPublish(t, on, said...)
	checkAllComes(t, q, said)
}

// The broker dies in the middle of being published to. What it had confirmed is
// there when it is back; what it had not is sent again, and may be there twice.
func confirmedSurvivesARestart(t *testing.T, b Broker) {
	if b.Restart == nil { // as of a bus in memory: its end is that of all it has
		t.Skip("this bus keeps nothing over a restart")
	}
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	confirmed := make(chan []bus.Message)
	stop := make(chan struct{})
	go publishUntil(t, on, stop, confirmed)
	said := <-confirmed // it is in full flow
	b.Restart(t)
	close(stop)
	for more := range confirmed {
		said = append(said, more...)
	}
	last := messages(10, placed)
	mustPublish(t, on, last...)
	checkAllComes(t, b.mustSubscribe(t, b.mustOpen(t), "payment", placed), append(said, last...))
}

// publishUntil publishes batch after batch, and tells what was confirmed: of
// the first ten, and of all others at the end.
func publishUntil(t *testing.T, on bus.Bus, stop <-chan struct{}, confirmed chan<- []bus.Message) {
	defer close(confirmed)
	var said []bus.Message
	for i := 0; ; i++ {
		batch := messages(256, placed)
		n, err := on.Publish(t.Context(), batch)
		said = append(said, batch[:n]...)
		switch {
		case errors.Is(err, bus.ErrDown):
			pause(t.Context(), t)
		case err != nil:
			t.Errorf("Publish during a restart = %v; want nil or %v", err, bus.ErrDown)
		}
		select {
		case <-stop:
			confirmed <- said
			return
		default:
		}
		if i == 10 {
			confirmed <- said
			said = nil
		}
	}
}

// checkAllComes fails unless each of want comes. Others may come too.
func checkAllComes(t *testing.T, q bus.Queue, want []bus.Message) {
	t.Helper()
	missing := map[uuid.UUID]bool{}
	for _, m := range want {
		missing[m.ID] = true
	}
	late := time.After(patience)
	for len(missing) > 0 {
		got := q.Receive(256)
		for _, d := range got {
			delete(missing, d.ID)
		}
		mustAck(t, q, got...)
		if len(got) > 0 {
			continue
		}
		select {
		case <-q.Arrived():
		case <-late:
			t.Fatalf("%d of %d confirmed messages have not come in %v; want all", len(missing), len(want), patience)
		}
	}
}
