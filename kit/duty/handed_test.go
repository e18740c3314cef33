package duty_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// run runs the office's step until the returned function is called.
func (o *office) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := (loop.Runner{Step: o.step}).Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

// await waits until so many entries, claimed or not, are left on the agenda.
func (o *office) await(t *testing.T, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var left int
		if err := o.log.DB().QueryRowContext(ctx, `SELECT count(*) FROM due`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left == want {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%d entries left; want %d", left, want)
		}
	}
}

// Fresh duties are done without anybody looking for them, and more of them than
// there is room for are done all the same. The clock stands still, so nothing is
// found by looking again later.
func TestFreshDutiesAreHandedOver(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	o := open(t, false, func(call string) (string, error) { made.Add(1); return call, nil })
	if _, err := o.step.Once(t.Context()); err != nil { // from here on there is room
		t.Fatal(err)
	}
	o.run(t)
	const letters = 2 * agenda.Batch
	var wg sync.WaitGroup
	for i := range letters {
		wg.Go(func() { o.mustAsk(t, fmt.Sprint("letter-", i), "write") })
	}
	wg.Wait()
	o.await(t, 0)
	if got := made.Load(); got != letters {
		t.Errorf("%d calls for %d letters", got, letters)
	}
}

// A fresh duty is claimed before it is begun: nobody else is given it, but the
// process that comes back after a crash finds it at once.
func TestAFreshDutySurvivesItsProcess(t *testing.T) {
	t.Parallel()
	o := open(t, false, done)
	if _, err := o.step.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.mustAsk(t, "letter-a", "write") // and now the process is killed, before its step runs
	if due, err := o.log.Claim(t.Context(), eventlog.Duty, "another", o.clock(), agenda.Lease, 10); err != nil || len(due) != 0 {
		t.Errorf("Claim for another = %v, %v; want nothing within the lease", due, err)
	}
	o.again(false, done)
	o.run(t)
	o.await(t, 0)
	o.check(t, "after the restart", "post letter-a")
}

// A duty whose unit is refused was never owed, and its room is free again.
func TestARefusedUnitGivesItsRoomBack(t *testing.T) {
	t.Parallel()
	o := open(t, false, done)
	if _, err := o.step.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 * agenda.InLine {
		d := eventlog.Due{DueKey: eventlog.DueKey{Kind: eventlog.Duty, Stream: "letter-a", Key: "post"}}
		if !o.step.Reserve(&d) || d.Holder != "me" || d.Tries != 1 || !d.At.Equal(o.clock().Add(agenda.Lease)) {
			t.Fatalf("Reserve = false or %+v; want it claimed", d)
		}
		o.step.Release()
	}
	full := 0
	for ; o.step.Reserve(&eventlog.Due{}); full++ {
	}
	if full != agenda.InLine {
		t.Errorf("room for %d fresh duties; want %d", full, agenda.InLine)
	}
}

// What was not begun at the end is due at once for whoever else is there, and what
// was begun is finished.
func TestWhatWasNotBegunIsGivenBack(t *testing.T) {
	t.Parallel()
	hangs, release := make(chan struct{}, agenda.Batch), make(chan struct{})
	o := open(t, false, func(call string) (string, error) { hangs <- struct{}{}; <-release; return call, nil })
	if _, err := o.step.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	const letters = agenda.Handed + 10
	for i := range letters {
		o.mustAsk(t, fmt.Sprint("letter-", i), "write")
	}
	if _, err := o.step.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range agenda.Handed {
		<-hangs
	}
	drained := make(chan struct{})
	go func() { defer close(drained); o.step.Drain() }()
	for o.step.Reserve(&eventlog.Due{}) { // until it has ended
		o.step.Release()
		runtime.Gosched()
	}
	close(release)
	<-drained
	due, err := o.log.Claim(t.Context(), eventlog.Duty, "another", o.clock(), agenda.Lease, letters)
	if err != nil || len(due) != letters-agenda.Handed {
		t.Errorf("Claim for another = %d entries, %v; want the %d that were not begun", len(due), err, letters-agenda.Handed)
	}
}

// Who has waited in line for too long is let go of, and comes up when its lease
// ends; and no more are taken in while the line is slow.
func TestALongWaitInLineEnds(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	o := open(t, false, func(call string) (string, error) { made.Add(1); return call, nil })
	if _, err := o.step.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.mustAsk(t, "letter-a", "write")
	o.pass(agenda.Lease/2 + time.Second)
	if o.step.Reserve(&eventlog.Due{}) {
		t.Error("Reserve = true behind one that has waited for too long; want false")
	}
	if err := loop.Until(t.Context(), o.step); err != nil {
		t.Fatal(err)
	}
	if n := made.Load(); n != 0 {
		t.Errorf("%d calls after a long wait; want none before the lease ends", n)
	}
	o.pass(agenda.Lease / 2)
	o.run(t)
	o.await(t, 0)
}
