package rabbitbus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"orpheus.example/kit/bus"
)

// someMessages are of one type, as those of a bundle are: full ones, and one
// with nothing in it that can be left out.
func someMessages() []bus.Message {
	one, two := aMessage(), aMessage()
	two.ID, two.Subject, two.Version, two.Replayed = uuid.New(), "order-2", 1<<40, false
	two.Time, two.Trace = time.Date(1969, 7, 20, 20, 17, 40, 1, time.UTC), ""
	bare := bus.Message{ID: uuid.New(), Type: one.Type}
	return []bus.Message{one, two, bare, one}
}

// encoded returns messages as they arrive in a bundle.
func encoded(messages []bus.Message) amqp.Delivery {
	bytes := 0
	for _, m := range messages {
		bytes += sizeOf(m)
	}
	return delivery(encodeBatch(messages, bytes))
}

// open takes a delivery apart as a session does.
func open(d amqp.Delivery) []bus.Delivery {
	return (&hearing{epoch: 9, ledger: newLedger()}).open(d)
}

func TestOpenUndoesEncodeBatch(t *testing.T) {
	t.Parallel()
	said := someMessages()
	got := open(encoded(said))
	var want []bus.Delivery
	for i, m := range said {
		want = append(want, bus.Delivery{Message: m, Redelivered: true, Epoch: 9, Tag: tagOf(3, i)})
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("open(encodeBatch(messages)) (-want +got):\n%s", diff)
	}
}

// The room that a bundle is given is enough, or its limit would not hold.
func TestSizeOfIsEnough(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", bus.MaxText)
	m := bus.Message{
		ID: anID, Type: long, Subject: long, Version: 1<<63 - 1, Source: long, Body: make([]byte, bus.MaxBody),
		Time: aTime, Correlation: long, Causation: long, Actor: long, Trace: long, Replayed: true,
	}
	for _, m := range append(someMessages(), m) {
		if got, want := sizeOf(m), len(appendRaw(nil, batchEvents, appendEvent(nil, m))); got < want {
			t.Errorf("sizeOf(%.20s) = %d; want at least %d", m.Subject, got, want)
		}
	}
}

// What is written is what the specification says, read by a library that knows
// only that: the names and numbers are written out here.
func TestBatchIsACloudEventBatch(t *testing.T) {
	t.Parallel()
	d := encoded(someMessages())
	if d.ContentType != "application/cloudevents-batch+protobuf" {
		t.Errorf("content type = %q; want application/cloudevents-batch+protobuf", d.ContentType)
	}
	batch := dynamicpb.NewMessage(batchDescriptor(t))
	if err := proto.Unmarshal(d.Body, batch); err != nil {
		t.Fatalf("Unmarshal = %v; want nil", err)
	}
	if unknown := batch.GetUnknown(); len(unknown) > 0 {
		t.Errorf("%d bytes of unknown fields; want 0", len(unknown))
	}
	events := batch.Get(batch.Descriptor().Fields().ByName("events")).List()
	if events.Len() != 4 {
		t.Fatalf("%d events; want 4", events.Len())
	}
	got := asText(events.Get(0).Message())
	want := map[string]string{
		"id": anID.String(), "source": "order", "spec_version": "1.0", "type": "order.v1.OrderPlaced",
		"subject": "ce_string order-1", "correlationid": "ce_string c", "causationid": "ce_string d",
		"orpheusactor": "ce_string e", "traceparent": "ce_string " + aTrace, "orpheusversion": "ce_string 7",
		"orpheusreplayed": "ce_boolean true", "time": "ce_timestamp 2026-11-21T10:30:00.123456789Z",
		"proto_data": "type.googleapis.com/order.v1.OrderPlaced body",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first event (-want +got):\n%s", diff)
	}
}

// asText returns the fields and attributes of an event.
func asText(e protoreflect.Message) map[string]string {
	text := map[string]string{}
	e.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch f.Name() {
		case "attributes":
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				v.Message().Range(func(f protoreflect.FieldDescriptor, a protoreflect.Value) bool {
					text[k.String()] = string(f.Name()) + " " + plain(a)
					return true
				})
				return true
			})
		case "proto_data":
			a := &anypb.Any{}
			_ = proto.Unmarshal(mustMarshal(v.Message()), a) // the same type under two names
			text["proto_data"] = a.GetTypeUrl() + " " + string(a.GetValue())
		default:
			text[string(f.Name())] = v.String()
		}
		return true
	})
	return text
}

func plain(v protoreflect.Value) string {
	m, ok := v.Interface().(protoreflect.Message)
	if !ok {
		return v.String()
	}
	stamp := &timestamppb.Timestamp{}
	_ = proto.Unmarshal(mustMarshal(m), stamp) // the same type under two names
	return stamp.AsTime().Format(time.RFC3339Nano)
}

func mustMarshal(m protoreflect.Message) []byte {
	b, err := proto.Marshal(m.Interface())
	if err != nil {
		panic(err)
	}
	return b
}

// schema is io.cloudevents.v1.CloudEventBatch, in the words of CloudEvents 1.0.2
// (formats/cloudevents.proto), as the text form of a FileDescriptorProto.
const schema = `
name: "cloudevents.proto" package: "io.cloudevents.v1" syntax: "proto3"
dependency: "google/protobuf/any.proto" dependency: "google/protobuf/timestamp.proto"
message_type {
  name: "CloudEvent"
  field { name: "id" number: 1 type: TYPE_STRING }
  field { name: "source" number: 2 type: TYPE_STRING }
  field { name: "spec_version" number: 3 type: TYPE_STRING }
  field { name: "type" number: 4 type: TYPE_STRING }
  field { name: "attributes" number: 5 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".io.cloudevents.v1.CloudEvent.AttributesEntry" }
  field { name: "binary_data" number: 6 type: TYPE_BYTES oneof_index: 0 }
  field { name: "text_data" number: 7 type: TYPE_STRING oneof_index: 0 }
  field { name: "proto_data" number: 8 type: TYPE_MESSAGE type_name: ".google.protobuf.Any" oneof_index: 0 }
  oneof_decl { name: "data" }
  nested_type {
    name: "AttributesEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL type_name: ".io.cloudevents.v1.CloudEvent.CloudEventAttributeValue" }
  }
  nested_type {
    name: "CloudEventAttributeValue"
    field { name: "ce_boolean" number: 1 type: TYPE_BOOL oneof_index: 0 }
    field { name: "ce_integer" number: 2 type: TYPE_INT32 oneof_index: 0 }
    field { name: "ce_string" number: 3 type: TYPE_STRING oneof_index: 0 }
    field { name: "ce_bytes" number: 4 type: TYPE_BYTES oneof_index: 0 }
    field { name: "ce_uri" number: 5 type: TYPE_STRING oneof_index: 0 }
    field { name: "ce_uri_ref" number: 6 type: TYPE_STRING oneof_index: 0 }
    field { name: "ce_timestamp" number: 7 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" oneof_index: 0 }
    oneof_decl { name: "attr" }
  }
}
message_type {
  name: "CloudEventBatch"
  field { name: "events" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".io.cloudevents.v1.CloudEvent" }
}`

func batchDescriptor(t *testing.T) protoreflect.MessageDescriptor {
	t.Helper()
	written := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(schema), written); err != nil {
		t.Fatalf("Unmarshal(schema) = %v; want nil", err)
	}
	file, err := protodesc.NewFile(written, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatalf("NewFile(schema) = %v; want nil", err)
	}
	return file.Messages().ByName("CloudEventBatch")
}

// Others write the same event in other ways: data that is bytes or text, times
// and flags that are text, and things that nobody knows.
func TestOpenTakesOtherForms(t *testing.T) {
	t.Parallel()
	for _, data := range []protowire.Number{eventBinary, eventText} {
		var e []byte
		e = appendAttribute(e, "time", "2026-11-21T10:30:00.123456789Z")
		e = appendAttribute(e, replayedAttribute, "true")
		e = appendEntry(e, versionAttribute, []byte{valueInteger << 3, 7})
		e = appendEntry(e, "unknown", []byte{9 << 3, 7})
		e = appendEntry(e, "causationid", appendText(nil, valueURIRef, "d"))
		e = appendEntry(e, "correlationid", appendText(nil, valueBytes, "c"))
		e = appendAttribute(appendAttribute(appendAttribute(e, actorAttribute, "e"), "traceparent", aTrace), "subject", "order-1")
		e = appendText(appendText(appendText(e, eventType, "order.v1.OrderPlaced"), eventSource, "order"), eventID, anID.String())
		e = appendText(protowire.AppendFixed64(protowire.AppendTag(e, 77, protowire.Fixed64Type), 1), data, "body")
		body := appendRaw(protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.VarintType), 1), batchEvents, e)
		got := open(amqp.Delivery{ContentType: batchType + "; charset=utf-8", Body: body})
		if diff := cmp.Diff([]bus.Delivery{{Message: aMessage(), Epoch: 9}}, got); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
	}
}

// One fact that cannot be read is the only one that is the worse for it.
func TestOpenReadsTheOthers(t *testing.T) {
	t.Parallel()
	spoilt := someMessages()
	spoilt[1].Actor, spoilt[2].ID = "\xff", uuid.Nil
	d := encoded(spoilt)
	d.Body = appendRaw(d.Body, batchEvents, []byte{0xff})
	got := open(d)
	if len(got) != 5 {
		t.Fatalf("open = %d deliveries; want 5", len(got))
	}
	for i, bad := range []bool{false, true, true, false, true} {
		if (got[i].Err != nil) != bad {
			t.Errorf("open: fact %d has error %v; want one: %v", i, got[i].Err, bad)
		}
	}
	if got[1].Subject != spoilt[1].Subject || got[2].Type != spoilt[2].Type {
		t.Errorf("open = %+v and %+v; want what could be made out", got[1], got[2])
	}
}

// What is no bundle, or one that is out of bounds, is one delivery that says so.
func TestOpenTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*amqp.Delivery)
		want  string
	}{
		{"gzip", func(d *amqp.Delivery) { d.ContentEncoding = "gzip" }, "content encoding"},
		{"empty", func(d *amqp.Delivery) { d.Body = nil }, "no facts"},
		{"torn", func(d *amqp.Delivery) { d.Body = d.Body[:len(d.Body)-1] }, "not protobuf"},
		{"too_big", func(d *amqp.Delivery) { d.Body = make([]byte, maxReadBytes+1) }, "bytes"},
		{"too_many", func(d *amqp.Delivery) { d.Body = []byte(strings.Repeat("\x0a\x00", maxRead+1)) }, "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := encoded(someMessages())
			c.spoil(&d)
			got := open(d)
			if len(got) != 1 || got[0].Err == nil || !strings.Contains(got[0].Err.Error(), c.want) {
				t.Fatalf("open(%s) = %+v; want one delivery with an error of %q", c.name, got, c.want)
			}
			if got[0].Tag != tagOf(3, 0) || got[0].Source != "order" || got[0].ID.String() != d.MessageId {
				t.Errorf("open(%s) = %+v; want what could be made out", c.name, got[0])
			}
		})
	}
}

// Whatever arrives is read without a panic, within bounds, and either is
// messages that could be published again, or says why not.
func FuzzOpen(f *testing.F) {
	f.Add(encoded(someMessages()).Body)
	f.Add([]byte("\x0a\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := open(amqp.Delivery{ContentType: batchType, Body: body})
		if len(got) == 0 || len(got) > maxRead {
			t.Fatalf("open = %d deliveries; want 1 to %d", len(got), maxRead)
		}
		for _, d := range got {
			if err := bus.Check(d.Message); d.Err == nil && (err != nil || d.Version < 0) {
				t.Errorf("open = %+v without an error; want %v", d, err)
			}
		}
	})
}
