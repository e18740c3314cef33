package chaos

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A card is one turn: a fault, or two at once.
type card struct {
	n      int // counted from 1
	faults []fault
}

// perDeck is the time for which the numbers in the table of faults are meant.
const perDeck = 10 * time.Minute

// deal returns the turns of a run, the second half of them in pairs where two
// faults do not stand in each other's way.
func deal(c Config) []card {
	luck := rand.New(rand.NewPCG(c.Seed, 0)) //nolint:gosec // to be repeated, not to be secret
	var loose []fault
	for _, f := range faults {
		if len(c.Faults) > 0 && !slices.Contains(c.Faults, f.name) {
			continue
		}
		loose = append(loose, slices.Repeat([]fault{f}, f.times(c, luck))...)
	}
	luck.Shuffle(len(loose), func(i, j int) { loose[i], loose[j] = loose[j], loose[i] })
	var all []card
	for _, f := range loose[:len(loose)/2] {
		all = append(all, card{len(all) + 1, []fault{f}})
	}
	return pairUp(all, loose[len(loose)/2:])
}

// times returns how often f is in the deck. Where the time is too short for one,
// chance decides. What was asked for by name comes at least once.
func (f fault) times(c Config, luck *rand.Rand) int {
	share := f.often * float64(c.For) / float64(perDeck)
	whole := int(share)
	if luck.Float64() < share-float64(whole) {
		whole++
	}
	if len(c.Faults) > 0 {
		whole = max(1, whole)
	}
	return whole
}

// pairUp adds turns of two where possible.
func pairUp(all []card, loose []fault) []card {
	for len(loose) > 0 {
		first := loose[0]
		loose = loose[1:]
		turn := card{len(all) + 1, []fault{first}}
		i := slices.IndexFunc(loose, func(f fault) bool { return f.on != first.on && f.on != everything })
		if i >= 0 && first.on != everything {
			turn.faults = append(turn.faults, loose[i])
			loose = slices.Delete(slices.Clone(loose), i, i+1)
		}
		all = append(all, turn)
	}
	return all
}
