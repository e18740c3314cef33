package agenda_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A desk is an agenda with a clock that is set by hand.
type desk struct {
	log *pglog.Log
	now time.Time
}

func open(t *testing.T) *desk {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return &desk{log, noon}
}

func (d *desk) put(t *testing.T, stream string, at time.Time) eventlog.DueKey {
	t.Helper()
	key := eventlog.DueKey{Kind: eventlog.Duty, Stream: stream, Key: "call"}
	d.apply(t, eventlog.Unit{Set: []eventlog.Due{{DueKey: key, At: at}}})
	return key
}

func (d *desk) apply(t *testing.T, u eventlog.Unit) {
	t.Helper()
	if outcomes, err := d.log.Append(context.Background(), []eventlog.Unit{u}); err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
}

func (d *desk) step(holder string, inline bool, attend func(context.Context, eventlog.Due) error) *agenda.Step {
	return agenda.New(agenda.Config{
		Name: "test", Kind: eventlog.Duty, Store: d.log, Holder: holder,
		Now: func() time.Time { return d.now }, Inline: inline, Attend: attend,
	})
}

func TestWhatIsDueIsAttendedToOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	key := d.put(t, "a-1", noon)
	d.put(t, "a-2", noon.Add(time.Hour))
	var attended []string
	s := d.step("one", true, func(_ context.Context, due eventlog.Due) error {
		attended = append(attended, due.Stream)
		d.apply(t, eventlog.Unit{Clear: []eventlog.DueKey{key}})
		return nil
	})
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if len(attended) != 1 || attended[0] != "a-1" {
		t.Errorf("attended to %v; want a-1 once", attended)
	}
}

func TestAFailureComesUpAgainLater(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.put(t, "a-1", noon)
	var tries []int
	s := d.step("one", true, func(_ context.Context, due eventlog.Due) error {
		tries = append(tries, due.Tries)
		return errors.New("out of order")
	})
	for range 3 {
		if err := loop.Until(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		d.now = d.now.Add(2 * agenda.LongestPause)
	}
	if len(tries) != 3 || tries[2] != tries[0]+2 {
		t.Errorf("tries %v; want three, counted up", tries)
	}
}

// A call that hangs holds up nobody else, and is waited for at the end.
func TestAHangHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.put(t, "a-1", noon)
	hangs, release := make(chan struct{}), make(chan struct{})
	var quick atomic.Int32
	s := d.step("one", false, func(_ context.Context, due eventlog.Due) error {
		if due.Stream == "a-1" {
			close(hangs)
			<-release
			return nil
		}
		quick.Add(1)
		return nil
	})
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	<-hangs
	d.put(t, "a-2", noon)
	s.Expect(noon)
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	close(release)
	s.Drain()
	if quick.Load() != 1 {
		t.Errorf("the quick one was attended to %d times while the other hung; want once", quick.Load())
	}
}

// A process that was killed finds its entries again at once; another one after
// the lease.
func TestEntriesOfTheDead(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.put(t, "a-1", noon)
	if due, err := d.log.Claim(t.Context(), eventlog.Duty, "one", noon, agenda.Lease, 10); err != nil || len(due) != 1 {
		t.Fatalf("Claim = %v, %v; want one", due, err) // and now process one is killed
	}
	found := func(holder string) (n int) {
		s := d.step(holder, true, func(context.Context, eventlog.Due) error { n++; return agenda.NotYet{After: time.Hour} })
		if err := loop.Until(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := found("two"); n != 0 {
		t.Errorf("another process found %d entries within the lease; want none", n)
	}
	if n := found("one"); n != 1 {
		t.Errorf("the process itself found %d entries after its restart; want one", n)
	}
}

func TestPauseGrowsToItsLimit(t *testing.T) {
	t.Parallel()
	for tries := range 100 {
		if p := agenda.Pause(tries, rand.N[time.Duration]); p < agenda.FirstPause/2 || p > agenda.LongestPause+agenda.FirstPause {
			t.Errorf("Pause(%d) = %s; want it between %s and %s", tries, p, agenda.FirstPause/2, agenda.LongestPause)
		}
	}
}
