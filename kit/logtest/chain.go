package logtest

import (
	"fmt"
	"testing"

	"orpheus.example/kit/eventlog"
)

// chainLaws are about decisions that rest on events which were not committed
// when they were made. What they must never leave behind is a gap in a stream.
func chainLaws() []Law {
	return []Law{
		{Name: "an_event_may_be_expected_by_its_id", Check: eventExpectedByID},
		{Name: "an_event_that_is_not_written_to_may_be_expected_by_its_id", Check: restingEventExpectedByID},
		{Name: "a_chain_in_one_call_is_kept", Check: chainIsKept},
		{Name: "a_chain_breaks_with_its_first_link", Check: chainBreaks},
		{Name: "a_chain_that_comes_ahead_of_its_beginning_is_a_conflict", Check: chainAhead},
		{Name: "a_chain_is_not_continued_on_anothers_event", Shared: true, Check: chainOnAnothersEvent},
		{Name: "chains_of_many_leave_no_gap", Check: chainsLeaveNoGap},
	}
}

// chained returns u with each expectation resting on the event of its version that
// this package would have made.
func chained(u eventlog.Unit) eventlog.Unit {
	for i, e := range u.Expect {
		if e.Version > 0 {
			u.Expect[i].Last = event(e.Stream, e.Version).ID
		}
	}
	return u
}

// foreign returns a unit that adds one event to stream a which is not the one this
// package would have made.
func foreign(version int64) eventlog.Unit {
	u := grow("a", version, 1)
	u.Events[0].ID = id("foreign")
	return u
}

func eventExpectedByID(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	mustCommit(t, o.Store, foreign(1))
	checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", 2, 1))}, eventlog.ErrConflict)
	right := grow("a", 2, 1)
	right.Expect[0].Last = id("foreign")
	checkOutcomes(t, o.Store, []eventlog.Unit{right}, nil)
	unborn := grow("b", 0, 1)
	unborn.Expect[0].Last = id("b/0") // a stream without events has no last one
	checkOutcomes(t, o.Store, []eventlog.Unit{unborn}, eventlog.ErrConflict)
	checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", 3, 1)), chained(grow("a", 4, 1))}, nil, nil)
	checkHead(t, o.Store, 5)
}

// restingEventExpectedByID has the expectation on a stream that gets no event.
func restingEventExpectedByID(t *testing.T, o Opened) {
	mustCommit(t, o.Store, foreign(0))
	rests := func(stream string) eventlog.Unit {
		u := grow(stream, 0, 1)
		u.Expect = append(u.Expect, eventlog.Expect{Stream: "a", Version: 1, Last: id("a/1")})
		return u
	}
	checkOutcomes(t, o.Store, []eventlog.Unit{rests("b")}, eventlog.ErrConflict)
	right := rests("b")
	right.Expect[1].Last = id("foreign")
	checkOutcomes(t, o.Store, []eventlog.Unit{right, rests("d")}, nil, eventlog.ErrConflict)
	checkHead(t, o.Store, 2)
}

// chainIsKept has each unit rest on the one before it, over two streams.
func chainIsKept(t *testing.T, o Opened) {
	both := grow("a", 3, 1)
	both.Expect = append(both.Expect, eventlog.Expect{Stream: "b", Version: 1})
	both.Events = append(both.Events, event("b", 2))
	mustCommit(t, o.Store,
		grow("a", 0, 2), grow("b", 0, 1), chained(grow("a", 2, 1)), chained(both), chained(grow("b", 2, 1)))
	checkPlaces(t, "ReadStream(a, 0, 9)", mustReadStream(t, o.Store, "a", 0, 9), "1:a/1", "2:a/2", "4:a/3", "5:a/4")
	checkPlaces(t, "ReadStream(b, 0, 9)", mustReadStream(t, o.Store, "b", 0, 9), "3:b/1", "6:b/2", "7:b/3")
}

// chainBreaks has the first link of a chain refused, once for its stream and once
// for its mark. What rests on it must not be kept, and what does not must.
func chainBreaks(t *testing.T, o Opened) {
	mustCommit(t, o.Store, foreign(0), marked(grow("x", 0, 1), "c", "cause", 1))
	checkOutcomes(t, o.Store, []eventlog.Unit{
		grow("a", 0, 1), chained(grow("a", 1, 1)), chained(grow("a", 2, 1)), grow("y", 0, 1),
	}, eventlog.ErrConflict, eventlog.ErrConflict, eventlog.ErrConflict, nil)
	checkOutcomes(t, o.Store, []eventlog.Unit{
		marked(grow("b", 0, 1), "c", "cause", 1), chained(grow("b", 1, 1)), chained(grow("b", 2, 1)), grow("z", 0, 1),
	}, eventlog.ErrHandled, eventlog.ErrConflict, eventlog.ErrConflict, nil)
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:a/1", "2:x/1", "3:y/1", "4:z/1")
}

// chainAhead has links that come before what they rest on, in calls of their own
// and after the process has committed to the stream.
func chainAhead(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	for _, version := range []int64{2, 3, 7} {
		checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", version, 1))}, eventlog.ErrConflict)
		checkOutcomes(t, o.Store, []eventlog.Unit{grow("a", version, 1)}, eventlog.ErrConflict)
	}
	mustCommit(t, o.Store, chained(grow("a", 1, 1)))
	checkOutcomes(t, o.Store, []eventlog.Unit{
		chained(grow("a", 3, 1)), chained(grow("a", 2, 1)), chained(grow("a", 3, 1)),
	}, eventlog.ErrConflict, nil, nil)
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:a/1", "2:a/2", "3:a/3", "4:a/4")
}

// chainOnAnothersEvent has another process write in between, so that what this one
// remembers of the stream is no longer so: the version is there, and it is
// another event.
func chainOnAnothersEvent(t *testing.T, o Opened) {
	another := o.Another(t)
	mustCommit(t, o.Store, grow("a", 0, 1))
	mustCommit(t, another, foreign(1))
	// This process had decided a/2 itself, and a/3 on top of it.
	checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", 1, 1)), chained(grow("a", 2, 1))},
		eventlog.ErrConflict, eventlog.ErrConflict)
	checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", 2, 1))}, eventlog.ErrConflict)
	right := grow("a", 2, 1)
	right.Expect[0].Last = id("foreign")
	checkOutcomes(t, o.Store, []eventlog.Unit{right, chained(grow("a", 3, 1))}, nil, nil)
	mustCommit(t, another, chained(grow("a", 4, 1)))
	checkOutcomes(t, o.Store, []eventlog.Unit{chained(grow("a", 4, 1)), chained(grow("a", 5, 1))},
		eventlog.ErrConflict, nil) // the event is the same, whoever wrote it
	checkPlaces(t, "ReadAll(3, 9)", mustReadAll(t, another, 3, 9), "4:a/4", "5:a/5", "6:a/6")
}

// chainsLeaveNoGap has several processes send links of one chain in every order at
// once. Whatever is kept, versions have no gap and each link rests on its own.
func chainsLeaveNoGap(t *testing.T, o Opened) {
	const writers, links = 6, 40
	ctx, stores := within(t), o.handles(t, 3)
	errs := atOnce(writers, func(i int) error {
		for k := range int64(links) {
			first := (k*7 + int64(i)*13) % links // a jump, and three links from there
			units := []eventlog.Unit{chained(grow("a", first, 1)), chained(grow("a", first+1, 1)), chained(grow("a", first+2, 1))}
			own := grow(fmt.Sprint("own-", i), k, 1)
			if _, err := stores[i%len(stores)].Append(ctx, append(units, own)); err != nil {
				return err
			}
		}
		return nil
	})
	if n := count(errs, nil); n != writers {
		t.Fatalf("Append(links) = %v; want nil", errs)
	}
	for i, e := range mustReadStream(t, o.Store, "a", 0, links+9) {
		if e.Version != int64(i+1) {
			t.Fatalf("event %d of the stream has version %d; want %d", i, e.Version, i+1)
		}
	}
	for i := range writers {
		if got := len(mustReadStream(t, o.Store, fmt.Sprint("own-", i), 0, links+9)); got != links {
			t.Errorf("ReadStream(own-%d) = %d events; want %d, whatever became of its chains", i, got, links)
		}
	}
}
