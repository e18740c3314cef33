package bus_test

import (
	"testing"

	"orpheus.example/kit/bus"
)

// Whoever follows one that has failed halts, until all of them have left.
func TestConvoyHaltsBehindAFailure(t *testing.T) {
	t.Parallel()
	var c bus.Convoy
	checkJoin(t, &c, "one", true)
	checkJoin(t, &c, "one", true)
	c.Halt()
	checkJoin(t, &c, "one", false)
	c.Leave()
	c.Leave()
	checkJoin(t, &c, "one", false)
	c.Leave()
	c.Leave()
	checkJoin(t, &c, "one", true)
}

// A new way is taken only when nothing is out on the old one: what is may be
// lost.
func TestConvoyKeepsToOneWay(t *testing.T) {
	t.Parallel()
	var c bus.Convoy
	checkJoin(t, &c, "one", true)
	checkJoin(t, &c, "two", false)
	checkJoin(t, &c, "one", false)
	for range 3 {
		c.Leave()
	}
	checkJoin(t, &c, "two", true)
}

// A failure that is heard of after all have left concerns nobody.
func TestConvoyForgetsWhoHasLeft(t *testing.T) {
	t.Parallel()
	var c bus.Convoy
	checkJoin(t, &c, "one", true)
	c.Leave()
	c.Halt()
	checkJoin(t, &c, "one", true)
}

func checkJoin(t *testing.T, c *bus.Convoy, way string, want bool) {
	t.Helper()
	if got := c.Join(way); got != want {
		t.Errorf("Join(%s) = %v; want %v", way, got, want)
	}
}
