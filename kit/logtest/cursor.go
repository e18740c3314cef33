package logtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// cursorLaws are about places in the log that one at a time may move.
func cursorLaws() []Law {
	return []Law{
		{Name: "a_cursor_begins_at_the_beginning", Check: cursorBegins},
		{Name: "a_cursor_stays_where_it_was_moved", Check: cursorStays},
		{Name: "a_cursor_never_moves_back", Check: cursorNeverMovesBack},
		{Name: "a_leased_cursor_is_fenced_from_others", Check: leasedCursorIsFenced},
		{Name: "renewing_a_lease_keeps_its_term", Check: renewingKeepsTheTerm},
		{Name: "a_holder_that_forgot_its_term_gets_another", Check: forgottenTerm},
		{Name: "a_lease_ends_by_itself", Check: leaseEndsByItself},
		{Name: "a_lease_can_be_given_back", Check: leaseCanBeGivenBack},
		{Name: "of_many_one_gets_the_cursor", Check: oneOfManyGetsTheCursor},
		{Name: "anybody_can_see_where_a_cursor_is", Check: anybodySeesWhere},
		{Name: "cursors_are_apart", Check: cursorsAreApart},
	}
}

func mustLease(t *testing.T, store eventlog.Store, holder string, term int64, ttl time.Duration) eventlog.Cursor {
	t.Helper()
	c, err := store.Lease(within(t), "c", holder, term, ttl)
	if err != nil || c.Name != "c" || c.Term <= 0 {
		t.Fatalf("Lease(c, %s, %d) = %v, %v; want a cursor with a term, nil", holder, term, c, err)
	}
	return c
}

// checkFenced checks that c can no longer be moved, nor its lease renewed.
func checkFenced(t *testing.T, store eventlog.Store, holder string, c eventlog.Cursor) {
	t.Helper()
	c.Position += 100
	if err := store.Advance(within(t), c); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Advance(%v) = %v; want %v", c, err, eventlog.ErrFenced)
	}
	checkNoLease(t, store, holder, c.Term)
}

func checkNoLease(t *testing.T, store eventlog.Store, holder string, term int64) {
	t.Helper()
	if c, err := store.Lease(within(t), "c", holder, term, time.Hour); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Lease(c, %s, %d) = %v, %v; want %v", holder, term, c, err, eventlog.ErrFenced)
	}
}

func mustAdvance(t *testing.T, store eventlog.Store, c eventlog.Cursor, position int64) {
	t.Helper()
	c.Position = position
	if err := store.Advance(within(t), c); err != nil {
		t.Fatalf("Advance(%v) = %v; want nil", c, err)
	}
}

// checkPosition looks through the eyes of the holder that all go by, when it has
// forgotten its term.
func checkPosition(t *testing.T, store eventlog.Store, want int64) {
	t.Helper()
	if c := mustLease(t, store, "h", 0, time.Hour); c.Position != want {
		t.Errorf("Lease(c, h, 0) = position %d; want %d", c.Position, want)
	}
}

func cursorBegins(t *testing.T, o Opened) { checkPosition(t, o.Store, 0) }

// cursorStays looks from another process.
func cursorStays(t *testing.T, o Opened) {
	c := mustLease(t, o.Store, "h", 0, time.Hour)
	mustAdvance(t, o.Store, c, 7)
	mustAdvance(t, o.Store, c, 9)
	checkPosition(t, o.handles(t, 2)[1], 9)
}

// cursorNeverMovesBack has a holder that lost count. It is no error: it will come
// to where the cursor is.
func cursorNeverMovesBack(t *testing.T, o Opened) {
	c := mustLease(t, o.Store, "h", 0, time.Hour)
	mustAdvance(t, o.Store, c, 9)
	mustAdvance(t, o.Store, c, 7)
	checkPosition(t, o.Store, 9)
}

// leasedCursorIsFenced has another holder try with no term and with the right one,
// and somebody move what nobody has leased.
func leasedCursorIsFenced(t *testing.T, o Opened) {
	other := o.handles(t, 2)[1]
	c := mustLease(t, o.Store, "h", 0, time.Hour)
	checkNoLease(t, other, "other", 0)
	checkNoLease(t, other, "other", c.Term)
	mustAdvance(t, o.Store, c, 1)
	never := eventlog.Cursor{Name: "unknown", Term: 1, Position: 1}
	if err := o.Store.Advance(within(t), never); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Advance(%v) = %v; want %v", never, err, eventlog.ErrFenced)
	}
}

func renewingKeepsTheTerm(t *testing.T, o Opened) {
	c := mustLease(t, o.Store, "h", 0, time.Microsecond)
	mustAdvance(t, o.Store, c, 3)
	// The first renewal comes late, but nobody was there to take over.
	for range 2 {
		again := mustLease(t, o.Store, "h", c.Term, time.Hour)
		if again.Term != c.Term || again.Position != 3 {
			t.Fatalf("Lease(c, h, %d) = %v; want the same term, at 3", c.Term, again)
		}
	}
	checkNoLease(t, o.Store, "other", 0)
}

// forgottenTerm has a process that comes back under its name, while its old life
// has not ended.
func forgottenTerm(t *testing.T, o Opened) {
	old := mustLease(t, o.Store, "h", 0, time.Hour)
	anew := mustLease(t, o.Store, "h", 0, time.Hour)
	if anew.Term <= old.Term {
		t.Errorf("Lease(c, h, 0) = term %d after %d; want a higher one", anew.Term, old.Term)
	}
	checkFenced(t, o.Store, "h", old)
	mustAdvance(t, o.Store, anew, 1)
}

// leaseEndsByItself has a holder that stops for a while and does not know it. When
// it goes on, its term gives it away.
func leaseEndsByItself(t *testing.T, o Opened) {
	ctx := within(t)
	old := mustLease(t, o.Store, "h", 0, 50*time.Millisecond)
	for {
		c, err := o.Store.Lease(ctx, "c", "other", 0, time.Hour)
		if errors.Is(err, eventlog.ErrFenced) {
			continue
		}
		if err != nil || c.Term <= old.Term {
			t.Fatalf("Lease(c, other, 0) = %v, %v after term %d; want a higher term, nil", c, err, old.Term)
		}
		break
	}
	checkFenced(t, o.Store, "h", old)
	checkNoLease(t, o.Store, "h", 0)
}

// leaseCanBeGivenBack has a holder that gives back twice. The second time it is not
// its own any more.
func leaseCanBeGivenBack(t *testing.T, o Opened) {
	old := mustLease(t, o.Store, "h", 0, time.Hour)
	mustAdvance(t, o.Store, old, 5)
	mustYield(t, o.Store, old)
	c := mustLease(t, o.Store, "other", 0, time.Hour)
	if c.Position != 5 || c.Term <= old.Term {
		t.Errorf("Lease(c, other, 0) = %v after %v; want position 5 and a higher term", c, old)
	}
	mustYield(t, o.Store, old) // it is no longer old's to give
	checkFenced(t, o.Store, "h", old)
	checkNoLease(t, o.Store, "third", 0)
}

func anybodySeesWhere(t *testing.T, o Opened) {
	for _, want := range []int64{0, 5} {
		if want > 0 {
			mustAdvance(t, o.Store, mustLease(t, o.Store, "h", 0, time.Hour), want)
		}
		if got, err := o.Store.Where(within(t), "c"); err != nil || got != want {
			t.Errorf("Where(c) = %d, %v; want %d, nil", got, err, want)
		}
	}
}

func mustYield(t *testing.T, store eventlog.Store, c eventlog.Cursor) {
	t.Helper()
	if err := store.Yield(within(t), c); err != nil {
		t.Fatalf("Yield(%v) = %v; want nil", c, err)
	}
}

// oneOfManyGetsTheCursor has twenty holders start at once.
func oneOfManyGetsTheCursor(t *testing.T, o Opened) {
	ctx, stores := within(t), o.handles(t, 3)
	errs := atOnce(20, func(i int) error {
		_, err := stores[i%len(stores)].Lease(ctx, "c", fmt.Sprint("holder", i), 0, time.Hour)
		return err
	})
	got := 0
	for _, err := range errs {
		switch {
		case err == nil:
			got++
		case !errors.Is(err, eventlog.ErrFenced):
			t.Errorf("Lease = %v; want nil or %v", err, eventlog.ErrFenced)
		}
	}
	if got != 1 {
		t.Errorf("Lease by 20 holders: %d got it; want 1", got)
	}
}

func cursorsAreApart(t *testing.T, o Opened) {
	mustAdvance(t, o.Store, mustLease(t, o.Store, "h", 0, time.Hour), 5)
	c, err := o.Store.Lease(within(t), "d", "other", 0, time.Hour)
	if err != nil || c.Position != 0 {
		t.Errorf("Lease(d, other, 0) = %v, %v; want position 0, nil", c, err)
	}
}
