package telemetry

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A Hop is the way of one message from its exchange to a hearer.
type Hop struct {
	Exchange    string
	Queue       string    // of the hearer
	Type        string    // of the message; stands for the routing key, whose partition would only multiply the series
	ID          uuid.UUID // of the message
	Correlation string    // the larger undertaking
	Trace       string    // traceparent of the message's creation, may be empty or malformed
	Attempt     int       // 1 for the first
	Created     time.Time // of the message, by its maker's clock; zero if not known
}

// Create opens the span in which a message of a type comes to be, and returns
// the traceparent to store with it. The span is a PRODUCER and ends when the
// message is committed; that it is sent may come much later.
func Create(ctx context.Context, exchange, messageType string) (traceparent string, done func(error)) {
	if Off() || unwanted(ctx) {
		return Traceparent(ctx), endNothing
	}
	ctx, span := begin(ctx, "create "+exchange+":"+messageType,
		trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(
			semconv.MessagingSystemRabbitMQ,
			semconv.MessagingOperationName("create"),
			semconv.MessagingOperationTypeCreate,
			semconv.MessagingDestinationName(exchange+":"+messageType),
			semconv.MessagingRabbitMQDestinationRoutingKey(messageType),
		))
	return Traceparent(ctx), func(err error) { end(span, err) }
}

// Publish opens the span in which messages are sent, given the traceparents of
// their creation. It is a CLIENT span of the sender's own trace that links to
// each creation, and ends with how many were confirmed. A batch may go to many
// routing keys, so its destination is the exchange.
func Publish(ctx context.Context, exchange string, created []string) (context.Context, func(confirmed int, err error)) {
	off := Off()
	if off && !instruments().wanted(ctx) {
		return ctx, publishedNothing
	}
	begun, span := time.Now(), trace.SpanFromContext(context.Background())
	if !off {
		ctx, span = startPublish(ctx, exchange, created)
	}
	return ctx, publishEnd(ctx, span, exchange, begun)
}

// startPublish gives the span all its attributes at once: a sampler sees only
// those.
func startPublish(ctx context.Context, exchange string, created []string) (context.Context, trace.Span) {
	return begin(ctx, "publish "+exchange,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(links(created)...),
		trace.WithAttributes(
			semconv.MessagingSystemRabbitMQ,
			semconv.MessagingOperationName("publish"),
			semconv.MessagingOperationTypeSend,
			semconv.MessagingDestinationName(exchange),
			semconv.MessagingBatchMessageCount(len(created)),
		))
}

// publishEnd makes the function that ends a publication. Made apart from
// Publish, so that Publish allocates nothing when nothing is recorded.
func publishEnd(ctx context.Context, span trace.Span, exchange string, begun time.Time) func(int, error) {
	return func(confirmed int, err error) {
		instruments().published(ctx, exchange, begun, confirmed, err)
		end(span, err)
	}
}

// publishedNothing ends a publication that nobody looks at. Being one function
// for all, it costs no allocation.
func publishedNothing(int, error) {}

// maxLinks is what the SDK keeps by default; more would be dropped unseen. The
// messages beyond it are still in their own traces.
const maxLinks = 128

// links returns a link to each creation context once. What has none, or a
// malformed one, is sent all the same.
func links(created []string) []trace.Link {
	links := make([]trace.Link, 0, min(len(created), maxLinks))
	seen := map[string]bool{} // messages of one decision share a context
	for _, traceparent := range created {
		if seen[traceparent] || len(links) == maxLinks {
			continue
		}
		seen[traceparent] = true
		if at := remote(traceparent); at.IsValid() {
			links = append(links, trace.Link{SpanContext: at})
		}
	}
	return links
}

// Process opens the span in which a hearer handles one message, and returns the
// context to work in. It is a CONSUMER span, child of the message's creation and
// linked to it. Each attempt is a span of its own.
func Process(ctx context.Context, h Hop) (context.Context, func(error)) {
	ctx = WithRemote(ctx, h.Trace)
	off := Off() || unwanted(ctx)
	if off && !instruments().wanted(ctx) {
		return ctx, endNothing
	}
	begun, span := time.Now(), trace.SpanFromContext(context.Background())
	if !off {
		ctx, span = startProcess(ctx, h)
	}
	return ctx, processEnd(ctx, span, h, begun)
}

// startProcess begins the span as a child of the creation context, which ctx
// holds by now, if there is one.
func startProcess(ctx context.Context, h Hop) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(h.attributes()...),
	}
	if created := trace.SpanContextFromContext(ctx); created.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: created}))
	}
	return begin(ctx, "process "+h.destination(), options...)
}

// processEnd is made apart from Process for the same reason.
func processEnd(ctx context.Context, span trace.Span, h Hop, begun time.Time) func(error) {
	return func(err error) {
		instruments().processed(ctx, h, begun, err)
		end(span, err)
	}
}

// destination is the name of a hearer's end of the way, as the conventions for
// RabbitMQ have it.
func (h Hop) destination() string { return h.Exchange + ":" + h.Type + ":" + h.Queue }

// attributes are those of the conventions, and one of ours, under our own name:
// what they do not know is not put under theirs.
func (h Hop) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemRabbitMQ,
		semconv.MessagingOperationName("process"),
		semconv.MessagingOperationTypeProcess,
		semconv.MessagingDestinationName(h.destination()),
		semconv.MessagingRabbitMQDestinationRoutingKey(h.Type),
		semconv.MessagingMessageID(h.ID.String()),
		semconv.MessagingMessageConversationID(h.Correlation),
		attribute.Int("orpheus.attempt", h.Attempt),
	}
}
