package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"

	"orpheus.example/kit/telemetry"
)

// setUp calls Setup with an environment, and puts back what is global when the
// test ends. Tests that use it cannot run side by side.
func setUp(t *testing.T, c telemetry.Config, environment map[string]string) *telemetry.Pipeline {
	t.Helper()
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		t.Setenv(name, environment[name])
	}
	traces, meters, logger := otel.GetTracerProvider(), otel.GetMeterProvider(), slog.Default()
	t.Cleanup(func() {
		otel.SetTracerProvider(traces)
		otel.SetMeterProvider(meters)
		slog.SetDefault(logger)
	})
	p, err := telemetry.Setup(t.Context(), c)
	if err != nil {
		t.Fatalf("Setup() = %v; want nil", err)
	}
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	return p
}

func TestNothingIsRecordedUnlessAsked(t *testing.T) {
	p := setUp(t, telemetry.Config{Name: "quiet"}, nil)
	if !telemetry.Off() || p.Metrics != nil {
		t.Errorf("Off(), Metrics = %v, %v; want true, nil", telemetry.Off(), p.Metrics)
	}
	ctx, end := telemetry.Start(t.Context(), "work")
	end(nil)
	if got := telemetry.Traceparent(ctx); got != "" {
		t.Errorf("Traceparent() = %q; want none", got)
	}
}

// A caller's trace goes through a service that records nothing.
func TestAForeignTracePassesThrough(t *testing.T) {
	setUp(t, telemetry.Config{Name: "quiet"}, nil)
	const foreign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	created, end := telemetry.Create(telemetry.WithRemote(t.Context(), foreign), "facts", "a.v1.Done")
	end(nil)
	ctx, done := telemetry.Process(t.Context(), hop(created))
	done(nil)
	if got := telemetry.Traceparent(ctx); got != foreign {
		t.Errorf("Traceparent() after a hop = %q; want %q", got, foreign)
	}
}

func TestSpansReachACollector(t *testing.T) {
	paths := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		paths <- r.URL.Path
	}))
	defer collector.Close()
	p := setUp(t, telemetry.Config{Name: "loud"}, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_METRICS_EXPORTER": "none",
	})
	_, end := telemetry.Start(t.Context(), "work")
	end(nil)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatalf("Shutdown() = %v; want nil", err)
	}
	if got := <-paths; got != "/v1/traces" {
		t.Errorf("collector was sent %s; want /v1/traces", got)
	}
}

// A collector that hangs delays the end of the process no longer than it allows.
func TestShutdownIsBounded(t *testing.T) {
	release := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer collector.Close()
	defer close(release)
	p := setUp(t, telemetry.Config{Name: "stuck"}, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
	_, end := telemetry.Start(t.Context(), "work")
	end(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown() = %v; want %v", err, context.DeadlineExceeded)
	}
}

func TestMetricsAreServed(t *testing.T) {
	p := setUp(t, telemetry.Config{Name: "metered", Version: "v1", Instance: "a"},
		map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"})
	if p.Metrics == nil {
		t.Fatal("Metrics = nil; want a handler")
	}
	w := httptest.NewRecorder()
	p.Metrics.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{"go_goroutine_count", `service_name="metered"`, `service_instance_id="a"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s:\n%s", want, w.Body)
		}
	}
}

func TestAnUnknownExporterIsRefused(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "pigeon")
	_, err := telemetry.Setup(t.Context(), telemetry.Config{Name: "odd"})
	if err == nil || !strings.Contains(err.Error(), "OTEL_TRACES_EXPORTER") {
		t.Errorf("Setup() = %v; want an error that names the variable", err)
	}
}

// The log is JSON, knows its trace, keeps secrets, and its level can change.
func TestLogRecords(t *testing.T) {
	var out bytes.Buffer
	var level slog.LevelVar
	log := slog.New(telemetry.NewHandler(&out, &level)).With("customerEmail", "a@b.example").WithGroup("call")
	const stored = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx := telemetry.WithRemote(t.Context(), stored)
	log.DebugContext(ctx, "not yet")
	level.Set(slog.LevelDebug)
	log.DebugContext(ctx, "hello", "payment_token", "tok", "Authorization", "Bearer x", "password", 1, "tokens", 2, "took", 252*time.Millisecond)

	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("log wrote %q, which is not one line of JSON: %v", &out, err)
	}
	delete(got, "time")
	want := map[string]any{
		"level": "DEBUG", "msg": "hello", "customerEmail": telemetry.Redacted,
		"call": map[string]any{
			"payment_token": telemetry.Redacted, "Authorization": telemetry.Redacted,
			"password": telemetry.Redacted, "tokens": 2.0, "took": "252ms",
			"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// An exporter that complains all day fills no log.
func TestComplaintsAreLoggedOnceAMinute(t *testing.T) {
	var out bytes.Buffer
	setUp(t, telemetry.Config{Name: "plaintive", Logs: &out}, nil)
	for range 100 {
		otel.Handle(errors.New("collector is away"))
	}
	if got := strings.Count(out.String(), "collector is away"); got != 1 {
		t.Errorf("complaint was logged %d times; want once", got)
	}
}

// A trace that its caller does not sample costs nothing here, and goes through
// as it is, unless the sampler does not care for the caller's word.
func TestAnUnsampledTraceIsLeftAlone(t *testing.T) {
	const sampled, unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	for _, test := range []struct {
		sampler, caller string
		same            bool
	}{{"", unsampled, true}, {"", sampled, false}, {"parentbased_traceidratio", unsampled, true}, {"always_on", unsampled, false}} {
		t.Run(test.sampler+test.caller[53:], func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", test.sampler)
			t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1") // nobody listens
			setUp(t, telemetry.Config{Name: "loud"}, map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
			got, end := telemetry.Create(telemetry.WithRemote(t.Context(), test.caller), "facts", "a.v1.Done")
			end(nil)
			if (got == test.caller) != test.same {
				t.Errorf("Create() in %s with sampler %q = %s; want the same: %t", test.caller, test.sampler, got, test.same)
			}
		})
	}
}
