package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// flat returns the names of all faults of a deck, turn by turn.
func flat(deck []card) (all [][]string) {
	for _, c := range deck {
		var turn []string
		for _, f := range c.faults {
			turn = append(turn, f.name)
		}
		all = append(all, turn)
	}
	return all
}

func TestDealFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	c := Config{For: 2 * time.Minute, Seed: 7}
	first, again := flat(deal(c)), flat(deal(c))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("deal(seed 7) twice (-first +again):\n%s", diff)
	}
	c.Seed = 8
	if other := flat(deal(c)); cmp.Equal(first, other) {
		t.Errorf("deal(seed 8) = deal(seed 7); want another order")
	}
}

// A full run has every fault in it, and enough of the kills.
func TestDealOfTenMinutes(t *testing.T) {
	t.Parallel()
	deck := deal(Config{For: 10 * time.Minute, Seed: 1})
	count := map[string]int{}
	for i, c := range deck {
		if c.n != i+1 {
			t.Errorf("turn %d has number %d", i+1, c.n)
		}
		for _, f := range c.faults {
			count[f.name]++
		}
	}
	for _, f := range faults {
		if count[f.name] == 0 {
			t.Errorf("%s is not in the deck", f.name)
		}
	}
	kills := count["kill-service"] + 2*count["kill-two"] + 5*count["kill-all"] + count["replicas"]
	if kills < 100 || count["kill-broker"]+count["wipe-broker"] < 10 || count["kill-database"] < 10 || count["wipe-broker"] < 1 {
		t.Errorf("the deck has %d kills of services and %v; want 100, and ten of each server", kills, count)
	}
}

// Two at once are about different things, and single ones come first.
func TestPairsDoNotMeet(t *testing.T) {
	t.Parallel()
	paired := 0
	for seed := range uint64(20) {
		single := false
		for i, c := range slices.Backward(deal(Config{For: 5 * time.Minute, Seed: seed})) {
			if len(c.faults) == 2 {
				paired++
				if a, b := c.faults[0], c.faults[1]; a.on == b.on || a.on == everything || b.on == everything {
					t.Errorf("seed %d, turn %d: %s and %s at once", seed, c.n, a.name, b.name)
				}
			}
			single = single || len(c.faults) == 1 && i == 0
		}
		if !single {
			t.Errorf("seed %d begins with two faults; want one", seed)
		}
	}
	if paired == 0 {
		t.Error("no deck has pairs")
	}
}

// What is asked for by name comes, however short the time is.
func TestDealOfChosenFaults(t *testing.T) {
	t.Parallel()
	got := flat(deal(Config{For: time.Second, Faults: []string{"wipe-broker"}}))
	if diff := cmp.Diff([][]string{{"wipe-broker"}}, got); diff != "" {
		t.Errorf("deal(wipe-broker) (-want +got):\n%s", diff)
	}
}
