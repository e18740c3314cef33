package agenda_test

import (
	"context"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// An entry that comes up again while somebody is at it, as when nobody knew for a
// while whether it was committed, is looked at afterwards: never by two at once,
// which could have one mail sent twice, and never not at all.
func TestNobodyElseIsAtAnEntry(t *testing.T) {
	t.Parallel()
	d := open(t)
	at, done := make(chan struct{}), make(chan struct{})
	s := d.step("one", false, func(context.Context, eventlog.Due) error {
		at <- struct{}{}
		<-done
		return nil
	})
	run(t, s) // what was held before is taken up, so that entries can be handed over

	due := eventlog.Due{DueKey: eventlog.DueKey{Kind: eventlog.Duty, Stream: "a-1", Key: "call"}, At: noon}
	for range 2 {
		if !s.Reserve(&due) {
			t.Fatal("Reserve() = false; want room in an idle step")
		}
		s.Begin(due)
	}
	run(t, s)
	<-at
	select {
	case <-at:
		t.Fatal("an entry is attended to by two at once")
	case <-time.After(50 * time.Millisecond): // time enough for a second to come, if one may
	}
	done <- struct{}{}
	<-at // afterwards, be it as a repeat or in its own turn
	done <- struct{}{}
	s.Drain()
}

func run(t *testing.T, s loop.Step) {
	t.Helper()
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}
