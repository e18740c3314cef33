// Package wire turns domain events into the protobuf that is kept and sent, and
// back.
//
// Domain packages know no protobuf. A service names the messages it says, keeps
// and hears in one table each (Kinds), and translates between the two worlds in
// two functions. A reader is tolerant: fields it does not know are kept where
// they are and otherwise ignored, so that old and new services run side by side.
package wire

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"orpheus.example/kit/eventlog"
)

// Schema is the version of the form in which bodies are kept. It rises only when
// the same message is to be read in another way, which has not happened yet.
const Schema = 1

// ErrUnknownKind says that a message is of a kind that this process does not
// know, as when a newer one wrote it.
var ErrUnknownKind = errors.New("message is of unknown kind")

// Kinds is a set of message kinds, by full name.
type Kinds map[string]proto.Message

// KindsOf returns the set of the kinds of messages.
func KindsOf(messages ...proto.Message) Kinds {
	k := Kinds{}
	for _, m := range messages {
		k[Kind(m)] = m
	}
	return k
}

// Kind returns the full name of m's kind, as in "order.v1.OrderPlaced".
func Kind(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// And returns the kinds in k and those of messages.
func (k Kinds) And(messages ...proto.Message) Kinds {
	both := maps.Clone(k)
	maps.Copy(both, KindsOf(messages...))
	return both
}

// Names returns the full names in k, sorted.
func (k Kinds) Names() []string {
	names := make([]string, 0, len(k))
	for name := range k {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has reports whether a kind is in k.
func (k Kinds) Has(kind string) bool { return k[kind] != nil }

// Decode returns the message of a kind in k that is in body.
func (k Kinds) Decode(kind string, body []byte) (proto.Message, error) {
	example, ok := k[kind]
	if !ok {
		return nil, fmt.Errorf("%s: %w", kind, ErrUnknownKind)
	}
	m := example.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return m, nil
}

// Struct returns what is in body as JSON, for people to read.
func (k Kinds) Struct(kind string, body []byte) (*structpb.Struct, error) {
	m, err := k.Decode(kind, body)
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("show %s: %w", kind, err)
	}
	s := &structpb.Struct{}
	if err := protojson.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("show %s: %w", kind, err)
	}
	return s, nil
}

// A Codec keeps events of type E as protobuf messages.
type Codec[E any] struct {
	Kinds Kinds
	// To returns the message that an event is kept as.
	To func(E) (proto.Message, error)
	// From returns the event that a message was kept for.
	From func(proto.Message) (E, error)
}

// Encode returns an event as it is kept. The same event always becomes the same
// bytes within one release of the program.
func (c Codec[E]) Encode(e E) (kind string, schema int, body []byte, err error) {
	m, err := c.To(e)
	if err != nil {
		return "", 0, nil, err
	}
	body, err = proto.MarshalOptions{Deterministic: true}.Marshal(m)
	return Kind(m), Schema, body, err
}

// Decode returns the event in r.
func (c Codec[E]) Decode(r eventlog.Record) (E, error) {
	var none E
	if r.Schema != Schema {
		return none, fmt.Errorf("%s in schema %d: %w", r.Type, r.Schema, ErrUnknownKind)
	}
	m, err := c.Kinds.Decode(r.Type, r.Body)
	if err != nil {
		return none, err
	}
	return c.From(m)
}
