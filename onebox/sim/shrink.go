package sim

import (
	"bytes"
	"context"
	"slices"
)

// Shrink looks for a simpler schedule in which the same is wrong, until ctx is
// done or no simpler one is found. Simpler is a shorter tape, with more zeros, of
// fewer orders.
func (f *Failure) Shrink(ctx context.Context) *Failure {
	check := f.Violations[0].Check
	s := shrinker{ctx: ctx, w: newWorld(), best: f.Schedule, fails: func(w *world) bool {
		return w.failed() && w.violations[0].Check == check
	}}
	s.shrink()
	small := s.best.Replay()
	small.Seed, small.Why = f.Seed, f.Violations[0].String()
	return small
}

type shrinker struct {
	ctx   context.Context //nolint:containedctx // of one call of Shrink
	w     *world
	fails func(*world) bool // after a run: whether the same was wrong
	best  Schedule
}

// shrink goes on until nothing helps any more: large parts of the tape first.
func (s *shrinker) shrink() {
	for improved := true; improved && s.ctx.Err() == nil; {
		improved = s.fewerOrders()
		for size := max(len(s.best.Tape)/2, 1); size > 0 && s.ctx.Err() == nil; size /= 2 {
			improved = s.pass(size, cutOut) || improved
			improved = s.pass(size, zeroed) || improved
		}
	}
}

// wrong reports whether the same is wrong with a tape, which is the best then.
func (s *shrinker) wrong(tape []byte, orders int) bool {
	s.w.tape.fix(tape)
	s.w.guarded(orders)
	if !s.fails(s.w) {
		return false
	}
	// What was never drawn, or is a zero at the end, need not be on it.
	tape = tape[:min(len(tape), len(s.w.tape.used))]
	s.best = Schedule{Orders: orders, Tape: bytes.Clone(bytes.TrimRight(tape, "\x00"))}
	return true
}

func (s *shrinker) fewerOrders() bool {
	for orders := 1; orders < s.best.Orders; orders++ {
		if s.wrong(s.best.Tape, orders) {
			return true
		}
	}
	return false
}

// pass tries a change on every part of that size, last one first: what is cut out
// there moves nothing that comes before it.
func (s *shrinker) pass(size int, change func(tape []byte, from, to int) []byte) (improved bool) {
	for from := len(s.best.Tape) - size; from >= 0 && s.ctx.Err() == nil; from -= size {
		if from+size > len(s.best.Tape) {
			continue
		}
		tape := change(s.best.Tape, from, from+size)
		if tape != nil && s.wrong(tape, s.best.Orders) {
			improved = true
		}
	}
	return improved
}

// cutOut takes a part out: what was drawn behind it is drawn earlier, which is
// another schedule, and often as bad a one.
func cutOut(tape []byte, from, to int) []byte { return slices.Delete(bytes.Clone(tape), from, to) }

// zeroed makes all choices of a part tame. It returns nil if they were.
func zeroed(tape []byte, from, to int) []byte {
	tape = bytes.Clone(tape)
	if len(bytes.Trim(tape[from:to], "\x00")) == 0 {
		return nil
	}
	clear(tape[from:to])
	return tape
}
