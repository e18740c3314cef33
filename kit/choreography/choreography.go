// Package choreography holds what services have agreed on as data: who says
// which fact, who hears it, and what may follow.
//
// Nobody conducts a choreography, so its whole is written down nowhere in the
// code: each service knows its own part only. A Part is that knowledge as a
// value, declared beside the code that acts on it and held to that code by a
// test (package choreographytest explores what a service can do and compares).
// A Graph is all parts together. It is checked for what no part can see alone
// (Check), drawn (Mermaid), asked for the bindings of a queue (Bindings), and
// laid beside what was observed (Follow).
//
// The graph drives nothing. Services do not read it; if it were gone, they would
// dance on as before.
package choreography

import (
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"orpheus.example/kit/wire"
)

// A Kind says what sort of thing a cause is.
type Kind int

// The kinds of causes.
const (
	Heard   Kind = iota // a fact of another service was heard
	Asked               // a caller asked over gRPC
	Called              // a call to the outside was answered
	Alarmed             // a deadline has passed
)

// String returns the kind's name as people read it.
func (k Kind) String() string {
	return [...]string{"fact", "request", "call", "alarm"}[k]
}

// A Cause is why a service does something. Name is the full name of the fact, as
// in "order.v1.OrderPlaced", or of the method, as in
// "order.v1.OrderService/PlaceOrder"; calls and alarms are named by their
// service, which alone knows them.
type Cause struct {
	Kind Kind
	Name string
}

// String returns the cause as people read it.
func (c Cause) String() string {
	if c.Name == "" {
		return "some " + c.Kind.String()
	}
	return c.Kind.String() + " " + c.Name
}

// Fact is that a fact was heard.
func Fact(m proto.Message) Cause { return Cause{Heard, wire.Kind(m)} }

// Request is that a method was called. Method is its full name, with or without
// the slash that gRPC begins it with.
func Request(method string) Cause { return Cause{Asked, strings.TrimPrefix(method, "/")} }

// Call is that a call to the outside was answered.
func Call(name string) Cause { return Cause{Called, name} }

// Alarm is that a deadline has passed.
func Alarm(name string) Cause { return Cause{Alarmed, name} }

// Facts returns the full names of facts, sorted.
func Facts(messages ...proto.Message) []string { return wire.KindsOf(messages...).Names() }

// A Move is one thing that a service may meet with, and all that may come of it
// at once: in any state, so never all of it together. A move of which nothing
// comes is a fact that is only remembered.
type Move struct {
	On   Cause
	Says []string // facts that may be said, by full name
	Owes []string // calls to the outside that may be owed from then on
	Sets []string // alarms that may be set
}

// A Part is what one service does in a choreography.
type Part struct {
	Service  string
	Says     []string // facts, by full name
	Hears    []string // facts of others
	Terminal []string // those of Says that nobody need hear
	Moves    []Move
}

// A Graph is a choreography: all parts together.
type Graph struct {
	parts []Part
}

// New returns the choreography of parts. It takes them as they are; Check says
// whether they fit together.
func New(parts ...Part) Graph { return Graph{parts} }

// Parts returns the parts in the order in which they were given.
func (g Graph) Parts() []Part { return g.parts }

// Facts returns all facts that anybody says, sorted.
func (g Graph) Facts() []string {
	var facts []string
	for _, p := range g.parts {
		facts = append(facts, p.Says...)
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

// Sayers returns the services that say a fact. In a sound choreography it is one.
func (g Graph) Sayers(fact string) []string {
	return g.services(func(p Part) bool { return slices.Contains(p.Says, fact) })
}

// Hearers returns the services that hear a fact.
func (g Graph) Hearers(fact string) []string {
	return g.services(func(p Part) bool { return slices.Contains(p.Hears, fact) })
}

// Bindings returns the types that a service's queue must be bound to, sorted. A
// service that is no part of the choreography has none.
func (g Graph) Bindings(service string) []string {
	for _, p := range g.parts {
		if p.Service == service {
			return slices.Sorted(slices.Values(p.Hears))
		}
	}
	return nil
}

func (g Graph) services(which func(Part) bool) []string {
	var names []string
	for _, p := range g.parts {
		if which(p) {
			names = append(names, p.Service)
		}
	}
	return names
}

// A vertex is a cause in the whole graph. Service is whose call, alarm or method
// it is; a fact belongs to all, and has none.
type vertex struct {
	service string
	Cause
}

func (p Part) vertex(c Cause) vertex {
	if c.Kind == Heard {
		return vertex{Cause: c}
	}
	return vertex{p.Service, c}
}

// follows returns what may come of m at once.
func (p Part) follows(m Move) []vertex {
	var next []vertex
	for _, name := range m.Says {
		next = append(next, p.vertex(Cause{Heard, name}))
	}
	for _, name := range m.Owes {
		next = append(next, p.vertex(Call(name)))
	}
	for _, name := range m.Sets {
		next = append(next, p.vertex(Alarm(name)))
	}
	return next
}

// edges returns what may come of each vertex at once, over all services.
func (g Graph) edges() map[vertex][]vertex {
	edges := map[vertex][]vertex{}
	for _, p := range g.parts {
		for _, m := range p.Moves {
			from := p.vertex(m.On)
			edges[from] = append(edges[from], p.follows(m)...)
		}
	}
	return edges
}

// reach returns all that may come of from, at once or later, from included.
func reach(edges map[vertex][]vertex, from ...vertex) map[vertex]bool {
	seen := map[vertex]bool{}
	for len(from) > 0 {
		v := from[len(from)-1]
		from = from[:len(from)-1]
		if !seen[v] {
			seen[v] = true
			from = append(from, edges[v]...)
		}
	}
	return seen
}

// short returns the last word of a full name.
func short(name string) string {
	name = path.Base(name)
	return name[strings.LastIndexByte(name, '.')+1:]
}
