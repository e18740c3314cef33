package rabbitbus

import (
	"strconv"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"google.golang.org/protobuf/encoding/protowire"

	"orpheus.example/kit/bus"
)

// batchType is the content type of a bundle: the body is a CloudEventBatch of
// the protobuf format of CloudEvents (protobuf-format, 5). It is written and read
// field by field: the generated type would hold each attribute in two pointers
// and a map entry, and the batch format has not changed since it exists.
const batchType = "application/cloudevents-batch+protobuf"

// typeURL precedes the name of the body's type in a google.protobuf.Any.
const typeURL = "type.googleapis.com/"

// Field numbers of a CloudEventBatch, of a CloudEvent, of an entry of its
// attributes, of the value of one, of an Any, and of a Timestamp.
const (
	batchEvents = 1

	eventID          = 1
	eventSource      = 2
	eventSpecVersion = 3
	eventType        = 4
	eventAttributes  = 5
	eventBinary      = 6
	eventText        = 7
	eventProto       = 8

	entryKey   = 1
	entryValue = 2

	valueBoolean   = 1
	valueInteger   = 2
	valueString    = 3
	valueBytes     = 4
	valueURI       = 5
	valueURIRef    = 6
	valueTimestamp = 7

	anyType  = 1
	anyValue = 2

	timeSeconds = 1
	timeNanos   = 2
)

// Attributes of our own in a batch, where names are letters and digits only
// (CloudEvents, 3.1).
const (
	versionAttribute  = "orpheusversion"
	actorAttribute    = "orpheusactor"
	replayedAttribute = "orpheusreplayed"
)

// encodeBatch makes one AMQP message of all of messages, which are of one type.
// It has an id of its own, so that what the broker sends back is not taken for
// another bundle that begins with the same fact. What else the properties say is
// said of the first fact, for people; who reads the facts finds all in the body.
func encodeBatch(messages []bus.Message, bytes int) amqp.Publishing {
	first := messages[0]
	body, scratch := make([]byte, 0, bytes), make([]byte, 0, bytes/len(messages)+len(first.Body))
	for _, m := range messages {
		scratch = appendEvent(scratch[:0], m)
		body = appendRaw(body, batchEvents, scratch)
	}
	return amqp.Publishing{
		ContentType: batchType, DeliveryMode: amqp.Persistent, MessageId: uuid.NewString(),
		Type: first.Type, AppId: first.Source, Timestamp: first.Time, Body: body,
	}
}

// sizeOf is how many bytes a message takes in a batch, or some more.
func sizeOf(m bus.Message) int {
	const fixed = 320 // id, time, version, and what surrounds each attribute
	return fixed + len(m.Body) + 2*len(m.Type) + len(m.Subject) + len(m.Source) + len(m.Correlation) +
		len(m.Causation) + len(m.Actor) + len(m.Trace)
}

// appendEvent appends m as a CloudEvent. What is empty is left out.
func appendEvent(b []byte, m bus.Message) []byte {
	b = appendText(b, eventID, m.ID.String())
	b = appendText(b, eventSource, m.Source)
	b = appendText(b, eventSpecVersion, "1.0")
	b = appendText(b, eventType, m.Type)
	b = appendAttribute(b, "subject", m.Subject)
	b = appendAttribute(b, "correlationid", m.Correlation)
	b = appendAttribute(b, "causationid", m.Causation)
	b = appendAttribute(b, "traceparent", m.Trace)
	b = appendAttribute(b, actorAttribute, m.Actor)
	// A CloudEvents integer has 32 bits, so this is text, as in the header.
	var digits [20]byte
	b = appendAttribute(b, versionAttribute, string(strconv.AppendInt(digits[:0], m.Version, 10)))
	if m.Replayed {
		b = appendEntry(b, replayedAttribute, []byte{valueBoolean << 3, 1})
	}
	if !m.Time.IsZero() {
		b = appendTime(b, m.Time)
	}
	return appendBody(b, m)
}

// appendBody appends what a fact says, which is protobuf and so belongs into an
// Any (protobuf-format, 3).
func appendBody(b []byte, m bus.Message) []byte {
	url := len(typeURL) + len(m.Type)
	size := protowire.SizeTag(anyType) + protowire.SizeBytes(url)
	if len(m.Body) > 0 {
		size += protowire.SizeTag(anyValue) + protowire.SizeBytes(len(m.Body))
	}
	b = appendHead(b, eventProto, size)
	b = appendHead(b, anyType, url)
	b = append(append(b, typeURL...), m.Type...)
	if len(m.Body) > 0 {
		b = appendRaw(b, anyValue, m.Body)
	}
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	var stamp [32]byte
	s := protowire.AppendTag(stamp[:0], timeSeconds, protowire.VarintType)
	s = protowire.AppendVarint(s, uint64(t.Unix())) //nolint:gosec // as protobuf has it for what is negative
	s = protowire.AppendTag(s, timeNanos, protowire.VarintType)
	s = protowire.AppendVarint(s, uint64(t.Nanosecond())) //nolint:gosec // never negative
	var value [40]byte
	return appendEntry(b, "time", appendRaw(value[:0], valueTimestamp, s))
}

// appendAttribute appends an attribute that is text, unless it is empty.
func appendAttribute(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	size := protowire.SizeTag(valueString) + protowire.SizeBytes(len(value))
	b = appendEntryHead(b, name, size)
	return appendText(b, valueString, value)
}

// appendEntry appends an attribute the value of which is encoded already.
func appendEntry(b []byte, name string, value []byte) []byte {
	return append(appendEntryHead(b, name, len(value)), value...)
}

// appendEntryHead appends all of an attribute but its value.
func appendEntryHead(b []byte, name string, size int) []byte {
	b = appendHead(b, eventAttributes, protowire.SizeTag(entryKey)+protowire.SizeBytes(len(name))+
		protowire.SizeTag(entryValue)+protowire.SizeBytes(size))
	b = appendText(b, entryKey, name)
	return appendHead(b, entryValue, size)
}

// appendHead appends what precedes a field of size bytes.
func appendHead(b []byte, field protowire.Number, size int) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(size)) //nolint:gosec // never negative
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return append(appendHead(b, field, len(text)), text...)
}

func appendRaw(b []byte, field protowire.Number, content []byte) []byte {
	return append(appendHead(b, field, len(content)), content...)
}
