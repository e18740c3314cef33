package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Config says how long to look, and where.
type Config struct {
	Seed    uint64 // of the first schedule; each next one has the next number
	Orders  int    // of each schedule, 1 to MostOrders
	Workers int    // schedules at a time, each in a goroutine of its own

	// Schedules is how many to run; 0 is as many as there is time for.
	Schedules uint64
	// Seeds is a folder of schedules that failed once and are run first. It may
	// be empty.
	Seeds string
}

// Enough is how many schedules of three orders make sure that everything that is
// counted has happened.
const Enough = 2_000

// ErrViolated says that something was wrong.
var ErrViolated = errors.New("something is wrong")

// A Result is what was looked at, and what was found.
type Result struct {
	Schedules uint64
	Kept      int // of them, those that had failed once
	Work      Work
	Counts    Counts
	Took      time.Duration
	Failure   *Failure // nil if nothing was wrong
}

// Work is how much was done in schedules: what a faster search must not do less
// of in each.
type Work struct {
	Draws    uint64 // choices that were made
	Steps    uint64 // loops that were called
	Messages uint64 // that were delivered to a hearer
	Faults   uint64 // effects that failed, crashes, and mishaps between two steps
	Events   uint64 // that services have kept
}

// Add adds other to w.
func (w *Work) Add(other Work) {
	w.Draws += other.Draws
	w.Steps += other.Steps
	w.Messages += other.Messages
	w.Faults += other.Faults
	w.Events += other.Events
}

// Run runs schedules until ctx is done or there are enough. It stops at the first
// that fails. The error says that something could not be read; what was found is
// in the result.
func Run(ctx context.Context, c Config) (Result, error) {
	begun := time.Now()
	kept, err := ReadSeeds(c.Seeds)
	if err != nil {
		return Result{}, err
	}
	r := Result{Kept: len(kept)}
	for _, k := range kept {
		if f := k.Replay(); f.Failed() {
			r.Schedules++
			r.Failure = f
			return r, nil
		}
	}
	r.search(ctx, c)
	r.Took = time.Since(begun)
	return r, nil
}

// search has workers try one seed after the other. Which worker gets which does
// not matter: a schedule follows from its seed alone.
func (r *Result) search(ctx context.Context, c Config) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var next atomic.Uint64
	var mu sync.Mutex
	var group sync.WaitGroup
	for range max(c.Workers, 1) {
		group.Go(func() {
			w := newWorld()
			done := uint64(0)
			var found *Failure
			for found == nil && ctx.Err() == nil {
				n := next.Add(1) - 1
				if c.Schedules > 0 && n >= c.Schedules {
					break
				}
				found = w.try(c.Seed+n, c.Orders)
				done++
			}
			mu.Lock()
			defer mu.Unlock()
			r.Schedules += done
			r.Work.Add(w.work)
			r.Counts.Add(&w.counts)
			if found != nil && (r.Failure == nil || found.Seed < r.Failure.Seed) {
				r.Failure = found
				stop()
			}
		})
	}
	group.Wait()
}

// try runs one schedule, and returns what was wrong with it, if anything was.
func (w *world) try(seed uint64, orders int) *Failure {
	w.tape.seed(seed)
	w.guarded(orders)
	w.work.Draws += uint64(len(w.tape.used))
	if !w.failed() {
		return nil
	}
	return &Failure{Seed: seed, Schedule: w.schedule(orders), Violations: append([]Violation(nil), w.violations...)}
}

// guarded runs the schedule on the tape. A panic of the code under test is wrong
// like anything else. It can be caught here because loops that are stepped run
// in the goroutine of whoever steps them.
func (w *world) guarded(orders int) {
	defer func() {
		if p := recover(); p != nil {
			w.violated("panic", "%v\n%s", p, debug.Stack())
		}
	}()
	w.run(orders)
}

// schedule returns what the world has just run.
func (w *world) schedule(orders int) Schedule {
	return Schedule{Orders: orders, Tape: append([]byte(nil), w.tape.used...)}
}

// A Schedule is all that it takes to run one again.
type Schedule struct {
	Orders int
	Tape   []byte
	Why    string // what it is kept for
}

// Seeded returns the schedule of a seed.
func Seeded(seed uint64, orders int) Schedule {
	w := newWorld()
	w.tape.seed(seed)
	w.guarded(orders)
	return w.schedule(orders)
}

// Replay runs a schedule and keeps a transcript.
func (s Schedule) Replay() *Failure {
	w := newWorld()
	w.telling = true
	w.tape.fix(s.Tape)
	w.guarded(s.Orders)
	return &Failure{Schedule: s, Violations: w.violations, lines: w.lines}
}

// A Failure is a schedule in which something was wrong, or nothing, if it was
// only replayed.
type Failure struct {
	Seed uint64
	Schedule
	Violations []Violation
	lines      []line
}

// Failed reports whether something was wrong.
func (f *Failure) Failed() bool { return len(f.Violations) > 0 }

// Err returns nil if nothing was wrong.
func (f *Failure) Err() error {
	if f == nil || !f.Failed() {
		return nil
	}
	return fmt.Errorf("%w in the schedule of seed %d: %s", ErrViolated, f.Seed, f.Violations[0])
}
