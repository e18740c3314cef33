package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/sqlitelog"
)

// shelves runs a test with the letters of a hearer over each kind of store, and
// with the listings of two replicas.
func shelves(t *testing.T, run func(t *testing.T, s *shelf)) {
	t.Helper()
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (eventlog.Store, error){
		"sqlite": func(t *testing.T) (eventlog.Store, error) {
			t.Helper()
			return sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
		},
		"postgres": func(t *testing.T) (eventlog.Store, error) {
			t.Helper()
			return pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			run(t, &shelf{
				store: store, Letters: deadletter.New(deadletter.Config{Consumer: "hearer", Log: store, Now: time.Now}),
				one: deadletter.NewListing("hearer", store, "one", time.Now), two: deadletter.NewListing("hearer", store, "two", time.Now),
			})
		})
	}
}

type shelf struct {
	*deadletter.Letters
	store    eventlog.Store
	one, two *deadletter.Listing
}

// park sets the n-th message of an undertaking aside.
func (s *shelf) park(t *testing.T, undertaking string, n byte, reason deadletter.Reason, text string) {
	t.Helper()
	l := letter(n, reason, text)
	l.Message.Correlation = undertaking
	if err := s.Park(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// shown returns what a listing shows of a selection, as "undertaking: number of
// the message, reason, attempts".
func shown(t *testing.T, l *deadletter.Listing, by deadletter.Selection) []string {
	t.Helper()
	if err := l.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := l.Letters(t.Context(), by, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Count(t.Context(), by); n != int64(len(found)) || err != nil {
		t.Errorf("Count(%v) = %d, %v; want %d, nil", by, n, err, len(found))
	}
	var all []string
	for _, one := range found {
		all = append(all, fmt.Sprintf("%s: %d %s %d", one.Order, one.Place.ID[15], one.Reason, one.Attempts))
	}
	return all
}

func checkShown(t *testing.T, l *deadletter.Listing, by deadletter.Selection, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, shown(t, l, by)); diff != "" {
		t.Errorf("letters of %+v (-want +got):\n%s", by, diff)
	}
}

func handleAs(err error) deadletter.Handler {
	return func(context.Context, bus.Message, deadletter.Aside) error { return err }
}

func TestLettersAreListed(t *testing.T) {
	shelves(t, func(t *testing.T, s *shelf) {
		checkShown(t, s.one, deadletter.Selection{})
		s.park(t, "a", 1, deadletter.Refused, "no 7")
		s.park(t, "a", 2, deadletter.Behind, "")
		s.park(t, "b", 3, deadletter.Refused, "no 8")
		s.park(t, "c", 4, deadletter.Unreadable, "what")
		all := []string{"a: 1 refused 1", "a: 2 behind 1", "b: 3 refused 1", "c: 4 unreadable 1"}
		checkShown(t, s.one, deadletter.Selection{}, all...)
		checkShown(t, s.two, deadletter.Selection{}, all...)
		checkShown(t, s.one, deadletter.Selection{Letter: id(3).String()}, all[2])
		checkShown(t, s.one, deadletter.Selection{Order: "a"}, all[:2]...)
		groups, err := s.one.Groups(t.Context(), deadletter.Selection{}, 10)
		if err != nil || len(groups) != 3 || groups[0].Letters != 2 || groups[0].Orders != 2 || groups[0].Reason != deadletter.Refused {
			t.Fatalf("Groups() = %+v, %v; want 3, of which the first has two letters of two orders", groups, err)
		}
		checkShown(t, s.one, deadletter.Selection{Cause: groups[0].Cause}, all[:3]...)
		held, err := s.one.Orders(t.Context(), deadletter.Selection{}, 10)
		if err != nil || len(held) != 3 || held[0].Order != "a" || held[0].Letters != 2 || held[0].Cause != groups[0].Cause {
			t.Errorf("Orders() = %+v, %v; want 3, of which the first is a with two letters of cause %s", held, err, groups[0].Cause)
		}
		together, err := s.one.Together(t.Context(), deadletter.Selection{Letter: id(2).String()}, 0, 10)
		if err != nil || len(together) != 2 || together[0].Place.ID != id(1) {
			t.Errorf("Together(letter 2) = %+v, %v; want both of a", together, err)
		}
	})
}

func TestInterventionsAreListed(t *testing.T) {
	shelves(t, func(t *testing.T, s *shelf) {
		s.park(t, "a", 1, deadletter.Refused, "no")
		s.park(t, "a", 2, deadletter.Behind, "")
		if _, _, err := s.Replay(t.Context(), "a", id(1), "ann", handleAs(errors.New("still no"))); err != nil {
			t.Fatal(err)
		}
		checkShown(t, s.one, deadletter.Selection{}, "a: 1 refused 2", "a: 2 behind 1")
		if _, err := s.Discard(t.Context(), "a", id(1), "bob", "of no use"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Replay(t.Context(), "a", id(2), "ann", handleAs(nil)); err != nil {
			t.Fatal(err)
		}
		checkShown(t, s.two, deadletter.Selection{})
		found, err := s.two.Interventions(t.Context(), 0, 10)
		var all []string
		for _, i := range found {
			all = append(all, fmt.Sprintf("%s %s %s %s %q %s", i.Kind, i.Order, i.Letter[35:], i.Operator, i.Reason, i.Type))
		}
		want := []string{
			`deadletter.Handled a 2 ann "" order.v1.OrderPlaced`,
			`deadletter.Discarded a 1 bob "of no use" order.v1.OrderPlaced`,
			`deadletter.Failed a 1 ann "still no" order.v1.OrderPlaced`,
		}
		if diff := cmp.Diff(want, all); diff != "" || err != nil {
			t.Errorf("Interventions() = %v (-want +got):\n%s", err, diff)
		}
		later, err := s.two.Interventions(t.Context(), found[0].Number, 10)
		if err != nil || len(later) != 2 {
			t.Errorf("Interventions(before the last) = %d, %v; want 2, nil", len(later), err)
		}
	})
}

// TestAListingPassesOverTheRest has far more events than are looked through at a
// time, and a letter among them.
func TestAListingPassesOverTheRest(t *testing.T) {
	t.Parallel()
	store, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &shelf{
		store: store, Letters: deadletter.New(deadletter.Config{Consumer: "hearer", Log: store, Now: time.Now}),
		one: deadletter.NewListing("hearer", store, "one", time.Now),
	}
	fill := func(from int64) {
		u := eventlog.Unit{Expect: []eventlog.Expect{{Stream: "x-1", Version: from}}}
		for i := range int64(5000) {
			u.Events = append(u.Events, eventlog.Record{
				Stream: "x-1", Version: from + i + 1, ID: [16]byte{0: 1, 8: byte(from >> 8), 14: byte(i >> 8), 15: byte(i)}, Type: "v1.Said", Schema: 1, Time: time.Now(),
			})
		}
		if out, err := store.Append(t.Context(), []eventlog.Unit{u}); err != nil || out[0].Err != nil {
			t.Fatal(err, out)
		}
	}
	fill(0)
	s.park(t, "a", 1, deadletter.Refused, "no")
	fill(5000)
	if err := loop.Until(t.Context(), s.one); err != nil {
		t.Fatal(err)
	}
	found, err := s.one.Letters(t.Context(), deadletter.Selection{}, 0, 10)
	if err != nil || len(found) != 1 || found[0].Number != 5001 {
		t.Errorf("Letters() = %+v, %v; want the one at position 5001", found, err)
	}
}
