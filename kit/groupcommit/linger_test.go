package groupcommit_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// A disk takes the same time for each commit.
type disk struct {
	takes          time.Duration
	patience       time.Duration // of those who call
	commits, units int
}

func (d *disk) commit(_ context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	time.Sleep(d.takes) // of the bubble's clock
	d.commits++
	d.units += len(units)
	return make([]eventlog.Outcome, len(units)), nil
}

// load has n calls arrive one after each pause, and returns the longest that one of
// them took.
func (d *disk) load(n int, pause time.Duration) time.Duration { return d.bundles(n, 1, pause) }

// bundles has each arrive at a time.
func (d *disk) bundles(n, each int, pause time.Duration) (longest time.Duration) {
	q := groupcommit.Start(d.commit, d.patience)
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range n {
		if i%each == 0 {
			time.Sleep(pause) // of the bubble's clock
		}
		group.Go(func() {
			begun := time.Now()
			_, _ = q.Append(context.Background(), make([]eventlog.Unit, 1))
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, time.Since(begun))
		})
	}
	group.Wait()
	<-q.Close()
	return longest
}

// TestNothingIsAddedWhenIdle has calls that come more slowly than commits end, and
// one caller that calls as fast as it can.
func TestNothingIsAddedWhenIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes = 5 * time.Millisecond
		d := &disk{takes: takes}
		if longest := d.load(100, 2*takes); longest != takes {
			t.Errorf("a call took %v; want %v, as a commit does", longest, takes)
		}
		q, begun := groupcommit.Start(d.commit, 0), time.Now()
		for range 100 {
			_, _ = q.Append(t.Context(), make([]eventlog.Unit, 1))
		}
		if took := time.Since(begun); took != 100*takes {
			t.Errorf("100 calls of one caller took %v; want %v", took, 100*takes)
		}
		<-q.Close()
	})
}

// TestPatienceIsForCompany has calls of people who can wait come one by one.
func TestPatienceIsForCompany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes, patience, calls = time.Millisecond, 20 * time.Millisecond, 90
		d := &disk{takes: takes, patience: patience}
		longest := d.load(calls, patience/9)
		if d.commits > calls/9 {
			t.Errorf("%d calls took %d commits; want ten or so in each", calls, d.commits)
		}
		if most := 2*takes + patience; longest > most {
			t.Errorf("a call took %v; want %v at most", longest, most)
		}
	})
}

// TestUnderLoadCommitsAreShared has eight calls come during each commit.
func TestUnderLoadCommitsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes, calls = 2 * time.Millisecond, 1000
		d := &disk{takes: takes}
		longest := d.load(calls, takes/8)
		if d.units != calls || d.commits > calls/14 {
			t.Errorf("%d calls took %d commits; want about one for 16", d.units, d.commits)
		}
		if most := 2*takes + 4*time.Millisecond; longest > most {
			t.Errorf("a call took %v; want %v at most", longest, most)
		}
	})
}

// TestAThrongIsGathered has units come at two rates, in bundles as facts do: as at
// half of what a machine can do, and at all of it.
func TestAThrongIsGathered(t *testing.T) {
	t.Parallel()
	const takes, slow, bundle = 1500 * time.Microsecond, 6 * time.Millisecond, 6
	for name, c := range map[string]struct {
		takes, pause time.Duration
		least, most  float64 // units for each commit
		longest      time.Duration
	}{
		"middling": {takes, 4600 * time.Microsecond, 5.5, 7, 3 * takes},
		"throng":   {takes, 2300 * time.Microsecond, 11, 20, 4*takes + 2*time.Millisecond},
		// The disk is not waited for twice as long as it takes, but for 8 ms.
		"slow_disk": {slow, 2300 * time.Microsecond, 33, 42, 2*slow + 8*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &disk{takes: c.takes}
				longest := d.bundles(3000, bundle, c.pause)
				if each := float64(d.units) / float64(d.commits); each < c.least || each > c.most {
					t.Errorf("%.1f units for each commit; want %v to %v", each, c.least, c.most)
				}
				if longest > c.longest {
					t.Errorf("a call took %v; want %v at most", longest, c.longest)
				}
			})
		})
	}
}

// TestWhoComeTogetherAreNotHeldBack has callers that all wait for their answers
// before they call again: however many they are, nobody else comes.
func TestWhoComeTogetherAreNotHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes, callers, rounds = 2 * time.Millisecond, 12, 200
		d := &disk{takes: takes}
		q, begun := groupcommit.Start(d.commit, 0), time.Now()
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				for range rounds {
					_, _ = q.Append(t.Context(), make([]eventlog.Unit, 1))
				}
			})
		}
		group.Wait()
		<-q.Close()
		if took, most := time.Since(begun), rounds*takes*7/4; took > most {
			t.Errorf("%d rounds took %v; want %v at most", rounds, took, most)
		}
	})
}

// TestQuickCommitsAreNotHeldBack has a disk that takes no longer than a timer.
func TestQuickCommitsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes = 100 * time.Microsecond
		d := &disk{takes: takes}
		if longest := d.load(1000, takes/8); longest > 2*takes {
			t.Errorf("a call took %v; want %v at most", longest, 2*takes)
		}
	})
}
