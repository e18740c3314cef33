package rabbitbus

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

var (
	anID   = uuid.MustParse("0198f3ac-5f0e-7c3a-9b1d-2f4e6a8c0b1d")
	aTime  = time.Date(2026, 11, 21, 10, 30, 0, 123456789, time.UTC)
	aTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

func aMessage() bus.Message {
	return bus.Message{
		ID: anID, Type: "order.v1.OrderPlaced", Subject: "order-1", Version: 7, Source: "order",
		Body: []byte("body"), Time: aTime, Correlation: "c", Causation: "d", Actor: "e",
		Trace: aTrace, Replayed: true,
	}
}

// delivery is what a broker makes of a publication: time in seconds, and
// headers of its own.
func delivery(p amqp.Publishing) amqp.Delivery {
	h := amqp.Table{"x-delivery-count": int64(2), "x-death": []any{amqp.Table{"count": int64(1), "time": aTime}}}
	maps.Copy(h, p.Headers)
	return amqp.Delivery{
		Headers: h, ContentType: p.ContentType, ContentEncoding: p.ContentEncoding,
		MessageId: p.MessageId, Type: p.Type, Timestamp: p.Timestamp.Truncate(time.Second),
		CorrelationId: p.CorrelationId, AppId: p.AppId, Body: p.Body,
		DeliveryTag: 3, Redelivered: true,
	}
}

// The wire format is a contract with others, and with what still lies in
// queues: it is written out here.
func TestEncodeIsStable(t *testing.T) {
	t.Parallel()
	want := amqp.Publishing{
		ContentType: "application/protobuf", DeliveryMode: 2, Type: "order.v1.OrderPlaced",
		MessageId: anID.String(), Timestamp: aTime, CorrelationId: "c", AppId: "order", Body: []byte("body"),
		Headers: amqp.Table{
			"cloudEvents_specversion": "1.0", "cloudEvents_id": anID.String(),
			"cloudEvents_type": "order.v1.OrderPlaced", "cloudEvents_source": "order",
			"cloudEvents_subject": "order-1", "cloudEvents_time": "2026-11-21T10:30:00.123456789Z",
			"cloudEvents_correlationid": "c", "cloudEvents_causationid": "d",
			"cloudEvents_traceparent": aTrace, "traceparent": aTrace,
			"orpheus_version": "7", "orpheus_actor": "e", "orpheus_replayed": "true",
		},
	}
	if diff := cmp.Diff(want, encode(aMessage())); diff != "" {
		t.Errorf("encode (-want +got):\n%s", diff)
	}
}

func TestDecodeUndoesEncode(t *testing.T) {
	t.Parallel()
	for _, m := range []bus.Message{aMessage(), {ID: anID, Type: "t"}} {
		got := decode(delivery(encode(m)), 9)
		want := bus.Delivery{Message: m, Redelivered: true, Epoch: 9, Tag: tagOf(3, 0)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decode(encode(m)) (-want +got):\n%s", diff)
		}
	}
}

// Others write the same event in other ways.
func TestDecodeTakesOtherForms(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"cloudEvents_", "cloudEvents:", "ce-"} {
		t.Run(strings.Trim(prefix, "_:-"), func(t *testing.T) {
			t.Parallel()
			got := decode(amqp.Delivery{
				ContentType: "application/protobuf; charset=binary",
				Headers: amqp.Table{
					prefix + "id": anID.String(), prefix + "type": "order.v1.OrderPlaced",
					prefix + "source": "order", prefix + "subject": []byte("order-1"),
					prefix + "time": aTime, prefix + "correlationid": "c", prefix + "causationid": "d",
					prefix + "traceparent": aTrace, "orpheus_actor": "e",
					"orpheus_version": int32(7), "orpheus_replayed": true,
				},
				Body: []byte("body"),
			}, 0)
			if diff := cmp.Diff(bus.Delivery{Message: aMessage()}, got); diff != "" {
				t.Errorf("decode (-want +got):\n%s", diff)
			}
		})
	}
}

// What cannot be read says why, and still what could be made out, so that
// people can look into it.
func TestDecodeTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	deep := amqp.Table{}
	for range maxNesting + 1 {
		deep = amqp.Table{"in": deep}
	}
	for _, c := range []struct {
		name  string
		spoil func(*amqp.Delivery)
		want  string
	}{
		{"no_id", func(d *amqp.Delivery) { d.MessageId = ""; delete(d.Headers, "cloudEvents_id") }, "message id"},
		{"odd_id", func(d *amqp.Delivery) { d.MessageId = "17" }, "message id"},
		{"zero_id", func(d *amqp.Delivery) { d.MessageId = uuid.Nil.String() }, "message id"},
		{"no_type", func(d *amqp.Delivery) { d.Type = ""; delete(d.Headers, "cloudEvents_type") }, "no type"},
		{"no_content_type", func(d *amqp.Delivery) { d.ContentType = "" }, "content type"},
		{"json", func(d *amqp.Delivery) { d.ContentType = "application/json" }, "content type"},
		{"gzip", func(d *amqp.Delivery) { d.ContentEncoding = "gzip" }, "content encoding"},
		{"big_body", func(d *amqp.Delivery) { d.Body = make([]byte, bus.MaxBody+1) }, "body"},
		{"big_headers", func(d *amqp.Delivery) { d.Headers["x"] = strings.Repeat("x", maxHeaders) }, "headers"},
		{"deep_headers", func(d *amqp.Delivery) { d.Headers["x"] = deep }, "headers"},
		{"odd_version", func(d *amqp.Delivery) { d.Headers["orpheus_version"] = "seven" }, "version"},
		{"negative_version", func(d *amqp.Delivery) { d.Headers["orpheus_version"] = int64(-1) }, "version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := delivery(encode(aMessage()))
			c.spoil(&d)
			got := decode(d, 9)
			if got.Err == nil || !strings.Contains(got.Err.Error(), c.want) {
				t.Errorf("decode(%s).Err = %v; want it to name the %s", c.name, got.Err, c.want)
			}
			if got.Tag != tagOf(3, 0) || got.Epoch != 9 || got.Source != "order" {
				t.Errorf("decode(%s) = %+v; want what could be made out", c.name, got)
			}
		})
	}
}

// Nothing is decided by the time of an event, so an odd one does no harm.
func TestDecodeMindsNoOddTime(t *testing.T) {
	t.Parallel()
	d := delivery(encode(aMessage()))
	d.Headers["cloudEvents_time"] = "yesterday"
	got := decode(d, 0)
	if got.Err != nil || !got.Time.Equal(aTime.Truncate(time.Second)) {
		t.Errorf("decode = %v, error %v; want %v, nil", got.Time, got.Err, aTime.Truncate(time.Second))
	}
}

// Whatever arrives is read without a panic, and either is a message that could
// be published again, or says why not.
func FuzzDecode(f *testing.F) {
	f.Add("application/protobuf", "", anID.String(), "t", "ce-id", "v", int64(1), []byte("b"))
	f.Add("", "gzip", "", "", "orpheus_version", "-1", int64(-1), []byte(nil))
	f.Fuzz(func(t *testing.T, kind, encoding, id, typ, name, value string, n int64, body []byte) {
		got := decode(amqp.Delivery{
			ContentType: kind, ContentEncoding: encoding, MessageId: id, Type: typ, Body: body,
			Headers: amqp.Table{name: value, name + "n": n, name + "t": amqp.Table{name: []any{value, n, nil}}},
		}, 1)
		if got.Err == nil && (got.ID == uuid.Nil || got.Type == "" || got.Version < 0 || len(got.Body) > bus.MaxBody) {
			t.Errorf("decode = %+v without an error", got)
		}
	})
}
