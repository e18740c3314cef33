// Package choreographytest holds a service's part in a choreography to its code.
//
// It walks through every state that a decider can come to, feeds it all that it
// may ever meet with there, and writes down what followed. What was declared and
// what was seen must be the same, both ways: nothing may follow that the part
// does not name, and nothing may be named that never follows.
package choreographytest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"orpheus.example/kit/choreography"
	"orpheus.example/kit/decider"
)

// limit is how many states a walk may come to. A walk that comes to more has not
// seen all, and fails.
const limit = 200_000

// A World is all that a decider may meet with.
type World[S, C, E, D any] struct {
	decider.Decider[S, C, E, D]
	// Met are the commands that facts and requests come down to. The commands
	// of one cause are asked one by one: a fact may come with this body or that.
	Met map[choreography.Cause][]C
	// Call names the call that a duty stands for, and returns the answers that
	// may come of it.
	Call func(D) (name string, answers []C)
	// Alarm names the alarm that is set in a state which wakes.
	Alarm func(S) string
	// Says returns the full name of the fact that an event is; empty if it is
	// the service's own record.
	Says func(E) string
	// Key tells states apart. Two of one key must do alike for ever; what only
	// counts up and decides nothing is left out of it. By default all of a state
	// counts.
	Key func(S) string
}

// Check walks through worlds and compares what it saw in all of them together
// with what p declares. Where one world of everything would be too large, several
// small ones are given. The streams of a decider whose decisions rest on several
// things are seen as one state.
func Check[S, C, E, D any](t *testing.T, p choreography.Part, worlds ...World[S, C, E, D]) {
	t.Helper()
	diff, err := Diff(p, worlds...)
	if err != nil {
		t.Fatal(err)
	}
	if diff != "" {
		t.Errorf("%s: moves (-declared +seen)\n%s", p.Service, diff)
	}
}

// Diff is Check without a test: it returns what differs, declared with a minus
// and seen with a plus, and empty if nothing does.
func Diff[S, C, E, D any](p choreography.Part, worlds ...World[S, C, E, D]) (string, error) {
	moves := map[choreography.Cause]*followed{}
	for _, w := range worlds {
		walk := walk[S, C, E, D]{World: w, seen: map[string]bool{}, moves: moves}
		if err := walk.run(); err != nil {
			return "", fmt.Errorf("%s: %w", p.Service, err)
		}
	}
	declared := map[choreography.Cause]choreography.Move{}
	for _, m := range p.Moves {
		declared[m.On] = sorted(m)
	}
	return cmp.Diff(declared, result(moves), cmpopts.EquateEmpty()), nil
}

func sorted(m choreography.Move) choreography.Move {
	return choreography.Move{
		On: m.On, Says: slices.Sorted(slices.Values(m.Says)), Owes: slices.Sorted(slices.Values(m.Owes)),
		Sets: slices.Sorted(slices.Values(m.Sets)),
	}
}

// followed is what was seen to follow from one cause.
type followed struct{ says, owes, sets map[string]bool }

type walk[S, C, E, D any] struct {
	World[S, C, E, D]
	seen  map[string]bool
	ahead []S
	moves map[choreography.Cause]*followed
}

// run meets everything in every state, beginning with the one in which nothing
// is known.
func (w *walk[S, C, E, D]) run() error {
	var nothing S
	w.come(nothing)
	for len(w.ahead) > 0 {
		s := w.ahead[0]
		w.ahead = w.ahead[1:]
		w.stand(s)
		if len(w.seen) > limit {
			return fmt.Errorf("more than %d states, as in %+v", limit, s)
		}
	}
	return nil
}

// come notes that the walk has come to s.
func (w *walk[S, C, E, D]) come(s S) {
	key := fmt.Sprintf("%+v", s)
	if w.Key != nil {
		key = w.Key(s)
	}
	if !w.seen[key] {
		w.seen[key] = true
		w.ahead = append(w.ahead, s)
	}
}

// stand meets in s all that may be met there: facts and requests, answers to the
// calls that are owed, and the alarm if one is set.
func (w *walk[S, C, E, D]) stand(s S) {
	for cause, commands := range w.Met {
		for _, c := range commands {
			w.meet(s, cause, c)
		}
	}
	for _, d := range w.owed(s) {
		name, answers := w.Call(d.Do)
		for _, c := range answers {
			w.meet(s, choreography.Call(name), c)
		}
	}
	if _, ask, ok := w.wakes(s); ok {
		w.meet(s, choreography.Alarm(w.Alarm(s)), ask)
	}
}

func (w *walk[S, C, E, D]) meet(s S, cause choreography.Cause, c C) {
	if w.moves[cause] == nil {
		w.moves[cause] = &followed{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	}
	events, err := w.Decide(s, c)
	if err != nil {
		return // refused: nothing follows
	}
	after := w.Fold(s, events...)
	w.note(w.moves[cause], cause, s, after, events)
	w.come(after)
}

// note enters what followed. A call that was owed before and still is does not
// follow. An alarm follows if none of its name was set before, or if that one has
// just rung and another is set.
func (w *walk[S, C, E, D]) note(f *followed, cause choreography.Cause, before, after S, events []E) {
	for _, e := range events {
		if fact := w.Says(e); fact != "" {
			f.says[fact] = true
		}
	}
	old := w.owed(before)
	for key, d := range w.owed(after) {
		if _, was := old[key]; !was {
			name, _ := w.Call(d.Do)
			f.owes[name] = true
		}
	}
	was, _, wasSet := w.wakes(before)
	if at, _, ok := w.wakes(after); ok {
		name := w.Alarm(after)
		rung := cause == choreography.Alarm(name) && !at.Equal(was)
		if rung || !wasSet || w.Alarm(before) != name {
			f.sets[name] = true
		}
	}
}

func (w *walk[S, C, E, D]) owed(s S) map[string]decider.Duty[D] {
	duties := map[string]decider.Duty[D]{}
	if w.Owe != nil {
		for _, d := range w.Owe(s) {
			duties[d.Key] = d
		}
	}
	return duties
}

func (w *walk[S, C, E, D]) wakes(s S) (at time.Time, ask C, ok bool) {
	if w.Wake == nil {
		return at, ask, false
	}
	return w.Wake(s)
}

// result returns what was seen as moves.
func result(seen map[choreography.Cause]*followed) map[choreography.Cause]choreography.Move {
	moves := map[choreography.Cause]choreography.Move{}
	for cause, f := range seen {
		moves[cause] = choreography.Move{
			On: cause, Says: slices.Sorted(maps.Keys(f.says)), Owes: slices.Sorted(maps.Keys(f.owes)),
			Sets: slices.Sorted(maps.Keys(f.sets)),
		}
	}
	return moves
}
