package breaker

import (
	"context"
	"log/slog"

	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scope = "orpheus.example/kit/breaker"

// newReport returns a function that logs and counts each change of state.
// gobreaker calls it under its lock: it must not ask the breaker anything.
func newReport(name string) func(string, gobreaker.State, gobreaker.State) {
	meter := otel.Meter(scope)
	// An instrument that cannot be made is a valid one that does nothing, and
	// these names are constant and valid: there is no error to see.
	changes, _ := meter.Int64Counter("breaker.state.changes",
		metric.WithDescription("Changes of what a breaker believes of its target."),
		metric.WithUnit("{change}"))
	state, _ := meter.Int64Gauge("breaker.state",
		metric.WithDescription("What a breaker believes of its target: 0 closed, 1 half open, 2 open."))
	target := attribute.String("breaker.name", name)
	state.Record(context.Background(), 0, metric.WithAttributes(target))

	return func(_ string, from, to gobreaker.State) {
		ctx := context.Background() // the change belongs to all calls, not to the last one
		slog.WarnContext(ctx, "breaker changed", "breaker", name, "from", named(from), "to", named(to))
		changes.Add(ctx, 1, metric.WithAttributes(target, attribute.String("breaker.to", string(named(to)))))
		state.Record(ctx, int64(to), metric.WithAttributes(target))
	}
}
