package choreography

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mermaid returns the choreography as a Mermaid flowchart: a frame for each
// service with its requests (round), facts (boxes; doubled where nothing
// follows), calls to the outside (hexagons) and alarms (circles), and an arrow
// wherever one may lead to another at once. The same choreography is always
// drawn with the same text.
func (g Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	edges := g.edges()
	for _, p := range g.parts {
		fmt.Fprintf(&b, "  subgraph %s\n", p.Service)
		for _, v := range p.vertices() {
			fmt.Fprintf(&b, "    %s%s\n", v.id(), v.box(edges))
		}
		b.WriteString("  end\n")
	}
	for _, from := range slices.SortedFunc(maps.Keys(edges), compare) {
		for _, to := range slices.Compact(slices.SortedFunc(slices.Values(edges[from]), compare)) {
			fmt.Fprintf(&b, "  %s --> %s\n", from.id(), to.id())
		}
	}
	return b.String()
}

// vertices returns what is drawn in p's frame: all but what it hears.
func (p Part) vertices() []vertex {
	var own []vertex
	for _, name := range p.Says {
		own = append(own, vertex{Cause: Cause{Heard, name}})
	}
	for _, m := range p.Moves {
		if m.On.Kind != Heard {
			own = append(own, p.vertex(m.On))
		}
	}
	slices.SortFunc(own, compare)
	return own
}

func compare(a, b vertex) int {
	return strings.Compare(fmt.Sprint(int(a.Kind), a.service, a.Name), fmt.Sprint(int(b.Kind), b.service, b.Name))
}

// id returns a name that Mermaid takes: letters, digits and underscores.
func (v vertex) id() string {
	clean := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}
	name := v.Name
	if v.Kind != Heard {
		name = v.service + " " + v.Kind.String() + " " + short(v.Name)
	}
	return strings.Map(clean, name)
}

// box returns the shape around a vertex's name.
func (v vertex) box(edges map[vertex][]vertex) string {
	name := short(v.Name)
	switch {
	case v.Kind == Asked:
		return "([" + name + "])"
	case v.Kind == Called:
		return "{{" + name + "}}"
	case v.Kind == Alarmed:
		return "((" + name + "))"
	case len(edges[v]) == 0:
		return "[[" + name + "]]"
	}
	return "[" + name + "]"
}
