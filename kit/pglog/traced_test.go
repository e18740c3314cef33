package pglog_test

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestStatementsAreInTheTraceOfTheirCaller is not parallel: the provider of
// tracers belongs to the whole program.
func TestStatementsAreInTheTraceOfTheirCaller(t *testing.T) {
	spans, before := tracetest.NewInMemoryExporter(), otel.GetTracerProvider()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	log := mustOpen(t, pglog.Config{URL: servertest.Database(t), Traced: true})
	mustCommit(t, log, unit("a", 0)) // so that it is connected

	ctx, span := provider.Tracer("test").Start(within(t, patience), "ask")
	if err := try(ctx, log, unit("a", 1)); err != nil {
		t.Fatalf("Append = %v; want nil", err)
	}
	span.End()
	var inside []string
	for _, s := range spans.GetSpans() {
		if s.SpanContext.TraceID() == span.SpanContext().TraceID() {
			inside = append(inside, s.Name)
		}
	}
	if want := []string{"SELECT", "ask"}; !slices.Equal(inside, want) {
		t.Errorf("spans in the caller's trace = %q; want %q", inside, want)
	}
}
