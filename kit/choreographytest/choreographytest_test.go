package choreographytest_test

import (
	"strings"
	"testing"
	"time"

	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
)

// A kettle is filled, heated by a call to the stove, and whistles; if it is
// forgotten on the stove, it calls for help.
type kettle struct{ full, hot, boiled bool }

type event string

func decide(k kettle, c string) ([]event, error) {
	switch {
	case c == "fill" && !k.full:
		return []event{"filled"}, nil
	case c == "heat" && k.full && !k.hot:
		return []event{"put on"}, nil
	case c == "heated" && k.hot && !k.boiled:
		return []event{"k.Whistled"}, nil
	case c == "forgotten" && k.full && !k.boiled:
		return []event{"k.Cried"}, nil
	}
	return nil, nil
}

func evolve(k kettle, e event) kettle {
	switch e {
	case "filled":
		k.full = true
	case "put on":
		k.hot = true
	case "k.Whistled", "k.Cried":
		k.hot, k.boiled = true, true
	}
	return k
}

func owe(k kettle) []decider.Duty[string] {
	if k.hot && !k.boiled {
		return []decider.Duty[string]{{Key: "heat-1", Do: "heat"}}
	}
	return nil
}

func wake(k kettle) (time.Time, string, bool) {
	return time.Unix(1, 0), "forgotten", k.full && !k.boiled
}

func world() choreographytest.World[kettle, string, event, string] {
	return choreographytest.World[kettle, string, event, string]{
		Decider: decider.Decider[kettle, string, event, string]{Decide: decide, Evolve: evolve, Owe: owe, Wake: wake},
		Met: map[choreography.Cause][]string{
			choreography.Request("Fill"):                     {"fill"},
			{Kind: choreography.Heard, Name: "cook.Lighted"}: {"heat"},
		},
		Call:  func(string) (string, []string) { return "stove", []string{"heated"} },
		Alarm: func(kettle) string { return "patience" },
		Says: func(e event) string {
			if strings.HasPrefix(string(e), "k.") {
				return string(e)
			}
			return ""
		},
	}
}

func part() choreography.Part {
	return choreography.Part{Service: "kettle", Moves: []choreography.Move{
		{On: choreography.Request("Fill"), Sets: []string{"patience"}},
		{On: choreography.Cause{Kind: choreography.Heard, Name: "cook.Lighted"}, Owes: []string{"stove"}},
		{On: choreography.Call("stove"), Says: []string{"k.Whistled"}},
		{On: choreography.Alarm("patience"), Says: []string{"k.Cried"}},
	}}
}

func TestWhatIsDeclaredIsWhatIsSeen(t *testing.T) {
	t.Parallel()
	choreographytest.Check(t, part(), world())
}

func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(p *choreography.Part){
		"fact_not_declared":  func(p *choreography.Part) { p.Moves[2].Says = nil },
		"call_not_declared":  func(p *choreography.Part) { p.Moves[1].Owes = nil },
		"alarm_not_declared": func(p *choreography.Part) { p.Moves[0].Sets = nil },
		"move_not_declared":  func(p *choreography.Part) { p.Moves = p.Moves[:3] },
		"fact_never_follows": func(p *choreography.Part) { p.Moves[2].Says = []string{"k.Whistled", "k.Cried"} },
		"call_never_follows": func(p *choreography.Part) { p.Moves[0].Owes = []string{"stove"} },
		"move_never_met": func(p *choreography.Part) {
			p.Moves = append(p.Moves, choreography.Move{On: choreography.Request("Empty")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := part()
			plant(&p)
			if diff, err := choreographytest.Diff(p, world()); diff == "" || err != nil {
				t.Errorf("Diff = %q, %v; want a difference", diff, err)
			}
		})
	}
}

func TestAWalkWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	endless := choreographytest.World[int, int, int, int]{
		Decider: decider.Decider[int, int, int, int]{
			Decide: func(int, int) ([]int, error) { return []int{1}, nil },
			Evolve: func(s, e int) int { return s + e },
		},
		Met:  map[choreography.Cause][]int{choreography.Request("Count"): {0}},
		Says: func(int) string { return "" },
	}
	if _, err := choreographytest.Diff(choreography.Part{}, endless); err == nil {
		t.Error("Diff of a world without end = nil; want an error")
	}
}
