package logtest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"orpheus.example/kit/eventlog"
)

// markLaws are about causes that come twice: brokers deliver again, callers try
// again, processes come back.
func markLaws() []Law {
	return []Law{
		{Name: "a_cause_is_handled_once", Check: causeIsHandledOnce},
		{Name: "a_cause_is_handled_once_by_each_consumer", Check: causeIsHandledByEach},
		{Name: "one_id_with_two_contents_is_refused", Check: idWithTwoContentsIsRefused},
		{Name: "a_content_of_zero_is_not_compared", Check: zeroContentIsNotCompared},
		{Name: "a_handled_cause_is_no_conflict", Check: handledCauseIsNoConflict},
		{Name: "a_cause_may_have_no_effect", Check: causeMayHaveNoEffect},
		{Name: "a_cause_is_handled_once_whatever_it_led_to", Check: causeIsHandledOnceWhateverItLedTo},
		{Name: "a_mark_is_asked_for_and_not_left", Check: markIsAskedFor},
		{Name: "of_many_with_one_cause_one_is_handled", Check: oneCauseAmongMany},
	}
}

// causeIsHandledOnce has the repeat in a later call and within one call.
func causeIsHandledOnce(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c", "cause", 1))
	checkOutcomes(t, o.Store, []eventlog.Unit{marked(grow("b", 0, 1), "c", "cause", 1)}, eventlog.ErrHandled)
	checkOutcomes(t, o.Store, []eventlog.Unit{
		marked(grow("d", 0, 1), "c", "other", 1),
		marked(grow("e", 0, 1), "c", "other", 1),
	}, nil, eventlog.ErrHandled)
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:a/1", "2:d/1")
}

// causeIsHandledByEach has several consumers hear the same fact in one store.
func causeIsHandledByEach(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c1", "cause", 1), marked(grow("b", 0, 1), "c2", "cause", 2))
	mustCommit(t, o.Store, marked(grow("d", 0, 1), "c3", "cause", 3))
	checkHead(t, o.Store, 3)
}

// idWithTwoContentsIsRefused protects the caller who takes one request id for two
// requests from being told that the second was done.
func idWithTwoContentsIsRefused(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c", "request", 1))
	checkOutcomes(t, o.Store, []eventlog.Unit{marked(grow("b", 0, 1), "c", "request", 2)}, eventlog.ErrReused)
	checkOutcomes(t, o.Store, []eventlog.Unit{marked(grow("b", 0, 1), "c", "request", 1)}, eventlog.ErrHandled)
	checkOutcomes(t, o.Store, []eventlog.Unit{
		marked(grow("d", 0, 1), "c", "next", -1),
		marked(grow("e", 0, 1), "c", "next", 1),
	}, nil, eventlog.ErrReused)
	checkHead(t, o.Store, 2)
}

// zeroContentIsNotCompared is for causes that have an id and nothing to compare.
func zeroContentIsNotCompared(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c", "with", 5), marked(grow("b", 0, 1), "c", "without", 0))
	checkOutcomes(t, o.Store, []eventlog.Unit{
		marked(grow("d", 0, 1), "c", "with", 0),
		marked(grow("e", 0, 1), "c", "without", 5),
	}, eventlog.ErrHandled, eventlog.ErrHandled)
}

// handledCauseIsNoConflict repeats a unit as it was: its stream has moved on, by
// itself.
func handledCauseIsNoConflict(t *testing.T, o Opened) {
	unit := marked(grow("a", 0, 1), "c", "cause", 1)
	mustCommit(t, o.Store, unit)
	checkOutcomes(t, o.Store, []eventlog.Unit{unit}, eventlog.ErrHandled)
}

// causeMayHaveNoEffect has a fact that is heard and changes nothing. That it was
// heard must be kept all the same.
func causeMayHaveNoEffect(t *testing.T, o Opened) {
	unit := marked(eventlog.Unit{}, "c", "cause", 1)
	checkOutcomes(t, o.Store, []eventlog.Unit{unit}, nil)
	checkOutcomes(t, o.Store, []eventlog.Unit{unit}, eventlog.ErrHandled)
	checkHead(t, o.Store, 0)
}

// causeIsHandledOnceWhateverItLedTo has causes that led to events which name them, to
// events which name another, and to none: a driver may keep their marks in different
// ways, and each repeat has to find them all.
func causeIsHandledOnceWhateverItLedTo(t *testing.T, o Opened) {
	led := func(way int, cause string, digest int64) eventlog.Unit {
		u := grow(cause, 0, 2)
		switch way {
		case 0:
			u = following(u, cause)
		case 1:
			u = eventlog.Unit{}
		}
		return marked(u, "c", cause, digest)
	}
	for first := range 3 {
		for second := range 3 {
			cause := fmt.Sprint("cause", first, second)
			mustCommit(t, o.Store, led(first, cause, math.MinInt64))
			checkOutcomes(t, o.Store, []eventlog.Unit{
				led(second, cause, math.MinInt64), led(second, cause, 0), led(second, cause, math.MaxInt64),
			}, eventlog.ErrHandled, eventlog.ErrHandled, eventlog.ErrReused)
			checkMarked(t, o.Store, eventlog.Mark{Consumer: "c", ID: id(cause), Digest: math.MinInt64}, true, nil)
			checkMarked(t, o.Store, eventlog.Mark{Consumer: "d", ID: id(cause), Digest: math.MinInt64}, false, nil)
		}
	}
	checkHead(t, o.Store, 2*2*3)
}

// markIsAskedFor has causes handled after somebody asked whether they had been:
// nothing of the question may be left.
func markIsAskedFor(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c", "cause", 1))
	for range 2 {
		checkMarked(t, o.Store, eventlog.Mark{Consumer: "c", ID: id("cause"), Digest: 1}, true, nil)
		checkMarked(t, o.Store, eventlog.Mark{Consumer: "c", ID: id("cause")}, true, nil)
		checkMarked(t, o.Store, eventlog.Mark{Consumer: "c", ID: id("cause"), Digest: 2}, false, eventlog.ErrReused)
		checkMarked(t, o.Store, eventlog.Mark{Consumer: "c", ID: id("other"), Digest: 1}, false, nil)
		checkMarked(t, o.Store, eventlog.Mark{Consumer: "d", ID: id("cause"), Digest: 1}, false, nil)
	}
	mustCommit(t, o.Store, marked(grow("b", 0, 1), "c", "other", 2), marked(grow("d", 0, 1), "d", "cause", 2))
	checkHead(t, o.Store, 3)
}

// checkMarked compares what is said of a mark.
func checkMarked(t *testing.T, log eventlog.Log, m eventlog.Mark, want bool, wantErr error) {
	t.Helper()
	if got, err := eventlog.Marked(within(t), log, m); got != want || !errors.Is(err, wantErr) {
		t.Errorf("Marked(%+v) = %t, %v; want %t, %v", m, got, err, want, wantErr)
	}
}

// oneCauseAmongMany has the repeats meet in the middle, in several processes and
// on different streams, so that nothing but the mark keeps them apart.
func oneCauseAmongMany(t *testing.T, o Opened) {
	ctx, stores := within(t), o.handles(t, 3)
	outcomes := atOnce(30, func(i int) error {
		unit := marked(grow(fmt.Sprint("s", i), 0, 1), "c", "cause", 1)
		if i%2 == 0 {
			unit = following(unit, "cause")
		}
		got, err := stores[i%len(stores)].Append(ctx, []eventlog.Unit{unit})
		if err != nil {
			return err
		}
		return got[0].Err
	})
	if done, before := count(outcomes, nil), count(outcomes, eventlog.ErrHandled); done != 1 || before != 29 {
		t.Errorf("Append(same cause) 30 times: %d committed, %d handled before, of %v; want 1, 29", done, before, outcomes)
	}
	checkHead(t, o.Store, 1)
}
