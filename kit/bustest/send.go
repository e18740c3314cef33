package bustest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"orpheus.example/kit/bus"
)

// sending are the laws of publications that are under way at the same time.
func sending() []law {
	return []law{
		{name: "sent_is_published", check: sentIsPublished},
		{name: "nothing_sent_is_no_error", check: nothingSentIsNoError},
		{name: "sent_halts_behind_a_failure", check: sentHaltsBehindAFailure},
		{name: "sent_tells_its_own_fate", check: sentTellsItsOwnFate},
		{name: "sent_over_breaks_is_in_order", check: sentOverBreaksIsInOrder},
		{name: "closed_bus_sends_nothing", check: closedBusSendsNothing},
	}
}

// mustSend sends messages, and leaves it to the caller to wait.
func mustSend(t *testing.T, on bus.Bus, said ...bus.Message) bus.Sent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel() // how it goes on is a matter of Wait
	return on.Send(ctx, said)
}

// checkSent fails unless Wait returns n, and an error that is want.
func checkSent(t *testing.T, what string, s bus.Sent, n int, want error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got, err := s.Wait(ctx); got != n || !errors.Is(err, want) {
		t.Errorf("Wait(%s) = %d, %v; want %d, %v", what, got, err, n, want)
	}
}

// Many can be under way before the first is waited for, and all arrive.
func sentIsPublished(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	var said []bus.Message
	var under []bus.Sent
	for range 8 {
		more := messages(100, placed)
		said = append(said, more...)
		under = append(under, mustSend(t, on, more...))
	}
	for _, s := range under {
		checkSent(t, "one of many", s, 100, nil)
	}
	checkAllComes(t, q, said)
}

func nothingSentIsNoError(t *testing.T, b Broker) {
	checkSent(t, "nothing", mustSend(t, b.mustOpen(t)), 0, nil)
}

// What is sent after something that cannot be sent must not overtake it. Once
// all are waited for, the way is free.
func sentHaltsBehindAFailure(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	q := b.mustSubscribe(t, on, "payment", placed)
	said := messages(6, placed)
	broken := said[2]
	broken.Type = ""
	one := mustSend(t, on, said[0])
	two := mustSend(t, on, said[1], broken, said[3])
	three := mustSend(t, on, said[4])
	checkSent(t, "what was before", one, 1, nil)
	checkSent(t, "what fails", two, 1, bus.ErrUnfit)
	four := mustSend(t, on, said[5])
	checkSent(t, "what comes after", three, 0, bus.ErrBehind)
	checkSent(t, "what comes after", four, 0, bus.ErrBehind)
	checkSent(t, "what is sent again", mustSend(t, on, said[2:]...), 4, nil)
	mustHear(t, q, said)
}

// Each is answered with what became of it and not of others. What a broker
// refuses it refuses late, so those behind may have gone.
func sentTellsItsOwnFate(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	b.mustSubscribe(t, on, "payment", placed)
	for range 10 {
		bad := messages(20, placed)
		bad[7].Type = "order.v1.Unheard"
		one, two, three := mustSend(t, on, messages(20, placed)...), mustSend(t, on, bad...), mustSend(t, on, messages(20, placed)...)
		checkSent(t, "what is heard", one, 20, nil)
		checkSent(t, "what nobody hears", two, 7, bus.ErrUnroutable)
		n, err := three.Wait(t.Context())
		if went, halted := n == 20 && err == nil, n == 0 && errors.Is(err, bus.ErrBehind); !went && !halted {
			t.Errorf("Wait(what comes after) = %d, %v; want 20, or 0, %v", n, err, bus.ErrBehind)
		}
	}
}

// The facts of a stream reach the queue in order for the first time, also if
// connections break while several publications are under way.
func sentOverBreaksIsInOrder(t *testing.T, b Broker) {
	quiet := b.mustOpen(t)
	q := b.mustSubscribe(t, quiet, "payment", placed)
	if err := q.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close(ctx) = %v; want nil", err)
	}
	said := messages(3000, placed)
	for i := range said {
		said[i].Version, said[i].Correlation = int64(i+1), "one"
	}
	sendAll(t, b, said)
	var top int64
	next := b.mustSubscribe(t, b.mustOpen(t), "payment", placed)
	for top < int64(len(said)) {
		for _, d := range mustReceive(t, next, 1) {
			if d.Version > top+1 {
				t.Fatalf("received %d after %d for the first time; want %d", d.Version, top, top+1)
			}
			top = max(top, d.Version)
			mustAck(t, next, d)
		}
	}
}

// sendAll sends in batches, four under way at a time, and cuts connections every
// now and then, as far as there are any.
func sendAll(t *testing.T, b Broker, said []bus.Message) {
	t.Helper()
	const size = 50
	on := b.mustOpen(t)
	confirmed, late := 0, time.Now().Add(patience)
	for round := 0; confirmed < len(said) && time.Now().Before(late); round++ {
		var under []bus.Sent
		for batch := range slices.Chunk(said[confirmed:min(confirmed+4*size, len(said))], size) {
			under = append(under, mustSend(t, on, batch...))
		}
		if b.Break != nil && round%5 == 2 {
			b.Break(t)
			mustPublish(t, on, probe()) // there is a connection again
			under = append(under, mustSend(t, on, said[min(confirmed+4*size, len(said)-1)]))
		}
		whole := true
		for _, s := range under {
			n, err := s.Wait(t.Context())
			if whole {
				confirmed = min(confirmed+n, len(said))
			}
			whole = whole && err == nil
		}
		if !whole {
			pause(t.Context(), t)
		}
	}
	if confirmed < len(said) {
		t.Fatalf("%d confirmed in %v; want %d", confirmed, patience, len(said))
	}
}

// probe is a message that no queue need take.
func probe() bus.Message {
	m := message("order.v1.Probe")
	m.Terminal = true
	return m
}

func closedBusSendsNothing(t *testing.T, b Broker) {
	on := b.mustOpen(t)
	closeBus(t, on)
	checkSent(t, "on a closed bus", mustSend(t, on, message(placed)), 0, bus.ErrClosed)
}
