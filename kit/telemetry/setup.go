package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	oteltrace "go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Config says who speaks. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have
// the last word over it.
type Config struct {
	Name     string // of the service
	Version  string
	Instance string       // tells replicas apart, the same after a restart
	Level    slog.Leveler // of the log; info by default
	Logs     io.Writer    // standard error by default
}

// A Pipeline is what carries telemetry out of the process.
type Pipeline struct {
	// Metrics serves the metrics to be scraped; nil unless
	// OTEL_METRICS_EXPORTER is prometheus.
	Metrics http.Handler
	closers []func(context.Context) error
}

// Setup makes the process speak: the default logger, and the global providers
// and propagators of OpenTelemetry. It is called once, before anything else.
//
// Spans are exported if OTEL_TRACES_EXPORTER or an OTLP endpoint is set, metrics
// likewise by OTEL_METRICS_EXPORTER; otherwise, and with OTEL_SDK_DISABLED, they
// are not even made. An exporter whose collector is away drops what it cannot
// send: it never holds up the work.
func Setup(ctx context.Context, c Config) (*Pipeline, error) {
	slog.SetDefault(slog.New(NewHandler(cmp.Or[io.Writer](c.Logs, os.Stderr), cmp.Or[slog.Leveler](c.Level, slog.LevelInfo))))
	otel.SetErrorHandler(newComplaints(time.Now))
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
		propagation.TraceContext{}, propagation.Baggage{}))
	about, err := c.resource(ctx)
	if err != nil {
		return nil, fmt.Errorf("describe this process: %w", err)
	}
	p := &Pipeline{}
	if err := errors.Join(p.exportSpans(ctx, about), p.exportMetrics(ctx, about)); err != nil {
		return nil, errors.Join(err, p.Shutdown(ctx))
	}
	return p, nil
}

// Shutdown sends what is left, within the time of ctx, and ends the exporters.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	var all error
	for _, closer := range p.closers {
		all = errors.Join(all, closer(ctx))
	}
	p.closers = nil
	return all
}

// resource describes this process. What the environment says comes last, so that
// it wins.
func (c Config) resource(ctx context.Context) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithSchemaURL(Convention),
		resource.WithAttributes(
			semconv.ServiceName(c.Name),
			semconv.ServiceVersion(c.Version),
			semconv.ServiceInstanceID(c.Instance),
		),
		resource.WithTelemetrySDK(),
		resource.WithFromEnv())
}

// exportSpans installs the exporter of spans, or a provider that makes none, by
// which Off knows. How many are sampled is for OTEL_TRACES_SAMPLER to say.
func (p *Pipeline) exportSpans(ctx context.Context, about *resource.Resource) error {
	if !wanted("TRACES") {
		otel.SetTracerProvider(tracenoop.NewTracerProvider())
		return nil
	}
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return fmt.Errorf("OTEL_TRACES_EXPORTER: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	p.closers = append(p.closers, provider.Shutdown)
	otel.SetTracerProvider(heed(provider))
	return nil
}

// heed lets this package skip spans that would not be sampled, if the sampler
// goes by the parent, as that of the SDK's default does.
func heed(p *trace.TracerProvider) oteltrace.TracerProvider {
	if name := os.Getenv("OTEL_TRACES_SAMPLER"); name != "" && !strings.HasPrefix(name, "parentbased_") {
		return p
	}
	return heeding{p}
}

// exportMetrics does the same for metrics, those of the Go runtime included.
func (p *Pipeline) exportMetrics(ctx context.Context, about *resource.Resource) error {
	if !wanted("METRICS") {
		otel.SetMeterProvider(metricnoop.NewMeterProvider())
		return nil
	}
	reader, err := p.reader(ctx)
	if err != nil {
		return fmt.Errorf("OTEL_METRICS_EXPORTER: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithResource(about))
	p.closers = append(p.closers, provider.Shutdown)
	otel.SetMeterProvider(provider)
	if err := runtime.Start(); err != nil {
		return fmt.Errorf("runtime metrics: %w", err)
	}
	return nil
}

// reader leaves Prometheus its standard listener only if its host or port are
// set. The default port would be fought over by several services on one machine,
// and each has an admin listener for its metrics anyway.
func (p *Pipeline) reader(ctx context.Context) (metric.Reader, error) {
	const prometheusPrefix = "OTEL_EXPORTER_PROMETHEUS_"
	if os.Getenv("OTEL_METRICS_EXPORTER") != "prometheus" ||
		os.Getenv(prometheusPrefix+"HOST")+os.Getenv(prometheusPrefix+"PORT") != "" {
		return autoexport.NewMetricReader(ctx)
	}
	registry := prometheus.NewRegistry()
	p.Metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry, EnableOpenMetrics: true})
	return promexporter.New(promexporter.WithRegisterer(registry))
}

// wanted reports whether the environment asks for a signal. The standard default
// is to export to a collector on this machine; ours is not to.
func wanted(signal string) bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	switch os.Getenv("OTEL_" + signal + "_EXPORTER") {
	case "none":
		return false
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
	}
	return true
}

// complaints logs the errors of exporters, each text once a minute at most: a
// collector may be away for days.
type complaints struct {
	now  func() time.Time
	mu   sync.Mutex
	last map[string]time.Time
}

const (
	complainEvery = time.Minute
	// maxComplaints bounds what is remembered; texts may hold varying parts.
	maxComplaints = 100
)

// newComplaints returns one that reads the time from now.
func newComplaints(now func() time.Time) *complaints {
	return &complaints{now: now, last: map[string]time.Time{}}
}

// Handle is called by OpenTelemetry.
func (c *complaints) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := err.Error()
	if at, known := c.last[text]; known && c.now().Sub(at) < complainEvery {
		return
	}
	if len(c.last) >= maxComplaints {
		clear(c.last)
	}
	c.last[text] = c.now()
	slog.Warn("telemetry cannot be exported", "error", text)
}
