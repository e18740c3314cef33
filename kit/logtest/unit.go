package logtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// unitLaws are about units among units.
func unitLaws() []Law {
	return []Law{
		{Name: "a_unit_may_span_streams", Check: unitMaySpanStreams},
		{Name: "units_see_those_before_them", Check: unitsSeeThoseBefore},
		{Name: "a_refused_unit_harms_no_other", Check: refusedUnitHarmsNoOther},
		{Name: "a_caller_that_leaves_harms_no_other", Check: leavingCallerHarmsNoOther},
	}
}

// unitMaySpanStreams has the events of two streams in turns; they keep the order
// in which they were given.
func unitMaySpanStreams(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	mustCommit(t, o.Store, eventlog.Unit{
		Expect: []eventlog.Expect{{Stream: "b", Version: 0}, {Stream: "a", Version: 1}},
		Events: []eventlog.Record{event("a", 2), event("b", 1), event("a", 3)},
	})
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:a/1", "2:a/2", "3:b/1", "4:a/3")
}

// unitsSeeThoseBefore has units of one call build on each other. A driver may
// commit them together; it must decide as if it had not.
func unitsSeeThoseBefore(t *testing.T, o Opened) {
	checkOutcomes(t, o.Store, []eventlog.Unit{
		grow("a", 0, 1), grow("a", 0, 1), grow("a", 1, 1), grow("a", 1, 1),
	}, nil, eventlog.ErrConflict, nil, eventlog.ErrConflict)
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:a/1", "2:a/2")
}

// refusedUnitHarmsNoOther has one refusal of each kind between two good units.
func refusedUnitHarmsNoOther(t *testing.T, o Opened) {
	mustCommit(t, o.Store, marked(grow("a", 0, 1), "c", "cause", 1))
	checkOutcomes(t, o.Store, []eventlog.Unit{
		grow("b", 0, 1),
		grow("a", 5, 1),
		marked(grow("d", 0, 1), "c", "cause", 1),
		marked(grow("d", 0, 1), "c", "cause", 2),
		grow("d", 0, 2),
	}, nil, eventlog.ErrConflict, eventlog.ErrHandled, eventlog.ErrReused, nil)
	checkPlaces(t, "ReadAll(1, 9)", mustReadAll(t, o.Store, 1, 9), "2:b/1", "3:d/1", "4:d/2")
}

// leavingCallerHarmsNoOther has callers that give up after less and less time
// among others that stay. What those who left had appended is there whole, or
// not at all.
func leavingCallerHarmsNoOther(t *testing.T, o Opened) {
	const callers = 100
	ctx := within(t)
	errs := atOnce(callers, func(i int) error {
		mine, cancel := ctx, func() {}
		if i%2 == 0 {
			mine, cancel = context.WithTimeout(ctx, time.Duration(callers-i)*100*time.Microsecond)
		}
		defer cancel()
		_, err := o.Store.Append(mine, []eventlog.Unit{grow(fmt.Sprint("s", i), 0, 2)})
		return err
	})
	for i, err := range errs {
		kept := len(mustReadStream(t, o.Store, fmt.Sprint("s", i), 0, 9))
		switch {
		case err == nil && kept != 2, err != nil && kept == 1:
			t.Errorf("Append(s%d) = %v, and %d of 2 events are there", i, err, kept)
		case err != nil && i%2 == 1:
			t.Errorf("Append(s%d) = %v; want nil, whoever else has left", i, err)
		}
	}
}
