package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/messagingconv"
)

// meters are the instruments of the hops.
type meters struct {
	sent       messagingconv.ClientSentMessages
	operation  messagingconv.ClientOperationDuration
	consumed   messagingconv.ClientConsumedMessages
	process    messagingconv.ProcessDuration
	critical   metric.Float64Histogram
	duplicates metric.Int64Counter
	series     series // of messages that are heard
}

// instruments makes the instruments at their first use. They belong to the
// global meter provider, which passes what they record on to whatever Setup
// installs, before or after.
//
//nolint:gochecknoglobals // it caches nothing but what is global in OpenTelemetry itself
var instruments = sync.OnceValue(newMeters)

// newMeters makes the instruments; the buckets in seconds are those that the
// conventions ask for.
func newMeters() *meters {
	meter := otel.Meter(scope, metric.WithSchemaURL(Convention))
	buckets := metric.WithExplicitBucketBoundaries(
		0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
	// An instrument that cannot be made is a valid one that does nothing, and
	// these names are constant and valid: there is no error to see.
	m := &meters{series: series{kinds: map[kindKey]*told{}}}
	m.sent, _ = messagingconv.NewClientSentMessages(meter)
	m.operation, _ = messagingconv.NewClientOperationDuration(meter, buckets)
	m.consumed, _ = messagingconv.NewClientConsumedMessages(meter)
	m.process, _ = messagingconv.NewProcessDuration(meter, buckets)
	m.critical, _ = meter.Float64Histogram("orpheus.critical.duration", metric.WithUnit("s"),
		metric.WithDescription("From the making of a message to the end of its handling, by two clocks."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600))
	m.duplicates, _ = meter.Int64Counter("orpheus.inbox.duplicates", metric.WithUnit("{message}"),
		metric.WithDescription("Messages that had been handled before."))
	return m
}

// wanted reports whether anybody reads the metrics.
func (m *meters) wanted(ctx context.Context) bool { return m.process.Inst().Enabled(ctx) }

// published counts what the broker has taken, also of a batch that failed in the
// middle; the duration is that of the whole batch.
func (m *meters) published(ctx context.Context, exchange string, begun time.Time, confirmed int, err error) {
	if !m.wanted(ctx) {
		return
	}
	to := semconv.MessagingDestinationName(exchange)
	if confirmed > 0 {
		m.sent.Add(ctx, int64(confirmed), "publish", messagingconv.SystemRabbitMQ, to)
	}
	attributes := []attribute.KeyValue{to, semconv.MessagingOperationTypeSend}
	if err != nil {
		attributes = append(attributes, semconv.ErrorType(err))
	}
	m.operation.Record(ctx, time.Since(begun).Seconds(), "publish", messagingconv.SystemRabbitMQ, attributes...)
}

// processed counts each attempt, and how long a message took from its making to
// the end of its handling, which is what people wait for, if that was a success.
func (m *meters) processed(ctx context.Context, h Hop, begun time.Time, err error) {
	if !m.wanted(ctx) {
		return
	}
	told := m.series.of(h)
	m.consumed.Inst().Add(ctx, 1, told.count...)
	record := told.time
	if err != nil {
		record = []metric.RecordOption{told.time[0], metric.WithAttributes(semconv.ErrorType(err))}
	}
	m.process.Inst().Record(ctx, time.Since(begun).Seconds(), record...)
	if err == nil && !h.Created.IsZero() {
		// The maker's clock may be ahead of ours; nothing is handled before it
		// was made.
		m.critical.Record(ctx, max(0, time.Since(h.Created).Seconds()), told.critical...)
	}
}

// A told is the attributes of one kind of message that is heard. Made once, they
// cost nothing for each message.
type told struct {
	count          []metric.AddOption
	time, critical []metric.RecordOption
}

// series remembers what is told of each kind of message.
type series struct {
	mu    sync.RWMutex
	kinds map[kindKey]*told
}

// A kindKey is what tells hops apart in metrics.
type kindKey struct{ exchange, kind, queue string }

// maxSeries bounds what is remembered. A process hears some dozen kinds.
const maxSeries = 1_000

func (s *series) of(h Hop) *told {
	key := kindKey{h.Exchange, h.Type, h.Queue}
	s.mu.RLock()
	t, ok := s.kinds[key]
	s.mu.RUnlock()
	if ok {
		return t
	}
	t = h.told()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kinds) < maxSeries {
		s.kinds[key] = t
	}
	return t
}

func (h Hop) told() *told {
	to := semconv.MessagingDestinationName(h.destination())
	all := metric.WithAttributeSet(attribute.NewSet(to, semconv.MessagingOperationName("process"), semconv.MessagingSystemRabbitMQ))
	return &told{
		count: []metric.AddOption{all}, time: []metric.RecordOption{all},
		critical: []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(to))},
	}
}

// Duplicate counts a message that had been handled before.
func Duplicate(ctx context.Context, messageType string) {
	m := instruments()
	if m.duplicates.Enabled(ctx) {
		m.duplicates.Add(ctx, 1, metric.WithAttributes(semconv.MessagingRabbitMQDestinationRoutingKey(messageType)))
	}
}
