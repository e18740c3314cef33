package logtest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"orpheus.example/kit/eventlog"
)

// agendaLaws are about work that waits, comes up once to one holder, and is never
// lost.
func agendaLaws() []Law {
	return []Law{
		{Name: "work_comes_up_at_its_time", Check: workComesUpAtItsTime},
		{Name: "work_comes_up_earliest_first", Check: workComesUpEarliestFirst},
		{Name: "kinds_of_work_are_apart", Check: kindsAreApart},
		{Name: "claimed_work_is_hidden_until_its_lease_ends", Check: claimedWorkIsHidden},
		{Name: "many_who_claim_share_the_work", Check: manyShareTheWork},
		{Name: "postponed_work_comes_up_later", Check: postponedWorkComesUpLater},
		{Name: "only_the_last_claim_can_postpone", Check: onlyTheLastClaimCanPostpone},
		{Name: "a_holder_that_comes_back_reclaims_its_own", Check: holderReclaimsItsOwn},
		{Name: "work_may_be_claimed_from_the_start", Check: workMayBeBornClaimed},
		{Name: "what_was_claimed_from_the_start_is_reclaimed", Check: bornClaimedIsReclaimed},
		{Name: "setting_work_replaces_it", Check: settingReplaces},
		{Name: "work_taken_for_new_may_be_there", Check: takenForNew},
		{Name: "cleared_work_is_gone", Check: clearedWorkIsGone},
		{Name: "the_last_word_about_work_counts", Check: lastWordCounts},
		{Name: "the_next_time_is_the_earliest", Check: nextTimeIsTheEarliest},
		{Name: "what_is_due_and_in_nobodys_hands_is_counted", Check: dueIsCounted},
	}
}

// lease is how long claims last in tests.
const lease = time.Minute

// due returns work of kind k.
func due(key string, at time.Time) eventlog.Due {
	return eventlog.Due{DueKey: eventlog.DueKey{Kind: "k", Stream: "s", Key: key}, At: at, Trace: "trace of " + key}
}

// mustSet puts work on the agenda.
func mustSet(t *testing.T, store eventlog.Store, work ...eventlog.Due) {
	t.Helper()
	mustCommit(t, store, eventlog.Unit{Set: work})
}

func mustClaim(t *testing.T, store eventlog.Store, kind, holder string, now time.Time, limit int) []eventlog.Due {
	t.Helper()
	work, err := store.Claim(within(t), kind, holder, now, lease, limit)
	if err != nil {
		t.Fatalf("Claim(%s, %s, %v, %d) = %v; want nil", kind, holder, now, limit, err)
	}
	return work
}

// checkKeys claims what is due and compares its keys.
func checkKeys(t *testing.T, store eventlog.Store, kind string, now time.Time, want ...string) {
	t.Helper()
	var got []string
	for _, d := range mustClaim(t, store, kind, "checker", now, 1000) {
		got = append(got, d.Key)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("Claim(%s) at %v: keys differ (-want +got):\n%s", kind, now, diff)
	}
}

func mustPostpone(t *testing.T, store eventlog.Store, holder string, d eventlog.Due, at time.Time) {
	t.Helper()
	if err := store.Postpone(within(t), holder, d, at); err != nil {
		t.Fatalf("Postpone(%s, %v) = %v; want nil", holder, d, err)
	}
}

// workComesUpAtItsTime is exact to the microsecond, by the caller's clock.
func workComesUpAtItsTime(t *testing.T, o Opened) {
	want := due("a", noon)
	mustSet(t, o.Store, want)
	checkKeys(t, o.Store, "k", noon.Add(-time.Microsecond))
	want.Tries = 1
	got := mustClaim(t, o.Store, "k", "h", noon, 10)
	if diff := cmp.Diff([]eventlog.Due{want}, got); diff != "" {
		t.Errorf("Claim at its time differs (-want +got):\n%s", diff)
	}
}

func workComesUpEarliestFirst(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("c", noon), due("a", noon.Add(time.Second)), due("b", noon.Add(-time.Second)))
	var got []string
	for range 4 {
		for _, d := range mustClaim(t, o.Store, "k", "h", noon.Add(time.Second), 1) {
			got = append(got, d.Key)
		}
	}
	if want := []string{"b", "c", "a"}; !slices.Equal(got, want) {
		t.Errorf("Claim(limit 1), four times = %v; want %v", got, want)
	}
	if got := mustClaim(t, o.Store, "k", "h", noon.Add(time.Hour), 0); len(got) != 0 {
		t.Errorf("Claim(limit 0) = %v; want none", got)
	}
}

// kindsAreApart has entries that differ in their kind alone.
func kindsAreApart(t *testing.T, o Opened) {
	other := due("a", noon)
	other.Kind = "other"
	mustSet(t, o.Store, due("a", noon), other)
	checkKeys(t, o.Store, "k", noon, "a")
	checkKeys(t, o.Store, "other", noon, "a")
	checkKeys(t, o.Store, "third", noon)
}

// claimedWorkIsHidden has a holder that dies: nobody has to notice for its work to
// come up again.
func claimedWorkIsHidden(t *testing.T, o Opened) {
	stores := o.handles(t, 2)
	mustSet(t, o.Store, due("a", noon))
	mustClaim(t, stores[0], "k", "dies", noon, 1)
	if got := mustClaim(t, stores[1], "k", "lives", noon.Add(lease-time.Microsecond), 1); len(got) != 0 {
		t.Fatalf("Claim before the lease ends = %v; want none", got)
	}
	got := mustClaim(t, stores[1], "k", "lives", noon.Add(lease), 1)
	if len(got) != 1 || got[0].Tries != 2 {
		t.Errorf("Claim after the lease = %v; want one, at its second try", got)
	}
}

// manyShareTheWork has eight holders claim until nothing is left.
func manyShareTheWork(t *testing.T, o Opened) {
	const pieces = 200
	ctx, stores := within(t), o.handles(t, 3)
	var work []eventlog.Due
	for i := range pieces {
		work = append(work, due(strconv.Itoa(i), noon))
	}
	mustSet(t, o.Store, work...)
	var claimed [8][]eventlog.Due
	for _, err := range atOnce(len(claimed), func(i int) error {
		for len(claimed[i]) < pieces { // never reached, unless work is given out twice
			got, err := stores[i%len(stores)].Claim(ctx, "k", fmt.Sprint("holder", i), noon, lease, 7)
			if err != nil || len(got) == 0 {
				return err
			}
			claimed[i] = append(claimed[i], got...)
		}
		return nil
	}) {
		if err != nil {
			t.Fatalf("Claim = %v; want nil", err)
		}
	}
	// Who finds nothing may have met rows that others were just claiming.
	times := map[string]int{}
	for _, d := range append(slices.Concat(claimed[:]...), mustClaim(t, o.Store, "k", "last", noon, pieces)...) {
		times[d.Key]++
		if times[d.Key] > 1 {
			t.Errorf("piece %s was claimed %d times; want once", d.Key, times[d.Key])
		}
	}
	if len(times) != pieces {
		t.Errorf("%d pieces were claimed; want %d", len(times), pieces)
	}
}

// postponedWorkComesUpLater keeps count of the tries, from which the next pause is
// reckoned.
func postponedWorkComesUpLater(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("a", noon))
	claimed := mustClaim(t, o.Store, "k", "h", noon, 1)[0]
	mustPostpone(t, o.Store, "h", claimed, noon.Add(time.Hour))
	checkKeys(t, o.Store, "k", noon.Add(time.Hour-time.Microsecond))
	got := mustClaim(t, o.Store, "k", "other", noon.Add(time.Hour), 1)
	if len(got) != 1 || got[0].Tries != 2 || !got[0].At.Equal(noon.Add(time.Hour)) {
		t.Errorf("Claim of postponed work = %v; want it at its new time, at its second try", got)
	}
}

// onlyTheLastClaimCanPostpone has a holder that was too slow.
func onlyTheLastClaimCanPostpone(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("a", noon), due("gone", noon))
	first := mustClaim(t, o.Store, "k", "slow", noon, 2)
	later := noon.Add(lease)
	second := mustClaim(t, o.Store, "k", "quick", later, 2)
	mustCommit(t, o.Store, eventlog.Unit{Clear: []eventlog.DueKey{due("gone", noon).DueKey}})
	for _, d := range slices.Concat(first, second[1:]) {
		mustPostpone(t, o.Store, "slow", d, noon)
		mustPostpone(t, o.Store, "quick", d, noon)
	}
	// The two names above cover a claim of one's own that has been overtaken,
	// and one that never was one's own; neither moved anything.
	checkKeys(t, o.Store, "k", later.Add(lease-time.Microsecond))
	mustPostpone(t, o.Store, "quick", second[0], noon)
	checkKeys(t, o.Store, "k", later, "a")
}

// holderReclaimsItsOwn spares what others hold, and what the holder itself had
// already put off.
func holderReclaimsItsOwn(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("a", noon), due("b", noon), due("c", noon), due("d", noon.Add(time.Hour)))
	mine := mustClaim(t, o.Store, "k", "me", noon, 2)
	mustClaim(t, o.Store, "k", "you", noon, 1)
	mustPostpone(t, o.Store, "me", mine[1], noon.Add(time.Hour)) // so it is no longer claimed
	now := noon.Add(time.Second)
	if err := o.Store.Reclaim(within(t), "k", "me", now); err != nil {
		t.Fatalf("Reclaim(me) = %v; want nil", err)
	}
	checkKeys(t, o.Store, "k", now.Add(-time.Microsecond))
	if err := o.Store.Reclaim(within(t), "another kind", "me", now.Add(-time.Hour)); err != nil {
		t.Fatalf("Reclaim(another kind) = %v; want nil", err)
	}
	checkKeys(t, o.Store, "k", now.Add(-time.Microsecond))
	checkKeys(t, o.Store, "k", now, mine[0].Key)
}

// born returns work that holder has claimed from the start.
func born(key, holder string) eventlog.Due {
	d := due(key, noon.Add(lease))
	d.Holder, d.Tries = holder, 1
	return d
}

// workMayBeBornClaimed hands work to whoever sets it, as if it had been claimed at
// noon: it comes up for others when the lease has ended, and not before.
func workMayBeBornClaimed(t *testing.T, o Opened) {
	a, b := born("a", "me"), born("b", "me")
	mustSet(t, o.Store, a, b)
	checkNext(t, o.Store, noon.Add(lease), true)
	checkKeys(t, o.Store, "k", noon.Add(lease-time.Microsecond))
	mustPostpone(t, o.Store, "you", a, noon) // it is not yours
	stale := b
	stale.Tries = 0
	mustPostpone(t, o.Store, "me", stale, noon) // it is not this claim
	checkKeys(t, o.Store, "k", noon.Add(lease-time.Microsecond))
	mustPostpone(t, o.Store, "me", a, noon.Add(time.Second))
	want := []eventlog.Due{due("a", noon.Add(time.Second)), due("b", noon.Add(lease))}
	want[0].Tries, want[1].Tries = 2, 2
	got := mustClaim(t, o.Store, "k", "you", noon.Add(lease), 10)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Claim of work that was claimed from the start differs (-want +got):\n%s", diff)
	}
}

// bornClaimedIsReclaimed has the process that set the work come back.
func bornClaimedIsReclaimed(t *testing.T, o Opened) {
	mustSet(t, o.Store, born("a", "me"), born("b", "you"))
	if err := o.Store.Reclaim(within(t), "k", "me", noon); err != nil {
		t.Fatalf("Reclaim(me) = %v; want nil", err)
	}
	checkKeys(t, o.Store, "k", noon, "a")
}

// settingReplaces ends a claim: what the old holder does with the entry from then
// on is about work that is no longer there.
func settingReplaces(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("a", noon))
	old := mustClaim(t, o.Store, "k", "h", noon, 1)[0]
	anew := due("a", noon.Add(time.Second))
	anew.Trace = "another"
	mustSet(t, o.Store, anew)
	mustPostpone(t, o.Store, "h", old, noon.Add(time.Hour)) // its claim is over
	anew.Tries = 1
	got := mustClaim(t, o.Store, "k", "h", noon.Add(time.Second), 5)
	if diff := cmp.Diff([]eventlog.Due{anew}, got); diff != "" {
		t.Errorf("Claim of what was set anew differs (-want +got):\n%s", diff)
	}
}

func clearedWorkIsGone(t *testing.T, o Opened) {
	mustSet(t, o.Store, due("a", noon), due("b", noon))
	mustClaim(t, o.Store, "k", "h", noon, 5)
	unit := eventlog.Unit{Clear: []eventlog.DueKey{due("a", noon).DueKey, due("never there", noon).DueKey}}
	mustCommit(t, o.Store, unit)
	checkKeys(t, o.Store, "k", noon.Add(time.Hour), "b")
}

// takenForNew has work that is there, that was there, and that an earlier unit of
// the same call has set. None of it harms the others.
func takenForNew(t *testing.T, o Opened) {
	anew := func(key string) eventlog.Due {
		d := due(key, noon.Add(time.Hour))
		d.New = true
		return d
	}
	mustSet(t, o.Store, due("a", noon), due("b", noon))
	mustCommit(t, o.Store,
		eventlog.Unit{Set: []eventlog.Due{anew("a"), anew("c")}},
		eventlog.Unit{Clear: []eventlog.DueKey{anew("b").DueKey}},
		eventlog.Unit{Set: []eventlog.Due{anew("b"), anew("c")}},
	)
	checkKeys(t, o.Store, "k", noon)
	got := mustClaim(t, o.Store, "k", "h", noon.Add(time.Hour), 10)
	want := []eventlog.Due{due("a", noon.Add(time.Hour)), due("b", noon.Add(time.Hour)), due("c", noon.Add(time.Hour))}
	for i := range want {
		want[i].Tries = 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Claim of what was taken for new differs (-want +got):\n%s", diff)
	}
}

// lastWordCounts has several units of one call, and one unit with both: there,
// clearing comes first.
func lastWordCounts(t *testing.T, o Opened) {
	a, b, c := due("a", noon), due("b", noon), due("c", noon)
	mustCommit(t, o.Store,
		eventlog.Unit{Set: []eventlog.Due{a}},
		eventlog.Unit{Clear: []eventlog.DueKey{a.DueKey, b.DueKey, c.DueKey}, Set: []eventlog.Due{b}},
		eventlog.Unit{Set: []eventlog.Due{c}},
		eventlog.Unit{Set: []eventlog.Due{due("c", noon.Add(time.Hour))}},
	)
	checkKeys(t, o.Store, "k", noon, "b")
	mustCommit(t, o.Store, eventlog.Unit{Clear: []eventlog.DueKey{b.DueKey}, Set: []eventlog.Due{b}})
	checkKeys(t, o.Store, "k", noon, "b")
	checkKeys(t, o.Store, "k", noon.Add(time.Hour), "b", "c")
}

// nextTimeIsTheEarliest counts claimed work too, at the end of its lease: who sleeps
// until then wakes in time to take over.
func nextTimeIsTheEarliest(t *testing.T, o Opened) {
	checkNext(t, o.Store, time.Time{}, false)
	mustSet(t, o.Store, due("late", noon.Add(time.Hour)), due("early", noon))
	checkNext(t, o.Store, noon, true)
	mustClaim(t, o.Store, "k", "h", noon, 1)
	checkNext(t, o.Store, noon.Add(lease), true) // when it comes up again, if h dies
}

func checkNext(t *testing.T, store eventlog.Store, want time.Time, there bool) {
	t.Helper()
	at, ok, err := store.NextDue(within(t), "k")
	if !at.Equal(want) || ok != there || err != nil {
		t.Fatalf("NextDue(k) = %v, %t, %v; want %v, %t, nil", at, ok, err, want, there)
	}
}

// dueIsCounted leaves out what is not due yet, what is claimed, and other kinds.
func dueIsCounted(t *testing.T, o Opened) {
	checkDue(t, o.Store, noon, 0)
	mustSet(t, o.Store, due("a", noon), due("b", noon), due("late", noon.Add(time.Hour)),
		eventlog.Due{DueKey: eventlog.DueKey{Kind: "other", Stream: "s", Key: "a"}, At: noon})
	checkDue(t, o.Store, noon.Add(-time.Microsecond), 0)
	checkDue(t, o.Store, noon, 2)
	mustClaim(t, o.Store, "k", "h", noon, 1)
	checkDue(t, o.Store, noon, 1)
	checkDue(t, o.Store, noon.Add(time.Hour), 3) // the claim has run out by then
}

func checkDue(t *testing.T, store eventlog.Store, now time.Time, want int64) {
	t.Helper()
	if n, err := store.CountDue(within(t), "k", now); n != want || err != nil {
		t.Fatalf("CountDue(k, %v) = %d, %v; want %d, nil", now, n, err, want)
	}
}
