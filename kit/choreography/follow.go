package choreography

import (
	"errors"
	"fmt"
	"slices"

	"orpheus.example/kit/eventlog"
)

// A Step is one fact of an observed flow: who said it, and because of what. The
// name of a cause that is no fact may be empty: a log tells that a fact followed
// from some call, alarm or request of its service, but not from which.
type Step struct {
	Service string
	Cause   Cause
	Fact    string
}

// String returns the step as people read it.
func (s Step) String() string { return fmt.Sprintf("%s: %v -> %s", s.Service, s.Cause, s.Fact) }

// clock is the actor of what an alarm led to.
const clock = "clock"

// Steps returns the flow that the records of services show, by service in the
// order of their names. Which fact led to which stands in the records: a
// causation is the id of the event that was heard, or else of a request, a call
// or an alarm of the service itself, which its actor tells apart. The services'
// own records are passed over: they are not said.
//
// All facts that a flow rests on must be among the records. A fact that was said
// because of one that is not there looks as if a request had led to it, and
// Follow refuses it unless one may.
func (g Graph) Steps(logs map[string][]eventlog.Record) []Step {
	kinds := map[string]string{}
	for _, records := range logs {
		for _, r := range records {
			kinds[r.ID.String()] = r.Type
		}
	}
	services := make([]string, 0, len(logs))
	for service := range logs {
		services = append(services, service)
	}
	slices.Sort(services)
	facts := g.Facts()
	var steps []Step
	for _, service := range services {
		for _, r := range logs[service] {
			if slices.Contains(facts, r.Type) {
				steps = append(steps, Step{service, cause(service, r, kinds), r.Type})
			}
		}
	}
	return steps
}

func cause(service string, r eventlog.Record, kinds map[string]string) Cause {
	kind, heard := kinds[r.Causation]
	switch {
	case heard:
		return Cause{Heard, kind}
	case r.Actor == clock:
		return Alarm("")
	case r.Actor == "service:"+service:
		return Call("")
	}
	return Cause{Asked, ""}
}

// Follow returns nil if a flow is a path of the choreography, and otherwise each
// step that is not. The order of the steps does not matter, because clocks of
// different services do not agree; what matters is that each rests on others:
//
//   - a fact is said by its own service, and an edge leads to it from its cause;
//   - the cause has come about: a fact is in the flow itself, a call or an alarm
//     may follow from what is. A request always may.
//
// Steps that only rest on each other are refused, all of them.
func (g Graph) Follow(steps []Step) error {
	edges := g.edges()
	origins := g.requests()
	open := slices.Clone(steps)
	for {
		possible := reachQuietly(edges, origins)
		rest := slices.DeleteFunc(slices.Clone(open), func(s Step) bool {
			if !g.allowed(edges, possible, s) {
				return false
			}
			origins = append(origins, vertex{Cause: Cause{Heard, s.Fact}})
			return true
		})
		if len(rest) == len(open) || len(rest) == 0 {
			return refuse(rest)
		}
		open = rest
	}
}

func refuse(steps []Step) error {
	var wrong []error
	for _, s := range steps {
		wrong = append(wrong, fmt.Errorf("not in the choreography: %v", s))
	}
	return errors.Join(wrong...)
}

func (g Graph) requests() []vertex {
	var requests []vertex
	for _, p := range g.parts {
		for _, m := range p.Moves {
			if m.On.Kind == Asked {
				requests = append(requests, p.vertex(m.On))
			}
		}
	}
	return requests
}

// reachQuietly returns what may come of from without any fact being said: calls
// and alarms. Facts count only if they are in the flow.
func reachQuietly(edges map[vertex][]vertex, from []vertex) map[vertex]bool {
	quiet := map[vertex][]vertex{}
	for v, next := range edges {
		for _, n := range next {
			if n.Kind != Heard {
				quiet[v] = append(quiet[v], n)
			}
		}
	}
	return reach(quiet, from...)
}

// allowed reports whether some cause of s has come about and leads to its fact.
func (g Graph) allowed(edges map[vertex][]vertex, possible map[vertex]bool, s Step) bool {
	if !slices.Contains(g.Sayers(s.Fact), s.Service) {
		return false
	}
	to := vertex{Cause: Cause{Heard, s.Fact}}
	for v := range possible {
		same := v.Kind == s.Cause.Kind && (v.Name == s.Cause.Name || s.Cause.Name == "")
		own := v.Kind == Heard || v.service == s.Service
		if same && own && slices.Contains(edges[v], to) {
			return true
		}
	}
	return false
}
