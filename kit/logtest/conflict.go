package logtest

import (
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// conflictLaws are about decisions that rest on what is no longer so.
func conflictLaws() []Law {
	return []Law{
		{Name: "a_stream_that_is_elsewhere_is_a_conflict", Check: streamElsewhereIsAConflict},
		{Name: "a_conflict_keeps_nothing", Check: conflictKeepsNothing},
		{Name: "a_unit_may_rest_on_streams_it_leaves_alone", Check: unitMayRestOnStreams},
		{Name: "of_many_with_one_expectation_one_wins", Check: oneOfManyWins},
		{Name: "a_broken_unit_panics_in_its_caller", Check: brokenUnitPanics},
	}
}

// streamElsewhereIsAConflict expects too little, too much, and a stream that does
// not exist.
func streamElsewhereIsAConflict(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 2))
	for _, version := range []int64{0, 1, 3} {
		checkOutcomes(t, o.Store, []eventlog.Unit{grow("a", version, 1)}, eventlog.ErrConflict)
	}
	checkOutcomes(t, o.Store, []eventlog.Unit{grow("unborn", 1, 1)}, eventlog.ErrConflict)
	checkHead(t, o.Store, 2)
	mustCommit(t, o.Store, grow("a", 2, 1))
}

// conflictKeepsNothing has a unit with something of every kind; one of its
// streams has moved on.
func conflictKeepsNothing(t *testing.T, o Opened) {
	old := eventlog.DueKey{Kind: "k", Stream: "a", Key: "old"}
	mustCommit(t, o.Store, grow("a", 0, 1), eventlog.Unit{Set: []eventlog.Due{{DueKey: old, At: noon}}})
	unit := marked(grow("b", 0, 2), "c", "cause", 1)
	unit.Expect = append(unit.Expect, eventlog.Expect{Stream: "a", Version: 0})
	unit.Set = []eventlog.Due{{DueKey: eventlog.DueKey{Kind: "k", Stream: "a", Key: "new"}, At: noon}}
	unit.Clear = []eventlog.DueKey{old}
	checkOutcomes(t, o.Store, []eventlog.Unit{unit}, eventlog.ErrConflict)
	checkHead(t, o.Store, 1)
	checkKeys(t, o.Store, "k", noon, "old")
	unit.Expect[1].Version = 1
	checkOutcomes(t, o.Store, []eventlog.Unit{unit}, nil) // its mark was not kept either
	checkKeys(t, o.Store, "k", noon.Add(time.Hour), "new")
}

// unitMayRestOnStreams has a decision that looks at one stream and writes to
// another. It holds only as long as what it looked at does.
func unitMayRestOnStreams(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("prices", 0, 1))
	unit := grow("order", 0, 1)
	unit.Expect = append(unit.Expect, eventlog.Expect{Stream: "prices", Version: 1}, eventlog.Expect{Stream: "none"})
	mustCommit(t, o.Store, unit)
	again := grow("order", 1, 1)
	again.Expect = append(again.Expect, eventlog.Expect{Stream: "prices", Version: 0})
	checkOutcomes(t, o.Store, []eventlog.Unit{again}, eventlog.ErrConflict)
	checkPlaces(t, "ReadStream(prices, 0, 9)", mustReadStream(t, o.Store, "prices", 0, 9), "1:prices/1")
}

// oneOfManyWins has many processes decide about one stream at once.
func oneOfManyWins(t *testing.T, o Opened) {
	ctx, stores := within(t), o.handles(t, 3)
	outcomes := atOnce(30, func(i int) error {
		got, err := stores[i%len(stores)].Append(ctx, []eventlog.Unit{grow("a", 0, 2)})
		if err != nil {
			return err
		}
		return got[0].Err
	})
	if won, lost := count(outcomes, nil), count(outcomes, eventlog.ErrConflict); won != 1 || lost != 29 {
		t.Errorf("Append(same unit) 30 times: %d committed, %d conflicts, of %v; want 1, 29", won, lost, outcomes)
	}
	checkHead(t, o.Store, 2)
}

// brokenUnitPanics recovers from the panic, as a server around the caller does,
// and finds the store unharmed.
func brokenUnitPanics(t *testing.T, o Opened) {
	gap := grow("a", 0, 2)
	gap.Events[1].Version = 3
	unexpected := grow("a", 0, 1)
	unexpected.Events = append(unexpected.Events, event("b", 1))
	late := grow("a", 0, 1)
	late.Expect[0].Version = 7
	for name, unit := range map[string]eventlog.Unit{"gap": gap, "unexpected": unexpected, "late": late} {
		if !panics(func() { _, _ = o.Store.Append(within(t), []eventlog.Unit{unit}) }) {
			t.Errorf("Append(%s) does not panic; want it to", name)
		}
	}
	mustCommit(t, o.Store, grow("a", 0, 1))
	checkHead(t, o.Store, 1)
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}
