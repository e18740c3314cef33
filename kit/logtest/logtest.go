// Package logtest holds the laws of an event log. A driver that keeps them all
// can stand in for any other.
//
// A driver's own test is a few lines: it calls Run with a function that opens an
// empty store. Each law is a named function and shows as a subtest of that name.
// The laws know the store by its interface alone, so they hold for a database,
// an embedded store and one in memory alike.
package logtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// Opened is a store that is put to the test.
type Opened struct {
	// Store is empty, and nobody else has it.
	Store eventlog.Store
	// Another opens the same data once more, as another process would. It is
	// nil if the driver has no such thing; laws that need it are then skipped.
	Another func(t *testing.T) eventlog.Store
}

// A Law is something that holds for every driver.
type Law struct {
	Name string
	// Shared says that the law is about several processes that share a store.
	Shared bool
	// Check fails t if the law does not hold for o.
	Check func(t *testing.T, o Opened)
}

// Laws returns all laws, for a driver that wants to show which it keeps.
func Laws() []Law {
	return slices.Concat(
		appendLaws(), contentLaws(), conflictLaws(), absenceLaws(), chainLaws(), markLaws(), unitLaws(),
		orderLaws(), grownLaws(), agendaLaws(), cursorLaws(), viewLaws(), endLaws(),
	)
}

// Run checks all laws, each on a store of its own and side by side. Open ends
// with t: it registers what closes the store.
func Run(t *testing.T, open func(t *testing.T) Opened) {
	t.Helper()
	for _, law := range Laws() {
		t.Run(law.Name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			if law.Shared && o.Another == nil { // as of a log in memory: nobody else gets at it
				t.Skip("this driver has no second process")
			}
			law.Check(t, o)
		})
	}
}

// patience is how long a law waits for what must happen. It is long, because
// only a failure waits to its end.
const patience = 30 * time.Second

// within returns a context that ends with the test or when patience does.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// handles returns n handles on the store: as many processes as the driver can
// have, which may be one.
func (o Opened) handles(t *testing.T, n int) []eventlog.Store {
	t.Helper()
	stores := []eventlog.Store{o.Store}
	for len(stores) < n {
		if o.Another == nil {
			stores = append(stores, o.Store)
			continue
		}
		stores = append(stores, o.Another(t))
	}
	return stores
}
