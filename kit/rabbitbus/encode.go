package rabbitbus

import (
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// contentType is of all that is published: the body is protobuf, and the type
// property says of which kind.
const contentType = "application/protobuf"

// cloudEvents begins the names of headers by which any reader of CloudEvents
// knows the message, in binary mode (CloudEvents AMQP binding, 3.1.3; there is
// none for AMQP 0-9-1, but RabbitMQ shows these headers to readers of 1.0).
const cloudEvents = "cloudEvents_"

// Headers of our own, for what CloudEvents has no word.
const (
	versionHeader  = "orpheus_version"
	actorHeader    = "orpheus_actor"
	replayedHeader = "orpheus_replayed"
	traceHeader    = "traceparent"
)

// encode makes an AMQP message of m. All headers are strings, because those
// survive every conversion; what is empty is left out.
func encode(m bus.Message) amqp.Publishing {
	return amqp.Publishing{
		ContentType:   contentType,
		DeliveryMode:  amqp.Persistent,
		MessageId:     m.ID.String(),
		Type:          m.Type,
		Timestamp:     m.Time, // in whole seconds; the header is precise
		CorrelationId: m.Correlation,
		AppId:         m.Source,
		Headers:       headers(m),
		Body:          m.Body,
	}
}

func headers(m bus.Message) amqp.Table {
	h := amqp.Table{
		cloudEvents + "specversion": "1.0",
		cloudEvents + "id":          m.ID.String(),
		cloudEvents + "type":        m.Type,
		versionHeader:               strconv.FormatInt(m.Version, 10),
	}
	put := func(name, value string) {
		if value != "" {
			h[name] = value
		}
	}
	put(cloudEvents+"source", m.Source)
	put(cloudEvents+"subject", m.Subject)
	put(cloudEvents+"correlationid", m.Correlation)
	put(cloudEvents+"causationid", m.Causation)
	put(actorHeader, m.Actor)
	// The first is for whoever traces this hop, the second stays what it was
	// when the event came to be (CloudEvents distributed tracing extension).
	// The relay may be told apart from both by its own spans.
	put(traceHeader, m.Trace)
	put(cloudEvents+"traceparent", m.Trace)
	if !m.Time.IsZero() {
		put(cloudEvents+"time", m.Time.UTC().Format(time.RFC3339Nano))
	}
	if m.Replayed {
		put(replayedHeader, strconv.FormatBool(m.Replayed))
	}
	return h
}
