package rabbitbus

import (
	"errors"
	"fmt"
	"mime"
	"strconv"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// Limits of what is read. Beyond them nothing is parsed.
const (
	maxHeaders = 16 << 10 // bytes of all names and values, about
	maxNesting = 32       // tables in tables
)

// decode makes a delivery of what has arrived. It takes what others make of a
// CloudEvent as well, and minds no header that it does not know: the broker
// adds some, and not all of them are strings. If it is no message of ours Err
// says why, and the rest is what could be made out.
func decode(d amqp.Delivery, epoch uint64) bus.Delivery {
	got := bus.Delivery{Redelivered: d.Redelivered, Epoch: epoch, Tag: tagOf(d.DeliveryTag, 0)}
	h := fields(d.Headers)
	if size(d.Headers, 0) > maxHeaders {
		h = nil
		got.Err = fmt.Errorf("headers of more than %d bytes, or too deeply nested: %w", maxHeaders, bus.ErrUnfit)
	}
	m, err := read(d, h)
	got.Message = m
	got.Err = errors.Join(got.Err, check(d), err)
	return got
}

// isBatch reports whether d is a bundle, by what it says of itself.
func isBatch(d amqp.Delivery) bool {
	if d.ContentType == contentType {
		return false // as most are
	}
	kind, _, err := mime.ParseMediaType(d.ContentType)
	return err == nil && kind == batchType
}

// decodeBatch makes deliveries of the facts of a bundle.
func decodeBatch(d amqp.Delivery, facts [][]byte, epoch uint64) []bus.Delivery {
	got := make([]bus.Delivery, len(facts))
	like := bus.Message{Type: d.Type, Source: d.AppId}
	for i, f := range facts {
		m, err := readEvent(f, like)
		got[i] = bus.Delivery{Message: m, Err: err, Redelivered: d.Redelivered, Epoch: epoch, Tag: tagOf(d.DeliveryTag, i)}
		like = m
	}
	return got
}

// whole makes one delivery of a bundle that cannot be taken apart.
func whole(d amqp.Delivery, epoch uint64, err error) bus.Delivery {
	got := bus.Delivery{Err: err, Redelivered: d.Redelivered, Epoch: epoch, Tag: tagOf(d.DeliveryTag, 0)}
	got.Type, got.Source, got.Time = d.Type, d.AppId, d.Timestamp.UTC()
	got.ID, _ = uuid.Parse(d.MessageId) // of the bundle, or nothing
	if len(d.Body) <= bus.MaxBody {
		got.Body = d.Body
	} else {
		got.Err = errors.Join(err, errTooLong(d))
	}
	return got
}

// errTooLong says that a delivery is more than what is made of it: only the broker
// can keep all of it.
func errTooLong(d amqp.Delivery) error {
	return fmt.Errorf("body of %d bytes, more than %d: %w", len(d.Body), bus.MaxBody, bus.ErrUnfit)
}

// check returns nil if d is of a form that we take.
func check(d amqp.Delivery) error {
	kind, _, err := mime.ParseMediaType(d.ContentType)
	switch {
	case len(d.Body) > bus.MaxBody:
		return errTooLong(d)
	case err != nil || kind != contentType:
		return fmt.Errorf("content type %.80q; want %q", d.ContentType, contentType)
	case d.ContentEncoding != "":
		// A small message must not unfold into a big one.
		return fmt.Errorf("content encoding %.80q; want none", d.ContentEncoding)
	}
	return nil
}

// read returns the message in d, or as much of it as there is.
func read(d amqp.Delivery, h fields) (bus.Message, error) {
	m := bus.Message{
		Type:        first(d.Type, h.event("type")),
		Subject:     h.event("subject"),
		Source:      first(d.AppId, h.event("source")),
		Time:        h.time(d.Timestamp),
		Correlation: first(d.CorrelationId, h.event("correlationid")),
		Causation:   h.event("causationid"),
		Actor:       h.text(actorHeader),
		Trace:       first(h.event("traceparent"), h.text(traceHeader)),
	}
	if len(d.Body) <= bus.MaxBody {
		m.Body = d.Body
	}
	m.Replayed, _ = strconv.ParseBool(h.text(replayedHeader)) // what is no truth is not true
	var noID, noVersion error
	m.ID, noID = readID(first(d.MessageId, h.event("id")))
	m.Version, noVersion = readVersion(h.text(versionHeader))
	if m.Type == "" {
		return m, errors.Join(noID, noVersion, errors.New("no type"))
	}
	return m, errors.Join(noID, noVersion)
}

func readID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id == uuid.Nil {
		return uuid.Nil, fmt.Errorf("message id %.80q; want a uuid", s)
	}
	return id, nil
}

// readVersion takes a message without a version as well: it may come from
// somebody who keeps no log.
func readVersion(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("version %.80q; want a number", s)
	}
	return v, nil
}

// fields are the headers of a message.
type fields amqp.Table

// event returns an attribute of a CloudEvent, under any of the names that are
// in use: those of the AMQP binding, its older form, and Knative's.
func (f fields) event(name string) string {
	return first(f.text(cloudEvents+name), f.text("cloudEvents:"+name), f.text("ce-"+name))
}

// text returns a header as text, or nothing if it is none.
func (f fields) text(name string) string {
	switch v := f[name].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case bool, int, int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v)
	}
	return "" // tables, lists, floats: not what any of ours is
}

// time returns when the event was recorded, in UTC: in whole seconds if there
// is nothing better. Nothing is decided by it, so that it cannot be read is no
// error.
func (f fields) time(seconds time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, f.event("time")); err == nil {
		return t.UTC()
	}
	return seconds.UTC()
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// size is about how many bytes of headers there are; more than any limit if
// they are nested too deeply.
func size(v any, depth int) int {
	if depth > maxNesting {
		return maxHeaders + 1
	}
	n := 8
	switch v := v.(type) {
	case amqp.Table:
		for name, value := range v {
			n += len(name) + size(value, depth+1)
		}
	case []any:
		for _, value := range v {
			n += size(value, depth+1)
		}
	case string:
		n += len(v)
	case []byte:
		n += len(v)
	}
	return n
}
