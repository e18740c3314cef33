package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"orpheus.example/kit/telemetry"
)

// What all tests record. OpenTelemetry is global; each test knows its own spans
// by their trace, and its own metrics by their destination.
var (
	spans    = tracetest.NewInMemoryExporter()
	readings = metric.NewManualReader()
)

func TestMain(m *testing.M) {
	if os.Getenv(quietProcess) != "" {
		if _, err := telemetry.Setup(context.Background(), telemetry.Config{}); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(readings)))
	// The instruments of the package belong to the provider of their first use.
	telemetry.Duplicate(context.Background(), "first.v1.Done")
	os.Exit(m.Run())
}

// unique returns a name that no other run of the test uses: what is counted stays
// counted as long as the process lives.
func unique(t *testing.T) string {
	t.Helper()
	return t.Name() + "-" + uuid.NewString()
}

const malformed = "00-zz-1-01"

var errBroken = errors.New("broken")

// spanNamed returns the one span of a name in the trace of a traceparent.
func spanNamed(t *testing.T, traceparent, name string) tracetest.SpanStub {
	t.Helper()
	id := contextOf(traceparent).TraceID()
	for _, s := range spans.GetSpans() {
		if s.SpanContext.TraceID() == id && s.Name == name {
			return s
		}
	}
	t.Fatalf("trace %s has no span %q", id, name)
	return tracetest.SpanStub{}
}

func contextOf(traceparent string) trace.SpanContext {
	return trace.SpanContextFromContext(telemetry.WithRemote(context.Background(), traceparent))
}

func attributesOf(s tracetest.SpanStub) map[string]any {
	got := map[string]any{}
	for _, a := range s.Attributes {
		got[string(a.Key)] = a.Value.AsInterface()
	}
	return got
}

func linksOf(s tracetest.SpanStub) []trace.SpanID {
	var ids []trace.SpanID
	for _, l := range s.Links {
		ids = append(ids, l.SpanContext.SpanID())
	}
	return ids
}

func checkAttributes(t *testing.T, s tracetest.SpanStub, want map[string]any) {
	t.Helper()
	if diff := cmp.Diff(want, attributesOf(s)); diff != "" {
		t.Errorf("attributes of %q (-want +got):\n%s", s.Name, diff)
	}
}

func TestCreateIsAProducer(t *testing.T) {
	t.Parallel()
	ctx, end := telemetry.Start(t.Context(), "ask")
	created, done := telemetry.Create(ctx, "facts", "a.v1.Done")
	done(nil)
	end(nil)

	got := spanNamed(t, created, "create facts:a.v1.Done")
	if got.SpanKind != trace.SpanKindProducer {
		t.Errorf("kind = %v; want producer", got.SpanKind)
	}
	if got.SpanContext.SpanID() != contextOf(created).SpanID() {
		t.Errorf("Create() = %s; want the traceparent of its own span %s", created, got.SpanContext.SpanID())
	}
	if want := spanNamed(t, created, "ask").SpanContext.SpanID(); got.Parent.SpanID() != want {
		t.Errorf("parent = %s; want %s", got.Parent.SpanID(), want)
	}
	checkAttributes(t, got, map[string]any{
		"messaging.system":                           "rabbitmq",
		"messaging.operation.name":                   "create",
		"messaging.operation.type":                   "create",
		"messaging.destination.name":                 "facts:a.v1.Done",
		"messaging.rabbitmq.destination.routing_key": "a.v1.Done",
	})
}

func TestPublishLinksToEachCreation(t *testing.T) {
	t.Parallel()
	first, end := telemetry.Create(t.Context(), "facts", "a.v1.Done")
	end(nil)
	second, end := telemetry.Create(t.Context(), "facts", "b.v1.Done")
	end(nil)
	ctx, done := telemetry.Publish(t.Context(), "facts", []string{first, second, first, malformed, ""})
	done(5, nil)

	got := spanNamed(t, telemetry.Traceparent(ctx), "publish facts")
	if got.SpanKind != trace.SpanKindClient || got.Parent.IsValid() {
		t.Errorf("kind, parent = %v, %v; want client, none", got.SpanKind, got.Parent)
	}
	want := []trace.SpanID{contextOf(first).SpanID(), contextOf(second).SpanID()}
	if diff := cmp.Diff(want, linksOf(got)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	checkAttributes(t, got, map[string]any{
		"messaging.system":              "rabbitmq",
		"messaging.operation.name":      "publish",
		"messaging.operation.type":      "send",
		"messaging.destination.name":    "facts",
		"messaging.batch.message_count": int64(5),
	})
}

func TestPublishKeepsAsManyLinksAsASpanHolds(t *testing.T) {
	t.Parallel()
	var created []string
	for range 200 {
		traceparent, end := telemetry.Create(t.Context(), "many", "a.v1.Done")
		end(nil)
		created = append(created, traceparent)
	}
	ctx, done := telemetry.Publish(t.Context(), "many", created)
	done(200, nil)
	got := spanNamed(t, telemetry.Traceparent(ctx), "publish many")
	if len(got.Links) != 128 || got.DroppedLinks != 0 {
		t.Errorf("links, dropped = %d, %d; want 128, 0", len(got.Links), got.DroppedLinks)
	}
}

var someID = uuid.NewSHA1(uuid.NameSpaceURL, []byte("id"))

func hop(traceparent string) telemetry.Hop {
	return telemetry.Hop{
		Exchange: "facts", Queue: "hearer", Type: "a.v1.Done", ID: someID, Correlation: "whole",
		Trace: traceparent, Attempt: 2, Created: time.Now().Add(-time.Second),
	}
}

func TestProcessIsAChildOfTheCreationAndLinksToIt(t *testing.T) {
	t.Parallel()
	created, end := telemetry.Create(t.Context(), "facts", "a.v1.Done")
	end(nil)
	ctx, done := telemetry.Process(t.Context(), hop(created))
	if got, want := contextOf(telemetry.Traceparent(ctx)).TraceID(), contextOf(created).TraceID(); got != want {
		t.Errorf("trace of Process() = %s; want that of the creation, %s", got, want)
	}
	done(nil)

	got := spanNamed(t, created, "process facts:a.v1.Done:hearer")
	want := contextOf(created).SpanID()
	if got.SpanKind != trace.SpanKindConsumer || got.Parent.SpanID() != want || !got.Parent.IsRemote() {
		t.Errorf("kind, parent = %v, %v; want consumer, remote %s", got.SpanKind, got.Parent, want)
	}
	if diff := cmp.Diff([]trace.SpanID{want}, linksOf(got)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	checkAttributes(t, got, map[string]any{
		"messaging.system":                           "rabbitmq",
		"messaging.operation.name":                   "process",
		"messaging.operation.type":                   "process",
		"messaging.destination.name":                 "facts:a.v1.Done:hearer",
		"messaging.rabbitmq.destination.routing_key": "a.v1.Done",
		"messaging.message.id":                       someID.String(),
		"messaging.message.conversation_id":          "whole",
		"orpheus.attempt":                            int64(2),
	})
}

func TestProcessOfAMalformedTraceBeginsItsOwn(t *testing.T) {
	t.Parallel()
	for _, traceparent := range []string{"", malformed, "00-00000000000000000000000000000000-0000000000000000-01"} {
		outer, end := telemetry.Start(t.Context(), "loop")
		ctx, done := telemetry.Process(outer, hop(traceparent))
		done(nil)
		end(nil)
		got := spanNamed(t, telemetry.Traceparent(ctx), "process facts:a.v1.Done:hearer")
		if got.Parent.IsValid() || len(got.Links) != 0 {
			t.Errorf("Process(%q): parent, links = %v, %v; want none", traceparent, got.Parent, got.Links)
		}
	}
}

func TestFailureEndsWithItsType(t *testing.T) {
	t.Parallel()
	ctx, done := telemetry.Process(t.Context(), hop(""))
	done(fmt.Errorf("handle: %w", errBroken))
	got := spanNamed(t, telemetry.Traceparent(ctx), "process facts:a.v1.Done:hearer")
	want := sdktrace.Status{Code: codes.Error, Description: "handle: broken"}
	if diff := cmp.Diff(want, got.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got := attributesOf(got)["error.type"]; got != "*errors.errorString" {
		t.Errorf("error.type = %v; want the type of the cause", got)
	}
}

func TestTraceparentSurvivesStorage(t *testing.T) {
	t.Parallel()
	const stored = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if got := telemetry.Traceparent(telemetry.WithRemote(t.Context(), stored)); got != stored {
		t.Errorf("Traceparent(WithRemote(%q)) = %q; want the same", stored, got)
	}
	if got := telemetry.Traceparent(t.Context()); got != "" {
		t.Errorf("Traceparent(no trace) = %q; want none", got)
	}
}

func FuzzWithRemote(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add(malformed)
	f.Fuzz(func(t *testing.T, stored string) {
		got := telemetry.Traceparent(telemetry.WithRemote(t.Context(), stored))
		if got != "" && got != telemetry.Traceparent(telemetry.WithRemote(t.Context(), got)) {
			t.Errorf("Traceparent(WithRemote(%q)) = %q; want what survives another round", stored, got)
		}
	})
}

// The whole way, with an hour between the making and the hearing: one trace.
func Example() {
	ctx, asked := telemetry.Start(context.Background(), "order ask Place")
	stored, kept := telemetry.Create(ctx, "facts", "order.v1.OrderPlaced")
	kept(nil)
	asked(nil)

	ctx, heard := telemetry.Process(context.Background(), telemetry.Hop{
		Exchange: "facts", Queue: "payment", Type: "order.v1.OrderPlaced", Trace: stored,
	})
	same := contextOf(stored).TraceID() == trace.SpanContextFromContext(ctx).TraceID()
	heard(nil)
	fmt.Println("one trace:", same)
	// Output: one trace: true
}
