package membus_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/membus"
)

// What comes again is older than what has not come, and goes before it.
func TestOldestFirst(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, membus.Config{})
	one, two := mustSubscribe(t, b, "payment"), mustSubscribe(t, b, "payment")
	said := messages(6)
	mustPublish(t, b, said...)
	var second []bus.Delivery
	for range 2 { // in turn, so that each holds some that are older than the other's
		one.Receive(1)
		second = append(second, two.Receive(1)...)
	}
	if err := two.Ack(second[0]); err != nil {
		t.Fatal(err)
	}
	if err := b.Break(); err != nil {
		t.Fatal(err)
	}
	got := one.Receive(10)
	want := idsOf(said)
	want = slices.Delete(want, 1, 2)
	if diff := cmp.Diff(want, heard(got)); diff != "" {
		t.Errorf("received after a break (-want +got):\n%s", diff)
	}
	for i, d := range got {
		if again := i < 3; d.Redelivered != again {
			t.Errorf("delivery %d: Redelivered = %v; want %v", i, d.Redelivered, again)
		}
	}
}

// A simulator chooses what comes next.
func TestNextChooses(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, membus.Config{Next: func(_ string, ready int) int { return ready - 1 }})
	q := mustSubscribe(t, b, "payment")
	said := messages(4)
	mustPublish(t, b, said...)
	want := idsOf(said)
	slices.Reverse(want)
	if diff := cmp.Diff(want, heard(q.Receive(4))); diff != "" {
		t.Errorf("received, youngest first (-want +got):\n%s", diff)
	}
}

// A queue that is full refuses, until something in it is settled; what is held
// and what is dead counts, too. No hearer gets what another has no room for.
func TestCap(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, membus.Config{Cap: 3})
	q := mustSubscribe(t, b, "payment")
	on := b.Connect("order")
	if n, err := on.Publish(t.Context(), messages(5)); n != 3 || !errors.Is(err, bus.ErrRefused) {
		t.Fatalf("Publish of 5 into room for 3 = %d, %v; want 3, %v", n, err, bus.ErrRefused)
	}
	mustSubscribe(t, b, "notify")
	got := q.Receive(3)
	if err := q.Reject(got[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := on.Publish(t.Context(), messages(1)); n != 0 || !errors.Is(err, bus.ErrRefused) {
		t.Errorf("Publish into a full queue = %d, %v; want 0, %v", n, err, bus.ErrRefused)
	}
	if err := q.Ack(got[1]); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, b, messages(1)...)
	want := []membus.View{
		{Queue: "payment", Ready: 1, Unsettled: 1, Dead: 1, Hearers: 1},
		{Queue: "notify", Ready: 1, Hearers: 1},
	}
	if diff := cmp.Diff(want, b.Queues()); diff != "" {
		t.Errorf("Queues() (-want +got):\n%s", diff)
	}
}

// The dead may come back, all or some, and for good.
func TestRevive(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, membus.Config{Path: path(t)})
	q := mustSubscribe(t, b, "payment")
	said := messages(3)
	mustPublish(t, b, said...)
	for _, d := range q.Receive(3) {
		if err := q.Reject(d); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.Revive("payment", said[1].ID, uuid.New()); n != 1 {
		t.Errorf("Revive(payment, one that is dead, one that is not) = %d; want 1", n)
	}
	mustRestart(t, b)
	if got, want := heard(q.Receive(3)), idsOf(said[1:2]); !slices.Equal(got, want) {
		t.Errorf("received %v; want %v", got, want)
	}
	if n := b.Revive("payment"); n != 2 || len(b.Dead("payment")) != 0 {
		t.Errorf("Revive(payment) = %d with %d left; want 2, 0", n, len(b.Dead("payment")))
	}
	if n := b.Revive("nobody"); n != 0 || b.Dead("nobody") != nil {
		t.Errorf("Revive(nobody) = %d; want 0", n)
	}
}
