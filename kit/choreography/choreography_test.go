package choreography_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"

	"orpheus.example/kit/choreography"
	"orpheus.example/kit/eventlog"
)

// heard is that a fact was heard, by its name alone.
func heard(fact string) choreography.Cause {
	return choreography.Cause{Kind: choreography.Heard, Name: fact}
}

// parts are a guest, a waiter and a cook: tea is asked for, brewed, which takes a
// stove and may take too long, and served.
func parts() (guest, waiter, cook choreography.Part) {
	guest = choreography.Part{
		Service: "guest", Says: []string{"g.Asked", "g.Thanked"}, Hears: []string{"w.Served", "w.Sorry"},
		Moves: []choreography.Move{
			{On: choreography.Request("/g.Guest/Ask"), Says: []string{"g.Asked"}},
			{On: heard("w.Served"), Says: []string{"g.Thanked"}},
			{On: heard("w.Sorry"), Says: []string{"g.Asked"}}, // asks again: a cycle, and no trap
		},
	}
	waiter = choreography.Part{
		Service: "waiter", Says: []string{"w.Served", "w.Sorry"}, Hears: []string{"g.Asked", "c.Brewed", "g.Thanked"},
		Moves: []choreography.Move{
			{On: heard("g.Asked"), Sets: []string{"patience"}},
			{On: choreography.Alarm("patience"), Says: []string{"w.Sorry"}},
			{On: heard("c.Brewed"), Says: []string{"w.Served"}},
			{On: heard("g.Thanked")},
		},
	}
	cook = choreography.Part{
		Service: "cook", Says: []string{"c.Brewed", "c.Smelled"}, Hears: []string{"g.Asked"}, Terminal: []string{"c.Smelled"},
		Moves: []choreography.Move{
			{On: heard("g.Asked"), Owes: []string{"brew"}},
			{On: choreography.Call("brew"), Says: []string{"c.Brewed", "c.Smelled"}, Owes: []string{"brew"}},
		},
	}
	return guest, waiter, cook
}

func tea() choreography.Graph { return choreography.New(all()...) }

func all() []choreography.Part {
	guest, waiter, cook := parts()
	return []choreography.Part{guest, waiter, cook}
}

// A plant is something wrong with a choreography, and what Check says of it.
type plant struct {
	plant func(guest, waiter, cook *choreography.Part)
	want  string // empty if nothing is wrong
}

func TestCheckFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	for _, plants := range []map[string]plant{inVoices(), inParts(), inTheWhole()} {
		for name, test := range plants {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := all()
				test.plant(&p[0], &p[1], &p[2])
				err := choreography.New(p...).Check()
				if test.want == "" && err != nil || test.want != "" && !says(err, test.want) {
					t.Errorf("Check() = %v; want %q", err, test.want)
				}
			})
		}
	}
}

func says(err error, line string) bool {
	return err != nil && slices.Contains(strings.Split(err.Error(), "\n"), line)
}

// inVoices are faults in who says and who hears.
func inVoices() map[string]plant {
	return map[string]plant{
		"sound": {func(_, _, _ *choreography.Part) {}, ""},
		"said_by_two": {func(_, waiter, _ *choreography.Part) {
			waiter.Says = append(waiter.Says, "c.Smelled")
			waiter.Moves[1].Says = append(waiter.Moves[1].Says, "c.Smelled")
		}, "c.Smelled is said by [waiter cook]"},
		"heard_but_said_by_nobody": {func(guest, _, _ *choreography.Part) {
			guest.Hears = append(guest.Hears, "w.Sang")
			guest.Moves = append(guest.Moves, choreography.Move{On: heard("w.Sang")})
		}, "guest hears w.Sang, which nobody says"},
		"hears_itself": {func(guest, _, _ *choreography.Part) {
			guest.Hears = append(guest.Hears, "g.Asked")
			guest.Moves = append(guest.Moves, choreography.Move{On: heard("g.Asked")})
		}, "guest hears g.Asked, which it says itself"},
		"no_hearer": {func(_, _, cook *choreography.Part) {
			cook.Terminal = nil
		}, "c.Smelled has no hearer and is not marked as terminal"},
		"terminal_of_another": {func(guest, _, _ *choreography.Part) {
			guest.Terminal = []string{"c.Brewed"}
		}, "guest marks c.Brewed as terminal but does not say it"},
	}
}

// inParts are faults in one part by itself.
func inParts() map[string]plant {
	return map[string]plant{
		"heard_without_a_move": {func(_, waiter, _ *choreography.Part) {
			waiter.Moves = waiter.Moves[:3]
		}, "waiter hears g.Thanked but has no move on it"},
		"move_on_what_is_not_heard": {func(_, waiter, _ *choreography.Part) {
			waiter.Hears = waiter.Hears[:2]
		}, "waiter has a move on g.Thanked but does not hear it"},
		"two_moves_on_one_cause": {func(_, waiter, _ *choreography.Part) {
			waiter.Moves = append(waiter.Moves, choreography.Move{On: heard("g.Thanked")})
		}, "waiter has two moves on the fact g.Thanked"},
		"said_by_no_move": {func(guest, _, _ *choreography.Part) {
			guest.Moves[1].Says = nil
		}, "guest says g.Thanked but nothing leads to it"},
		"follows_but_is_not_said": {func(guest, _, _ *choreography.Part) {
			guest.Moves[1].Says = []string{"g.Thanked", "g.Sang"}
		}, "guest lets g.Sang follow but does not say it"},
		"call_without_an_answer": {func(_, _, cook *choreography.Part) {
			cook.Moves[0].Owes = []string{"brew", "taste"}
		}, "cook owes the call taste but has no move on it"},
		"alarm_that_is_never_set": {func(_, waiter, _ *choreography.Part) {
			waiter.Moves[0].Sets = nil
		}, "waiter has a move on the alarm patience but never sets it"},
	}
}

// inTheWhole are faults that no part can see.
func inTheWhole() map[string]plant {
	return map[string]plant{
		"follows_from_nothing": {func(guest, _, _ *choreography.Part) {
			guest.Moves[0].Says = nil // whoever never asked is told sorry, and asks again
		}, "g.Asked follows from no request"},
		"cycle_without_an_exit": {func(_, waiter, cook *choreography.Part) {
			waiter.Moves[2].Says = []string{"w.Sorry"} // never served, and asked for ever
			cook.Says, cook.Terminal = cook.Says[:1], nil
			cook.Moves[1].Says = cook.Moves[1].Says[:1]
		}, "g.Asked is on or leads to a cycle without an exit"},
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	asked := choreography.Step{"guest", choreography.Request("g.Guest/Ask"), "g.Asked"}
	brewed := choreography.Step{"cook", choreography.Call(""), "c.Brewed"}
	served := choreography.Step{"waiter", heard("c.Brewed"), "w.Served"}
	sorry := choreography.Step{"waiter", choreography.Alarm("patience"), "w.Sorry"}
	again := choreography.Step{"guest", heard("w.Sorry"), "g.Asked"}
	for name, test := range map[string]struct{ flow, refused []choreography.Step }{
		"nothing":           {},
		"happy":             {flow: []choreography.Step{asked, brewed, served}},
		"in_any_order":      {flow: []choreography.Step{served, brewed, asked}},
		"round_the_cycle":   {flow: []choreography.Step{asked, sorry, again, brewed, served}},
		"begins_in_the_air": {flow: []choreography.Step{brewed, served}, refused: []choreography.Step{brewed, served}},
		"rests_on_itself":   {flow: []choreography.Step{sorry, again}, refused: []choreography.Step{sorry, again}},
		"no_such_edge": {
			flow:    []choreography.Step{asked, {"guest", heard("g.Asked"), "g.Thanked"}},
			refused: []choreography.Step{{"guest", heard("g.Asked"), "g.Thanked"}},
		},
		"said_by_another": {
			flow:    []choreography.Step{asked, {"waiter", choreography.Call("brew"), "c.Brewed"}},
			refused: []choreography.Step{{"waiter", choreography.Call("brew"), "c.Brewed"}},
		},
		"by_a_call_of_another": {
			flow:    []choreography.Step{asked, {"waiter", choreography.Call(""), "w.Sorry"}},
			refused: []choreography.Step{{"waiter", choreography.Call(""), "w.Sorry"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, s := range test.refused {
				want = append(want, "not in the choreography: "+s.String())
			}
			got := ""
			if err := tea().Follow(test.flow); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(strings.Join(want, "\n"), got); diff != "" {
				t.Errorf("Follow(%v): (-want +got)\n%s", test.flow, diff)
			}
		})
	}
}

func TestStepsAreReadFromLogs(t *testing.T) {
	t.Parallel()
	asked := eventlog.Record{ID: uuid.New(), Type: "g.Asked", Causation: "request", Actor: "caller"}
	opened := eventlog.Record{ID: uuid.New(), Type: "c.Opened", Causation: asked.ID.String(), Actor: "service:guest"}
	brewed := eventlog.Record{ID: uuid.New(), Type: "c.Brewed", Causation: "duty", Actor: "service:cook"}
	served := eventlog.Record{ID: uuid.New(), Type: "w.Served", Causation: brewed.ID.String(), Actor: "service:cook"}
	sorry := eventlog.Record{ID: uuid.New(), Type: "w.Sorry", Causation: "alarm", Actor: "clock"}
	got := tea().Steps(map[string][]eventlog.Record{"waiter": {served, sorry}, "guest": {asked}, "cook": {opened, brewed}})
	want := []choreography.Step{
		{"cook", choreography.Call(""), "c.Brewed"},
		{"guest", choreography.Request(""), "g.Asked"},
		{"waiter", heard("c.Brewed"), "w.Served"},
		{"waiter", choreography.Alarm(""), "w.Sorry"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("Steps: (-want +got)\n%s", diff)
	}
	if err := tea().Follow(got); err != nil {
		t.Errorf("Follow(Steps) = %v", err)
	}
}

func TestBindingsAreWhatIsHeard(t *testing.T) {
	t.Parallel()
	want := []string{"c.Brewed", "g.Asked", "g.Thanked"}
	if diff := cmp.Diff(want, tea().Bindings("waiter")); diff != "" {
		t.Errorf("Bindings(waiter): (-want +got)\n%s", diff)
	}
	if got := tea().Bindings("stranger"); got != nil {
		t.Errorf("Bindings(stranger) = %v; want none", got)
	}
}

func TestMermaidIsAsItWas(t *testing.T) {
	t.Parallel()
	const file = "testdata/tea.mmd"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), tea().Mermaid()); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", file, diff)
	}
}

func TestFactsAreNamedByTheirMessages(t *testing.T) {
	t.Parallel()
	if got, want := choreography.Fact(&durationpb.Duration{}), heard("google.protobuf.Duration"); got != want {
		t.Errorf("Fact(Duration) = %v; want %v", got, want)
	}
}
