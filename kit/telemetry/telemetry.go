// Package telemetry makes what happens visible: spans, metrics and log lines
// that belong together.
//
// Setup installs the process's exporters as the standard OTEL_* variables say.
// Without any of them nothing is recorded, and what this package offers to the
// loops costs next to nothing.
//
// The trace of one undertaking goes through the log. The context in which an
// event is made is stored with it as a W3C traceparent, and whoever hears the
// event, duly or after an hour without a broker, works in a child of it:
//
//	rpc ──▶ create (PRODUCER) ─ ─ stored with the event ─ ─▶ process (CONSUMER) ──▶ create …
//	            ╎                                                 ╎
//	            └╌╌╌╌ link ╌╌╌╌ publish (CLIENT, many at once)    └╌╌ link to create
//
// OpenTelemetry lets a consumer of single messages be the child of the creation
// context as well as link to it. Both are done here, because trace viewers join
// traces by parents and not by links.
//
// Names and attributes are those of one version of the semantic conventions for
// messaging and RabbitMQ, which are still under development: see Convention.
package telemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Convention is the version of the semantic conventions that all names follow.
// otelgrpc and the SDK's resource use the same one.
const Convention = semconv.SchemaURL

const scope = "orpheus.example/kit/telemetry"

// Off reports whether Setup has found that no spans are wanted.
func Off() bool {
	_, off := otel.GetTracerProvider().(noop.TracerProvider)
	return off
}

// A heeding provider makes spans only where the parent is sampled, if there is
// one; see Setup.
type heeding struct{ trace.TracerProvider }

// unwanted reports whether what is done in ctx belongs to a trace that is not
// sampled and will not be: then there is nothing to record, and the context of
// the caller, which says so, is passed on as it is.
func unwanted(ctx context.Context) bool {
	at := trace.SpanContextFromContext(ctx)
	if !at.IsValid() || at.IsSampled() {
		return false
	}
	_, ok := otel.GetTracerProvider().(heeding)
	return ok
}

// Quiet reports whether neither spans nor metrics are wanted.
func Quiet() bool { return Off() && !instruments().wanted(context.Background()) }

// Start begins a span within the process, as in "payment do charge", and returns
// the context to work in. The span ends with what came of the work.
func Start(ctx context.Context, name string) (context.Context, func(error)) {
	if Off() || unwanted(ctx) {
		return ctx, endNothing
	}
	ctx, span := begin(ctx, name)
	return ctx, func(err error) { end(span, err) }
}

// Traceparent returns the W3C traceparent of ctx, to be stored with what is done
// in it; empty if ctx belongs to no trace. It returns what a caller sent even if
// nothing is recorded here, so that our silence does not break his trace.
func Traceparent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	var c carrier
	propagation.TraceContext{}.Inject(ctx, &c)
	return c.traceparent
}

// WithRemote returns ctx as a continuation of a stored traceparent. If there is
// none, or it is malformed, what follows begins a trace of its own: telemetry is
// no reason to refuse a fact.
func WithRemote(ctx context.Context, traceparent string) context.Context {
	stored := remote(traceparent)
	if !stored.IsValid() && !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, stored)
}

// remote returns the span context in a traceparent, an invalid one if there is
// none.
func remote(traceparent string) trace.SpanContext {
	if traceparent == "" {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), &carrier{traceparent})
	return trace.SpanContextFromContext(ctx)
}

// A carrier holds a traceparent and nothing else. The tracestate of vendors is
// not stored: it is unbounded, and only its own vendor misses it.
type carrier struct{ traceparent string }

func (c *carrier) Get(key string) string {
	if key == "traceparent" {
		return c.traceparent
	}
	return ""
}

func (c *carrier) Set(key, value string) {
	if key == "traceparent" {
		c.traceparent = value
	}
}

func (c *carrier) Keys() []string { return []string{"traceparent"} }

// begin opens a span. Whoever calls it hands out the function that ends it.
func begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	return otel.Tracer(scope, trace.WithSchemaURL(Convention)).Start(ctx, name, options...) //nolint:spancheck // see above
}

// end closes a span with what came of it.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetAttributes(semconv.ErrorType(err))
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// endNothing ends a span that is not there.
func endNothing(error) {}
