package e2e

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// TestTrace follows one order through all services as Jaeger would show it: one
// trace, in which every span but the first has its parent, also if the broker
// was away in between.
func TestTrace(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := open(t, "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_INSECURE=true",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://"+c.addr, "OTEL_BSP_SCHEDULE_DELAY=100")
	s.list(t, "TEAPOT", 10)
	if err := s.Rabbit.Kill(); err != nil {
		t.Fatal(err)
	}
	id := s.mustPlace(t, order("TEAPOT", 1))
	if err := s.Rabbit.Restart(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.checkBooks(t, "TEAPOT", 10, []string{id})
	eventually(t, "the trace is whole", func() error { return c.whole(s.traceOf(t, id)) })
}

// traceOf returns the trace of an order's first event, and sees that all its
// events are in it.
func (s *shop) traceOf(t *testing.T, id string) string {
	t.Helper()
	r, err := s.orders.ListOrderEvents(t.Context(), &orderv1.ListOrderEventsRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for _, e := range r.GetEvents() {
		parts := strings.Split(e.GetTraceparent(), "-")
		if len(parts) != 4 {
			t.Fatalf("%s has traceparent %q", e.GetType(), e.GetTraceparent())
		}
		if first == "" {
			first = parts[1]
		}
		if parts[1] != first {
			t.Errorf("%s is in trace %s; want %s", e.GetType(), parts[1], first)
		}
	}
	return first
}

// A sink is an OpenTelemetry collector that keeps what it is sent.
type sink struct {
	collector.UnimplementedTraceServiceServer
	addr string

	mu    sync.Mutex
	spans map[string]map[string]span // by trace, then by span
}

type span struct{ parent, name, service string }

func collect(t *testing.T) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &sink{addr: l.Addr().String(), spans: map[string]map[string]span{}}
	g := grpc.NewServer()
	collector.RegisterTraceServiceServer(g, c)
	go g.Serve(l)
	t.Cleanup(g.Stop)
	return c
}

// Export takes spans in.
func (c *sink) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range r.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				c.keep(serviceOf(rs), s)
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func (c *sink) keep(service string, s *tracev1.Span) {
	trace := hex.EncodeToString(s.GetTraceId())
	if c.spans[trace] == nil {
		c.spans[trace] = map[string]span{}
	}
	c.spans[trace][hex.EncodeToString(s.GetSpanId())] = span{hex.EncodeToString(s.GetParentSpanId()), s.GetName(), service}
}

func serviceOf(rs *tracev1.ResourceSpans) string {
	for _, a := range rs.GetResource().GetAttributes() {
		if a.GetKey() == "service.name" {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// whole returns nil if a trace has one beginning, goes through all services, and
// no span of it lacks its parent.
func (c *sink) whole(trace string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := c.spans[trace]
	services, roots := map[string]bool{}, 0
	for id, s := range spans {
		services[s.service] = true
		if s.parent == "" {
			roots++
			continue
		}
		if _, ok := spans[s.parent]; !ok {
			return fmt.Errorf("span %s (%s of %s) has no parent among %d", id, s.name, s.service, len(spans))
		}
	}
	if roots != 1 || len(services) != 5 {
		return fmt.Errorf("%d spans with %d beginnings, of %v", len(spans), roots, services)
	}
	for _, name := range []string{"OrderDelivered:notify", "payment do authorize", "PaymentCaptured:inventory"} {
		if !hasSpan(spans, name) {
			return fmt.Errorf("no span for %s among %d", name, len(spans))
		}
	}
	return nil
}

func hasSpan(spans map[string]span, part string) bool {
	for _, s := range spans {
		if strings.Contains(s.name, part) {
			return true
		}
	}
	return false
}
