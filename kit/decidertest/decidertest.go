// Package decidertest tells stories to deciders and holds them to the laws that
// every decider must keep.
package decidertest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"orpheus.example/kit/decider"
)

// A Story is one decision: after Given, When is asked, and Then happens or
// Refused is answered.
type Story[C, E any] struct {
	Name    string
	Given   []E
	When    C
	Then    []E
	Refused error
}

// Run tells each story as a subtest, and checks every law on it.
func Run[S, C, E, D any](t *testing.T, d decider.Decider[S, C, E, D], stories []Story[C, E]) {
	t.Helper()
	if len(stories) == 0 {
		t.Fatal("no stories")
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			tell(t, d, s)
		})
	}
}

func tell[S, C, E, D any](t *testing.T, d decider.Decider[S, C, E, D], s Story[C, E]) {
	t.Helper()
	var zero S
	state := d.Fold(zero, s.Given...)
	got, err := d.Decide(state, s.When)
	if !errors.Is(err, s.Refused) || (s.Refused == nil) != (err == nil) {
		t.Fatalf("Decide(%+v, %+v) is refused with %v; want %v", state, s.When, err, s.Refused)
	}
	if diff := cmp.Diff(s.Then, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("Decide(%+v, %+v): (-want +got)\n%s", state, s.When, diff)
	}
	for _, law := range Laws(d, state, s.When) {
		if law.Broken != nil {
			t.Errorf("%s: %v", law.Name, law.Broken)
		}
	}
}

// A Law is one of the laws, and how it was broken, if it was.
type Law struct {
	Name   string
	Broken error
}

// Laws checks every law on what happens when c is asked of s.
func Laws[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) []Law {
	return []Law{
		{"decide is deterministic", checkDeterministic(d, s, c)},
		{"asking twice is asking once", checkTwiceIsOnce(d, s, c)},
		{"evolve leaves its input alone", checkEvolveLeavesInputAlone(d, s, c)},
		{"an alarm settles", checkWakeSettles(d, s, c)},
		{"duties have distinct keys", checkDutiesDistinct(d, s, c)},
	}
}

func checkDeterministic[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) error {
	first, err1 := d.Decide(s, c)
	second, err2 := d.Decide(s, c)
	if !reflect.DeepEqual(first, second) || fmt.Sprint(err1) != fmt.Sprint(err2) {
		return fmt.Errorf("first %+v, refused with %v, then %+v, refused with %v", first, fmt.Sprint(err1), second, fmt.Sprint(err2))
	}
	return nil
}

func checkTwiceIsOnce[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) error {
	events, err := d.Decide(s, c)
	if err != nil {
		return nil // refused: nothing happened, so nothing was asked once
	}
	again, err := d.Decide(d.Fold(s, events...), c)
	if len(again) > 0 || err != nil {
		return fmt.Errorf("asked again, %+v happens: %+v, refused with %v", c, again, fmt.Sprint(err))
	}
	return nil
}

func checkEvolveLeavesInputAlone[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) error {
	events, err := d.Decide(s, c)
	if err != nil {
		return nil // nothing to evolve
	}
	before := fmt.Sprintf("%+v", s)
	d.Fold(s, events...)
	if after := fmt.Sprintf("%+v", s); after != before {
		return fmt.Errorf("the old state has changed from %s to %s", before, after)
	}
	return nil
}

// checkWakeSettles sees to it that no alarm rings for ever: once the question
// was asked at its time, the same alarm is gone.
func checkWakeSettles[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) error {
	if d.Wake == nil {
		return nil
	}
	events, _ := d.Decide(s, c) // a refusal leaves s as it is
	s = d.Fold(s, events...)
	at, ask, ok := d.Wake(s)
	if !ok {
		return nil
	}
	events, err := d.Decide(s, ask)
	if err != nil {
		return fmt.Errorf("the alarm's question is refused: %w", err)
	}
	if again, _, ok := d.Wake(d.Fold(s, events...)); ok && again.Equal(at) {
		return fmt.Errorf("the alarm at %s rings on after %+v", at, ask)
	}
	return nil
}

func checkDutiesDistinct[S, C, E, D any](d decider.Decider[S, C, E, D], s S, c C) error {
	if d.Owe == nil {
		return nil
	}
	events, _ := d.Decide(s, c) // a refusal leaves s as it is
	keys := map[string]bool{}
	for _, duty := range d.Owe(d.Fold(s, events...)) {
		if keys[duty.Key] {
			return fmt.Errorf("two duties are called %q", duty.Key)
		}
		keys[duty.Key] = true
	}
	return nil
}
