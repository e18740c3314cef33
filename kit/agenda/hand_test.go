package agenda_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"orpheus.example/kit/agenda"
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

// What somebody has claimed before the end, and hands over after it has begun, is
// due at once for others, rather than when its lease is over.
func TestWhatComesAtTheEndIsGivenBack(t *testing.T) {
	t.Parallel()
	d := open(t)
	due := func(stream string) eventlog.Due {
		return eventlog.Due{DueKey: eventlog.DueKey{Kind: eventlog.Duty, Stream: stream, Key: "call"}, At: noon}
	}
	var s *agenda.Step
	reserved := make(chan struct{})
	s = d.step("one", false, func(context.Context, eventlog.Due) error {
		follows := due("a-2")
		if !s.Reserve(&follows) {
			t.Error("Reserve() = false before the end; want room")
		}
		close(reserved)
		for other := due("a-3"); s.Reserve(&other); runtime.Gosched() { // until the end has begun
			s.Release()
		}
		s.Begin(follows)
		return nil
	})
	run(t, s) // what was held before is taken up, so that entries can be handed over
	first := due("a-1")
	s.Reserve(&first)
	s.Begin(first)
	run(t, s)
	<-reserved
	s.Drain()
	if at, ok, err := d.log.NextDue(t.Context(), eventlog.Duty); err != nil || !ok || !at.Equal(noon) {
		t.Errorf("NextDue() = %v, %v, %v; want what came at the end, due now", at, ok, err)
	}
}

func run(t *testing.T, s loop.Step) {
	t.Helper()
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}
