package choreography

import (
	"errors"
	"fmt"
	"slices"
)

// Check returns all that is wrong with a choreography, or nil:
//
//   - Every part is whole: it has one move for each fact that it hears and none
//     for others; each fact that it says follows from some move, and each call
//     and alarm has a move of its own and is owed or set by some move.
//   - Every fact is said by exactly one service.
//   - Every fact that is heard is said by somebody, and not by the hearer itself.
//   - Every fact has a hearer, or is marked as terminal.
//   - Every fact can come about: it follows, in the end, from a request. Nothing
//     else comes from outside.
//   - There is no cycle without an exit. An end is a fact from which no further
//     fact follows: whoever hears it remembers it, or sends a mail. From every
//     fact an end must be reachable, over whatever calls and alarms lie between.
//     A cycle of facts that cannot be left is one from which none is: its
//     services would answer each other for ever. A cycle that can be left is no
//     proof that it is left; that is for the deciders, in which an order has a
//     finite number of phases. Calls that are repeated, and a call that leads to
//     itself, are no cycle of facts: they are owed by a state, and the tests of
//     each service show that it comes to rest.
func (g Graph) Check() error {
	var wrong []error
	for _, p := range g.parts {
		for _, err := range p.check() {
			wrong = append(wrong, fmt.Errorf("%s %w", p.Service, err))
		}
	}
	wrong = append(wrong, g.checkVoices()...)
	wrong = append(wrong, g.checkOrigins()...)
	wrong = append(wrong, g.checkEnds()...)
	return errors.Join(wrong...)
}

// check returns what is wrong with a part by itself.
func (p Part) check() []error {
	wrong := p.checkMoves()
	said, owed, set := p.consequences()
	moves := p.causes()
	wrong = append(wrong, differ(moves[Heard], p.Hears, "has a move on %s but does not hear it", "hears %s but has no move on it")...)
	wrong = append(wrong, differ(said, p.Says, "lets %s follow but does not say it", "says %s but nothing leads to it")...)
	wrong = append(wrong, differ(owed, moves[Called], "owes the call %s but has no move on it", "has a move on the call %s but never owes it")...)
	wrong = append(wrong, differ(set, moves[Alarmed], "sets the alarm %s but has no move on it", "has a move on the alarm %s but never sets it")...)
	for _, fact := range p.Terminal {
		if !slices.Contains(p.Says, fact) {
			wrong = append(wrong, fmt.Errorf("marks %s as terminal but does not say it", fact))
		}
	}
	return wrong
}

func (p Part) checkMoves() []error {
	var wrong []error
	seen := map[Cause]bool{}
	for _, m := range p.Moves {
		if seen[m.On] {
			wrong = append(wrong, fmt.Errorf("has two moves on the %v", m.On))
		}
		seen[m.On] = true
	}
	return wrong
}

// consequences returns all that any move of p may bring.
func (p Part) consequences() (said, owed, set []string) {
	for _, m := range p.Moves {
		said, owed, set = append(said, m.Says...), append(owed, m.Owes...), append(set, m.Sets...)
	}
	return said, owed, set
}

// causes returns the names of what p has moves on, by kind.
func (p Part) causes() map[Kind][]string {
	names := map[Kind][]string{}
	for _, m := range p.Moves {
		names[m.On.Kind] = append(names[m.On.Kind], m.On.Name)
	}
	return names
}

// differ returns an error for each name that only one of a and b has.
func differ(a, b []string, onlyA, onlyB string) []error {
	var wrong []error
	tell := func(these, those []string, format string) {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(these))) {
			if !slices.Contains(those, name) {
				wrong = append(wrong, fmt.Errorf(format, name))
			}
		}
	}
	tell(a, b, onlyA)
	tell(b, a, onlyB)
	return wrong
}

// checkVoices looks at who says and who hears each fact.
func (g Graph) checkVoices() []error {
	var wrong []error
	for _, fact := range g.Facts() {
		sayers := g.Sayers(fact)
		if len(sayers) > 1 {
			wrong = append(wrong, fmt.Errorf("%s is said by %v", fact, sayers))
		}
		if hearers := g.Hearers(fact); len(hearers) == 0 && !g.terminal(fact) {
			wrong = append(wrong, fmt.Errorf("%s has no hearer and is not marked as terminal", fact))
		}
	}
	for _, p := range g.parts {
		for _, fact := range p.Hears {
			switch sayers := g.Sayers(fact); {
			case len(sayers) == 0:
				wrong = append(wrong, fmt.Errorf("%s hears %s, which nobody says", p.Service, fact))
			case slices.Contains(sayers, p.Service):
				wrong = append(wrong, fmt.Errorf("%s hears %s, which it says itself", p.Service, fact))
			}
		}
	}
	return wrong
}

func (g Graph) terminal(fact string) bool {
	return slices.ContainsFunc(g.parts, func(p Part) bool { return slices.Contains(p.Terminal, fact) })
}

// checkOrigins sees to it that every fact follows from a request.
func (g Graph) checkOrigins() []error {
	edges := g.edges()
	var requests []vertex
	for v := range edges {
		if v.Kind == Asked {
			requests = append(requests, v)
		}
	}
	possible := reach(edges, requests...)
	var wrong []error
	for _, fact := range g.Facts() {
		if !possible[vertex{Cause: Cause{Heard, fact}}] {
			wrong = append(wrong, fmt.Errorf("%s follows from no request", fact))
		}
	}
	return wrong
}

// checkEnds sees to it that an end is reachable from every fact.
func (g Graph) checkEnds() []error {
	edges := g.edges()
	var wrong []error
	for _, fact := range g.Facts() {
		if !leadsToEnd(edges, vertex{Cause: Cause{Heard, fact}}) {
			wrong = append(wrong, fmt.Errorf("%s is on or leads to a cycle without an exit", fact))
		}
	}
	return wrong
}

func leadsToEnd(edges map[vertex][]vertex, from vertex) bool {
	for v := range reach(edges, from) {
		if v.Kind == Heard && isEnd(edges, v) {
			return true
		}
	}
	return false
}

// isEnd reports whether no other fact follows from a fact, nor the same again.
func isEnd(edges map[vertex][]vertex, fact vertex) bool {
	for v := range reach(edges, edges[fact]...) {
		if v.Kind == Heard {
			return false
		}
	}
	return true
}
