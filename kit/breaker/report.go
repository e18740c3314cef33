package breaker

import (
	"context"
	"log/slog"
	"sync"

	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scope = "orpheus.example/kit/breaker"

// meters are the instruments of all breakers.
type meters struct {
	changes metric.Int64Counter
	state   metric.Int64Gauge
}

// instruments makes the instruments at their first use. They belong to the global
// meter provider, which passes on what they record.
//
//nolint:gochecknoglobals // it caches nothing but what is global in OpenTelemetry itself
var instruments = sync.OnceValue(newMeters)

// newMeters makes the instruments. One that cannot be made is a valid one that
// does nothing, and these names are constant and valid: there is no error to see.
func newMeters() (m meters) {
	meter := otel.Meter(scope)
	m.changes, _ = meter.Int64Counter("breaker.state.changes",
		metric.WithDescription("Changes of what a breaker believes of its target."),
		metric.WithUnit("{change}"))
	m.state, _ = meter.Int64Gauge("breaker.state",
		metric.WithDescription("What a breaker believes of its target: 0 closed, 1 half open, 2 open."))
	return m
}

// newReport returns a function that logs and counts each change of state.
// gobreaker calls it under its lock: it must not ask the breaker anything.
func newReport(name string) func(string, gobreaker.State, gobreaker.State) {
	m, target := instruments(), attribute.String("breaker.name", name)
	if ctx := context.Background(); m.state.Enabled(ctx) {
		m.state.Record(ctx, 0, metric.WithAttributes(target))
	}
	return func(_ string, from, to gobreaker.State) {
		ctx := context.Background() // the change belongs to all calls, not to the last one
		slog.WarnContext(ctx, "breaker changed", "breaker", name, "from", named(from), "to", named(to))
		m.changes.Add(ctx, 1, metric.WithAttributes(target, attribute.String("breaker.to", string(named(to)))))
		m.state.Record(ctx, int64(to), metric.WithAttributes(target))
	}
}
