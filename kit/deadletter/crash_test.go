package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
)

// errKilled is what a process hears from its store once it is dead.
var errKilled = fmt.Errorf("killed: %w", eventlog.ErrUnavailable)

// A mortal is a store whose process is killed at one of its appends: before it has
// reached the store, or after, when nobody hears the answer any more.
type mortal struct {
	eventlog.Log
	mu     sync.Mutex
	left   int  // appends before the one at which it is killed
	after  bool // that one is kept
	killed bool
}

func (m *mortal) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return nil, errKilled
	}
	if m.left--; m.left < 0 {
		m.killed = true
		if m.after {
			_, _ = m.Log.Append(ctx, units) // nobody hears
		}
		return nil, errKilled
	}
	return m.Log.Append(ctx, units)
}

// A day is all that happens to a sick undertaking: it is heard of, the hearer is
// mended, one letter is discarded, and the others are replayed.
type day struct {
	sick, well string
	pile       *pile
	mended     atomic.Bool
}

func newDay(name string) *day {
	d := &day{sick: "sick-" + name, well: "well-" + name, pile: newPile()}
	d.pile.put(say(d.sick, "one", garbage, "three", refused, "five")...)
	d.pile.put(say(d.well, "one", "two")...)
	return d
}

// live goes on with the day where an earlier life of the process has left it, and
// returns an error if it is killed.
func (d *day) live(ctx context.Context, log eventlog.Log, killed func() bool) error {
	d.pile.redeliver()
	h := enter(log, d.pile, &d.mended, true)
	for !d.pile.empty() {
		if _, err := h.step.Once(ctx); err != nil || killed() {
			return errors.Join(err, errKilled)
		}
	}
	d.mended.Store(true)
	discarded := say(d.sick, "one", garbage, "three", refused)[3]
	if _, err := h.letters.Discard(ctx, d.sick, discarded.ID, "ann", "of no use"); err != nil {
		return err
	}
	for {
		state, err := h.letters.Waiting(ctx, d.sick)
		if err != nil || len(state.Waiting) == 0 {
			return err
		}
		if _, _, err := h.letters.Replay(ctx, d.sick, state.Waiting[0].ID, "ann", h.handle); err != nil {
			return err
		}
	}
}

// Wherever a process is killed, its next life ends the day as if nothing had been.
func TestNothingIsLostWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		stride := 1
		if _, slow := store.(*pglog.Log); slow {
			stride = 4 // a store that waits for its disk tries every fourth
		}
		for _, after := range []bool{false, true} {
			at := 0
			for dies(t, store, at, after) {
				at += stride
			}
			if at < 12 {
				t.Errorf("a day has %d appends; want at least one for each thing that happens", at)
			}
		}
	})
}

// dies lives a day in which the process is killed at an append, and reports
// whether there were that many.
func dies(t *testing.T, store eventlog.Store, at int, after bool) bool {
	t.Helper()
	d := newDay(fmt.Sprint(at, after))
	m := &mortal{Log: store, left: at, after: after}
	err := d.live(t.Context(), m, func() bool { return m.killed })
	if m.killed {
		err = d.live(t.Context(), store, func() bool { return false })
	}
	if err != nil {
		t.Fatalf("day with a death at append %d: %v", at, err)
	}
	checkHeard(t, store, d.sick, "one", garbage, "three", "five")
	checkHeard(t, store, d.well, "one", "two")
	h := enter(store, d.pile, &d.mended, true)
	h.checkWaiting(t, d.sick)
	d.pile.put(say(d.sick, "one", garbage, "three", refused, "five")...)
	h.listen(t)
	checkHeard(t, store, d.sick, "one", garbage, "three", "five")
	return m.killed
}

// TestReplicasRace has two replicas hear the same, while the hearer is mended and
// two operators replay whatever they find.
func TestReplicasRace(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		const undertakings = 6
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		var mended atomic.Bool
		replicas := []*hearer{enter(store, newPile(), &mended, false), enter(store, newPile(), &mended, false)}
		var running, operators sync.WaitGroup
		listening, stop := context.WithCancel(ctx)
		for _, r := range replicas {
			for u := range undertakings {
				r.pile.put(story(u)...)
				r.pile.put(story(u)...)
			}
			running.Go(func() { _ = loop.Runner{Step: r.step}.Run(listening) })
			operators.Go(func() { operate(ctx, t, r, undertakings, &mended) })
		}
		operators.Wait()
		stop()
		running.Wait()
		for u := range undertakings {
			checkHeard(t, store, fmt.Sprint("u", u), "one", poisons[u%3], "three", "four")
			replicas[0].checkWaiting(t, fmt.Sprint("u", u))
		}
	})
}

// poisons are one for each undertaking in turn.
var poisons = []string{garbage, refused, panics}

// story returns what is said of an undertaking.
func story(u int) []bus.Message { return say(fmt.Sprint("u", u), "one", poisons[u%3], "three", "four") }

// operate replays whatever waits until nothing is left to do: once all is heard
// for the first time, the hearer is mended.
func operate(ctx context.Context, t *testing.T, h *hearer, undertakings int, mended *atomic.Bool) {
	for ctx.Err() == nil {
		waiting := 0
		for u := range undertakings {
			state, err := h.letters.Waiting(ctx, fmt.Sprint("u", u))
			if err != nil || len(state.Waiting) == 0 {
				continue
			}
			waiting++
			_, _, err = h.letters.Replay(ctx, fmt.Sprint("u", u), state.Waiting[0].ID, "ann", h.handle)
			if err != nil && !deadletter.Passes(err) {
				t.Errorf("Replay: %v", err)
			}
		}
		switch {
		case waiting == undertakings:
			mended.Store(true)
		case waiting == 0 && mended.Load() && h.pile.empty():
			return
		}
		_ = loop.Sleep(ctx, time.Millisecond) // others have something to do
	}
	t.Error("not all letters are gone in time")
}
