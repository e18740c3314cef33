package logtest

import (
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// grownLaws are about waking those who read as soon as there is something.
func grownLaws() []Law {
	return []Law{
		{Name: "what_has_grown_needs_no_waiting", Check: whatHasGrownNeedsNoWaiting},
		{Name: "all_who_wait_are_woken_by_growth", Check: allWhoWaitAreWoken},
		{Name: "growth_in_another_process_is_noticed", Shared: true, Check: foreignGrowthIsNoticed},
		{Name: "growth_before_opening_is_noticed", Shared: true, Check: earlierGrowthIsNoticed},
		{Name: "closing_ends_all_waiting", Check: closingEndsWaiting},
	}
}

// checkClosed waits for c to be closed.
func checkClosed(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-within(t).Done():
		t.Fatalf("%s is not closed; want it to be", what)
	}
}

// whatHasGrownNeedsNoWaiting is what keeps a wake-up from being lost between a
// read that found nothing and the wait that follows.
func whatHasGrownNeedsNoWaiting(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 2))
	for after := range int64(2) {
		select {
		case <-o.Store.Grown(after):
		default:
			t.Errorf("Grown(%d) of a log of 2 is open; want it closed", after)
		}
	}
}

// allWhoWaitAreWoken has a thousand who wait.
func allWhoWaitAreWoken(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	var waiting []<-chan struct{}
	for range 1000 {
		waiting = append(waiting, o.Store.Grown(1))
	}
	mustCommit(t, o.Store, grow("a", 1, 1))
	for _, c := range waiting {
		checkClosed(t, "Grown(1) of a log of 2", c)
	}
}

// foreignGrowthIsNoticed waits as a reader does: a channel may close early, and
// is then asked for anew. The first round finds the reader in full swing, the
// last after it has been idle.
func foreignGrowthIsNoticed(t *testing.T, o Opened) {
	reader := o.Another(t)
	for _, idle := range []time.Duration{0, 0, 2 * eventlog.MaxNoticeDelay} {
		head := int64(len(mustReadAll(t, reader, 0, 100)))
		rest(t, reader, head, idle)
		mustCommit(t, o.Store, grow("a", head, 1))
		begun := time.Now()
		for len(mustReadAll(t, reader, head, 1)) == 0 {
			checkClosed(t, "Grown", reader.Grown(head))
		}
		// A busy machine is no breach of the law: it is the order of magnitude
		// that counts.
		if took := time.Since(begun); took > 4*eventlog.MaxNoticeDelay {
			t.Errorf("growth was noticed after %v; want %v", took, eventlog.MaxNoticeDelay)
		}
	}
}

// rest waits for nothing, for as long as d.
func rest(t *testing.T, log eventlog.Log, after int64, d time.Duration) {
	t.Helper()
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			return
		case <-log.Grown(after): // early, which is allowed
		}
	}
}

// earlierGrowthIsNoticed has a handle that has read nothing yet.
func earlierGrowthIsNoticed(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 1))
	checkClosed(t, "Grown(0) of a log of 1", o.Another(t).Grown(0))
}

// closingEndsWaiting lets those who wait find out, by their next call.
func closingEndsWaiting(t *testing.T, o Opened) {
	before := o.Store.Grown(0)
	if err := o.Store.Close(); err != nil {
		t.Fatalf("Close() = %v; want nil", err)
	}
	checkClosed(t, "Grown(0) from before Close", before)
	checkClosed(t, "Grown(0) after Close", o.Store.Grown(0))
}
