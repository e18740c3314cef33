// Package bustest holds the laws of a bus, to be run against every driver.
//
// A driver's own test says how to reach its broker, and calls Run:
//
//	func TestBus(t *testing.T) { bustest.Run(t, start) }
//
// The laws are about what package bus promises and nothing else: they count on
// no order, and on no message coming only once unless it was settled. Each
// starts with a broker that knows none of its queues.
package bustest

import (
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// A Broker is what carries the messages of one law, and the ways to reach it.
type Broker struct {
	// Open returns one more bus on this broker, as another process would
	// have. The law closes it.
	Open func(tb testing.TB) bus.Bus
	// Prefix begins the names of all queues, where a broker is shared with
	// other tests.
	Prefix string
	// Dead returns the ids of the dead letters of a hearer.
	Dead func(tb testing.TB, hearer string) []uuid.UUID
	// Break cuts all connections at this moment, without a word. It is nil if
	// there are none to cut.
	Break func(tb testing.TB)
	// Restart kills the broker and starts it again with what it has kept. It
	// is nil if nothing is kept.
	Restart func(tb testing.TB)
}

// Wants say what a law needs of its broker.
type Wants struct {
	Partitions int  // how many queues a hearer has
	Restart    bool // Restart is called, so nobody else may use the broker
}

// A Start makes a broker for one law, or finds one, and sees to its end.
type Start func(t *testing.T, w Wants) Broker

// A law is one promise, and the way to check it.
type law struct {
	name  string
	wants Wants
	check func(t *testing.T, b Broker)
}

// Run checks all laws against the brokers that start makes.
func Run(t *testing.T, start Start) {
	for _, topic := range [][]law{
		publishing(), sending(), fitting(), hearing(), settling(), together(), partitions(), failing(), closing(),
	} {
		for _, l := range topic {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				if l.wants.Partitions == 0 {
					l.wants.Partitions = 1
				}
				l.check(t, start(t, l.wants))
			})
		}
	}
}
