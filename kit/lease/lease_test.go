package lease_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/sqlitelog"
)

// A stage is a log with a clock of the test's, by which leases go. It counts how
// often it is asked for one.
type stage struct {
	eventlog.Store
	now    time.Time
	leases int
}

func open(t *testing.T) *stage {
	t.Helper()
	s := &stage{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{
		Path: filepath.Join(t.TempDir(), "log"), Now: func() time.Time { return s.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	s.Store = log
	return s
}

func (s *stage) place(holder string) *lease.Place {
	return lease.New(s, "c", holder, func() time.Time { return s.now })
}

// put appends n events.
func (s *stage) put(t *testing.T, n int) {
	t.Helper()
	for range n {
		stream := uuid.NewString()
		outcomes, err := s.Append(t.Context(), []eventlog.Unit{{
			Expect: []eventlog.Expect{{Stream: stream}},
			Events: []eventlog.Record{{Stream: stream, Version: 1, ID: uuid.New(), Type: "Said", Schema: 1, Time: s.now}},
		}})
		if err != nil || outcomes[0].Err != nil {
			t.Fatal(err, outcomes)
		}
	}
}

// checkRead reads, checks that the first event and how many there are, and does
// them.
func checkRead(t *testing.T, p *lease.Place, first int64, count int) {
	t.Helper()
	records, err := p.Read(t.Context(), 10)
	if err != nil || len(records) != count || count > 0 && records[0].Position != first {
		t.Fatalf("Read = %d events, %v; want %d from %d", len(records), err, count, first)
	}
	if count == 0 {
		return
	}
	last := records[count-1].Position
	p.Went(last)
	if err := p.Keep(t.Context(), last); err != nil {
		t.Fatalf("Keep(%d) = %v; want nil", last, err)
	}
}

// The first to come has the place for as long as it works, also without asking
// for its lease each time.
func TestOneReplicaReads(t *testing.T) {
	t.Parallel()
	s := open(t)
	one, two := s.place("one"), s.place("two")
	s.put(t, 2)
	checkRead(t, one, 1, 2)
	for i := range int64(10) {
		s.put(t, 1)
		checkRead(t, two, 0, 0)
		checkRead(t, one, 3+i, 1)
		s.now = s.now.Add(lease.Duration / 2)
	}
	if one.Term() == 0 || two.Term() != 0 {
		t.Errorf("terms are %d and %d; want the first to have one", one.Term(), two.Term())
	}
}

// A place without work asks nobody for anything, however often it is looked at.
func TestNoWorkNoLease(t *testing.T) {
	t.Parallel()
	s := open(t)
	one := s.place("one")
	checkRead(t, one, 0, 0)
	s.put(t, 1)
	checkRead(t, one, 1, 1)
	before := s.leases
	for range 10 {
		s.now = s.now.Add(lease.Duration)
		checkRead(t, one, 0, 0)
	}
	if before != 1 || s.leases != before {
		t.Errorf("asked for a lease %d times with work and %d times without; want 1 and 0", before, s.leases-before)
	}
}

// Who rested while another was at work goes on where that one is.
func TestAReplicaTakesOver(t *testing.T) {
	t.Parallel()
	s := open(t)
	one, two := s.place("one"), s.place("two")
	s.put(t, 2)
	checkRead(t, one, 1, 2)
	checkRead(t, two, 0, 0)
	s.put(t, 3)
	s.now = s.now.Add(lease.Duration - time.Millisecond) // one was killed
	checkRead(t, two, 0, 0)
	s.now = s.now.Add(time.Millisecond)
	checkRead(t, two, 3, 3)
	s.put(t, 1)
	checkRead(t, one, 0, 0) // it was not, and learns of it
	two.Yield()
	checkRead(t, one, 6, 1)
}

func TestARestartedHolderNeedNotWait(t *testing.T) {
	t.Parallel()
	s := open(t)
	old := s.place("one")
	s.put(t, 1)
	checkRead(t, old, 1, 1)
	s.put(t, 1)
	checkRead(t, s.place("one"), 2, 1)
	if err := old.Keep(t.Context(), 2); !errors.Is(err, eventlog.ErrFenced) {
		t.Errorf("Keep of the old life = %v; want %v", err, eventlog.ErrFenced)
	}
	if old.Term() != 0 {
		t.Errorf("the old life believes in term %d; want none", old.Term())
	}
}

// What is being worked on is not read again, unless the place is set back.
func TestReadingRunsAheadOfWhatIsKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.place("one")
	s.put(t, 4)
	if _, err := p.Read(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	p.Went(2)
	s.now = s.now.Add(lease.Duration / 2) // a renewal does not set it back
	if records, err := p.Read(t.Context(), 2); err != nil || len(records) != 2 || records[0].Position != 3 {
		t.Errorf("Read = %v, %v; want two events from 3", records, err)
	}
	p.Went(4)
	if p.At() != 4 || p.Kept() != 0 {
		t.Errorf("At, Kept = %d, %d; want 4, 0", p.At(), p.Kept())
	}
	p.Went(p.Kept())
	checkRead(t, p, 1, 4)
}

// A wait ends when there is something to read, and when it was asked to.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.place("one")
	checkRead(t, p, 0, 0)
	waited, also := make(chan struct{}), make(chan struct{})
	wait := func(soon time.Duration) {
		p.Wait(t.Context(), soon, also)
		waited <- struct{}{}
	}
	go wait(-1)
	s.put(t, 1)
	checkEnds(t, "growth", waited)
	checkRead(t, p, 1, 1)
	go wait(time.Millisecond)
	checkEnds(t, "time", waited)
	go wait(-1)
	close(also)
	checkEnds(t, "the other channel", waited)
}

func checkEnds(t *testing.T, what string, waited <-chan struct{}) {
	t.Helper()
	select {
	case <-waited:
	case <-time.After(10 * time.Second):
		t.Fatalf("Wait did not end by %s", what)
	}
}

// Lease counts.
func (s *stage) Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (eventlog.Cursor, error) {
	s.leases++
	return s.Store.Lease(ctx, name, holder, term, ttl)
}
