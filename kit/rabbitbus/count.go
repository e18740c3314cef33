package rabbitbus

import (
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// counts are of what happens in here and shows nowhere else.
type counts struct {
	reconnects, blocked, returned metric.Int64Counter
}

func newCounts(m metric.Meter) (counts, error) {
	var c counts
	for _, n := range []struct {
		counter    *metric.Int64Counter
		name, text string
	}{
		{&c.reconnects, "orpheus.bus.reconnects", "Connections to the broker that were made anew after a loss."},
		{&c.blocked, "orpheus.bus.blocked", "Times the broker stopped taking messages, being short of memory or disk."},
		{&c.returned, "orpheus.bus.returned", "Messages the broker sent back because no queue takes them."},
	} {
		var err error
		if *n.counter, err = m.Int64Counter(n.name, metric.WithDescription(n.text)); err != nil {
			return c, fmt.Errorf("counter %s: %w", n.name, err)
		}
	}
	return c, nil
}
