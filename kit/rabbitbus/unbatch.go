package rabbitbus

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"google.golang.org/protobuf/encoding/protowire"

	"orpheus.example/kit/bus"
)

// Limits of a bundle that is read. They are wider than those of what is written,
// so that a later version may write more; beyond them nothing is parsed.
const (
	maxRead      = 256
	maxReadBytes = 4 * maxBundleBytes
)

// errNotProto says that bytes are no protobuf.
var errNotProto = errors.New("not protobuf")

// split returns the facts of a bundle as they lie in d, or why it is none.
func split(d amqp.Delivery) (facts [][]byte, err error) {
	switch {
	case d.ContentEncoding != "":
		// A small message must not unfold into a big one.
		return nil, fmt.Errorf("content encoding %.80q; want none", d.ContentEncoding)
	case len(d.Body) > maxReadBytes:
		return nil, fmt.Errorf("bundle of %d bytes; want at most %d", len(d.Body), maxReadBytes)
	}
	err = each(d.Body, func(field int, _ uint64, content []byte) error {
		if field == batchEvents && content != nil {
			facts = append(facts, content)
		}
		if len(facts) > maxRead {
			return fmt.Errorf("bundle of more than %d facts", maxRead)
		}
		return nil
	})
	if err == nil && len(facts) == 0 {
		err = errors.New("bundle of no facts")
	}
	return facts, err
}

// each calls do with each field of a protobuf message: with its number, or with
// its content, which is not nil if that is what the field has. Unknown kinds of
// fields are passed over.
func each(b []byte, do func(field int, number uint64, content []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errNotProto
		}
		b = b[n:]
		var number uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return errNotProto
		}
		b = b[n:]
		if err := do(int(field), number, content); err != nil {
			return err
		}
	}
	return nil
}

// readEvent returns the message that a CloudEvent of a bundle is, or as much of
// it as there is. Like is the one before it: where both say the same they share
// it, since many facts of a bundle come from one source.
func readEvent(b []byte, like bus.Message) (bus.Message, error) {
	e := event{like: like}
	err := each(b, e.field)
	if err == nil {
		err = errors.Join(e.noID, e.noVersion, bus.Check(e.m))
	}
	if len(e.m.Body) > bus.MaxBody {
		e.m.Body = nil
	}
	return e.m, err
}

// An event is a CloudEvent that is being read.
type event struct {
	m, like         bus.Message
	noID, noVersion error
}

func (e *event) field(field int, _ uint64, content []byte) (err error) {
	switch field {
	case eventID:
		e.m.ID, e.noID = readID(string(content))
	case eventSource:
		e.m.Source = shared(content, e.like.Source)
	case eventType:
		e.m.Type = shared(content, e.like.Type)
	case eventAttributes:
		return e.attribute(content)
	case eventBinary, eventText:
		e.m.Body = content
	case eventProto:
		return each(content, func(field int, _ uint64, content []byte) error {
			if field == anyValue {
				e.m.Body = content
			}
			return nil
		})
	}
	return nil
}

// shared returns b as text, which is old if both are the same.
func shared(b []byte, old string) string {
	if string(b) == old { // which copies nothing
		return old
	}
	return string(b)
}

// attribute reads one that is not among those that each event must have.
func (e *event) attribute(entry []byte) error {
	var name, value []byte
	err := each(entry, func(field int, _ uint64, content []byte) error {
		switch field {
		case entryKey:
			name = content
		case entryValue:
			value = content
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(value, func(field int, number uint64, content []byte) error {
		switch field {
		case valueTimestamp:
			return e.stamp(name, content)
		case valueBoolean:
			content = strconv.AppendBool(nil, number != 0)
		case valueInteger:
			content = strconv.AppendInt(nil, int64(int32(number)), 10) //nolint:gosec // it has 32 bits
		case valueString, valueBytes, valueURI, valueURIRef:
		default:
			return nil // a kind that is not known yet
		}
		e.set(name, content)
		return nil
	})
}

// set takes an attribute as text. One that is not known is passed over.
func (e *event) set(name, text []byte) {
	switch m := &e.m; string(name) {
	case "subject":
		m.Subject = shared(text, e.like.Subject)
	case "correlationid":
		m.Correlation = shared(text, e.like.Correlation)
	case "causationid":
		m.Causation = shared(text, e.like.Causation)
	case "traceparent":
		m.Trace = shared(text, e.like.Trace)
	case actorAttribute:
		m.Actor = shared(text, e.like.Actor)
	case versionAttribute:
		m.Version, e.noVersion = readVersion(string(text))
	case replayedAttribute:
		m.Replayed, _ = strconv.ParseBool(string(text)) // what is no truth is not true
	case "time":
		if t, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
			m.Time = t.UTC() // an odd one is no error, since nothing is decided by it
		}
	}
}

// stamp takes an attribute that is a time.
func (e *event) stamp(name, b []byte) error {
	var seconds, nanos uint64
	err := each(b, func(field int, number uint64, _ []byte) error {
		switch field {
		case timeSeconds:
			seconds = number
		case timeNanos:
			nanos = number
		}
		return nil
	})
	if err == nil && string(name) == "time" {
		e.m.Time = time.Unix(int64(seconds), int64(nanos)).UTC()
	}
	return err
}
