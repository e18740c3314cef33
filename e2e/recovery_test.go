package e2e

import (
	"fmt"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// services are the five.
var services = []string{"order", "payment", "inventory", "shipping", "notify"}

// slack is how many times what is asked for a recovery may take before it counts as
// none. A machine may be busy with anything; what it took is in the test's log, and
// what it takes a shop under load is measured by chaos.
const slack = 30

// checkBack measures how long it takes, since something is back or begins to start,
// until each of some services has handled a message about an order. The order is
// one of which they have not heard before.
func (s *shop) checkBack(t *testing.T, what string, since time.Time, asked time.Duration, order string, of ...string) {
	t.Helper()
	for _, name := range of {
		log := s.log(t, name)
		awaitWithin(t, slack*asked, fmt.Sprintf("%s is back and %s hears of order %s", what, name, order), func() error {
			n, err := countEvents(t.Context(), log, 0, func(e eventlog.Record) bool {
				return e.Correlation == order && e.Type != "order.v1.OrderPlaced"
			})
			if err == nil && n == 0 {
				err = errNotYet
			}
			return err
		})
	}
	took := time.Since(since)
	t.Logf("%s is back: handled again after %.2f s; %.0f s are asked for", what, took.Seconds(), asked.Seconds())
}
