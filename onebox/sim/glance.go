package sim

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"

	"orpheus.example/kit/eventlog"
)

// A glance says where in a body of some kind those fields are that verify looks
// at in an order's record; zero is nowhere. They are found by the contract. To
// decode whole bodies, or to show them as JSON as gRPC does, would take longer than
// all other checks.
type glance struct{ sequence, factEventID protowire.Number }

// glanceAt returns where to look in bodies of a kind.
func (w *world) glanceAt(kind string) glance {
	g, known := w.glances[kind]
	if known {
		return g
	}
	if m, err := protoregistry.GlobalTypes.FindMessageByURL(kind); err == nil {
		g = glance{numberIn(m, "sequence"), numberIn(m, "fact_event_id")}
	}
	w.glances[kind] = g
	return g
}

func numberIn(m protoreflect.MessageType, name protoreflect.Name) protowire.Number {
	if f := m.Descriptor().Fields().ByName(name); f != nil {
		return f.Number()
	}
	return 0
}

// glance returns what verify looks at in the body of an event, as JSON has it. A
// body that is cut short shows what it has until there.
func (w *world) glance(r *eventlog.Record) *structpb.Struct {
	at := w.glanceAt(r.Type)
	if at == (glance{}) {
		return nil
	}
	shown := map[string]*structpb.Value{}
	for body := r.Body; len(body) > 0; {
		field, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			break
		}
		value := body[n:]
		if n = protowire.ConsumeFieldValue(field, kind, value); n < 0 {
			break
		}
		switch {
		case field == at.sequence && kind == protowire.VarintType:
			sequence, _ := protowire.ConsumeVarint(value)
			shown["sequence"] = structpb.NewStringValue(number(int64(sequence))) //nolint:gosec // as int64 is written
		case field == at.factEventID && kind == protowire.BytesType:
			id, _ := protowire.ConsumeString(value)
			shown["factEventId"] = structpb.NewStringValue(id)
		}
		body = value[n:]
	}
	return &structpb.Struct{Fields: shown}
}
