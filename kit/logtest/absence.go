package logtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"orpheus.example/kit/eventlog"
)

// absenceLaws are about decisions that rest on there being no stream of a name:
// nothing of this order is parked, nobody has closed this account. Such a stream
// gets no event from them, so no key but the expectation keeps them apart from who
// begins it at the same time.
func absenceLaws() []Law {
	return []Law{
		{Name: "a_stream_may_be_expected_not_to_be_there", Check: streamMayBeAbsent},
		{Name: "an_absence_ends_with_the_first_event", Check: absenceEnds},
		{Name: "an_absence_ends_within_a_call", Check: absenceEndsWithinACall},
		{Name: "an_absence_that_another_process_has_ended_is_a_conflict", Shared: true, Check: absenceEndedElsewhere},
		{Name: "who_rests_on_an_absence_never_comes_after_its_end", Check: absenceIsNeverOutrun},
	}
}

// guarded returns a unit as of a fact heard: a mark, an event of order-name, and
// nothing but the expectation of dead-name.
func guarded(name string, version int64) eventlog.Unit {
	u := marked(grow("order-"+name, version, 1), "c", fmt.Sprintf("heard-%s-%d", name, version), 1)
	u.Expect = append(u.Expect, eventlog.Expect{Stream: "dead-" + name})
	return u
}

// parking returns a unit that begins dead-name.
func parking(name string) eventlog.Unit {
	return marked(grow("dead-"+name, 0, 1), "c", "parked-"+name, 1)
}

// streamMayBeAbsent has many rest on absent streams, several on the same one, and
// one unit that rests on nothing else and writes nothing but its mark.
func streamMayBeAbsent(t *testing.T, o Opened) {
	silent := marked(eventlog.Unit{Expect: []eventlog.Expect{{Stream: "dead-a"}}}, "c", "silent", 1)
	mustCommit(t, o.Store, guarded("a", 0), guarded("a", 1), guarded("b", 0), silent)
	mustCommit(t, o.Store, guarded("a", 2))
	checkHead(t, o.Store, 4)
}

// absenceEnds has the stream begin in a call of its own. Who rests on its absence
// is refused whole, mark included, and others are not.
func absenceEnds(t *testing.T, o Opened) {
	mustCommit(t, o.Store, guarded("a", 0))
	mustCommit(t, o.Store, parking("a"))
	checkOutcomes(t, o.Store, []eventlog.Unit{guarded("a", 1), guarded("b", 0)}, eventlog.ErrConflict, nil)
	behind := guarded("a", 1)
	behind.Expect[1].Version = 1
	checkOutcomes(t, o.Store, []eventlog.Unit{behind}, nil) // its mark was not kept before
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:order-a/1", "2:dead-a/1", "3:order-b/1", "4:order-a/2")
}

func absenceEndsWithinACall(t *testing.T, o Opened) {
	checkOutcomes(t, o.Store, []eventlog.Unit{guarded("a", 0), parking("a"), guarded("a", 1), guarded("b", 0)},
		nil, nil, eventlog.ErrConflict, nil)
	checkPlaces(t, "ReadAll(0, 9)", mustReadAll(t, o.Store, 0, 9), "1:order-a/1", "2:dead-a/1", "3:order-b/1")
}

// absenceEndedElsewhere has a process that has only ever seen the stream absent.
func absenceEndedElsewhere(t *testing.T, o Opened) {
	another := o.Another(t)
	mustCommit(t, o.Store, guarded("a", 0))
	mustCommit(t, another, parking("a"))
	checkOutcomes(t, o.Store, []eventlog.Unit{guarded("a", 1)}, eventlog.ErrConflict)
	silent := marked(eventlog.Unit{Expect: []eventlog.Expect{{Stream: "dead-a"}}}, "c", "silent", 1)
	checkOutcomes(t, o.Store, []eventlog.Unit{silent}, eventlog.ErrConflict)
	checkHead(t, o.Store, 2)
}

// absenceIsNeverOutrun has some begin streams while others rest on their absence,
// in several processes. Whoever wins, nothing that rests on an absence stands
// behind its end; and who was refused was refused for it.
func absenceIsNeverOutrun(t *testing.T, o Opened) {
	const rounds = 40
	ctx, stores := within(t), o.handles(t, 2)
	errs := atOnce(2*rounds, func(i int) error {
		unit := guarded(strconv.Itoa(i/2), 0)
		if i%2 == 1 {
			unit = parking(strconv.Itoa(i / 2))
		}
		return attempt(ctx, stores[i%len(stores)], unit)
	})
	at := map[string]int64{}
	for _, e := range mustReadAll(t, o.Store, 0, 2*rounds) {
		at[e.Stream] = e.Position
	}
	for i := range rounds {
		heard, dead := at[fmt.Sprint("order-", i)], at[fmt.Sprint("dead-", i)]
		switch {
		case dead == 0 || errs[2*i+1] != nil:
			t.Errorf("Append(parking %d) = %v, at %d; want nil, and it to be there", i, errs[2*i+1], dead)
		case heard > dead:
			t.Errorf("what rests on the absence of dead-%d is at %d; want it before %d, or refused", i, heard, dead)
		case heard == 0 && !errors.Is(errs[2*i], eventlog.ErrConflict), heard > 0 && errs[2*i] != nil:
			t.Errorf("Append(guarded %d) = %v, and it is at %d", i, errs[2*i], heard)
		}
	}
}

// attempt appends one unit and returns what became of it.
func attempt(ctx context.Context, log eventlog.Log, u eventlog.Unit) error {
	outcomes, err := log.Append(ctx, []eventlog.Unit{u})
	if err != nil {
		return err
	}
	return outcomes[0].Err
}
