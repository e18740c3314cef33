package dance

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// read returns the contract in a descriptor set. It is read from the file and not
// from the linked code, which has lost its comments.
func read(file string) (*protoregistry.Files, error) {
	body, err := os.ReadFile(file) //nolint:gosec // a file of the repository, named by who runs this
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(body, set); err != nil {
		return nil, err
	}
	return protodesc.NewFiles(set)
}

// message returns the message of a fact.
func message(contract *protoregistry.Files, fact string) (protoreflect.MessageDescriptor, error) {
	d, err := contract.FindDescriptorByName(protoreflect.FullName(fact))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fact, err)
	}
	m, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no message", fact)
	}
	return m, nil
}

// A source is a .proto file in the making that holds one message and whatever it
// refers to, so that it can be read without any other file of ours.
type source struct {
	of      protoreflect.FileDescriptor
	imports []string
	seen    map[protoreflect.FullName]bool
	body    strings.Builder
}

// protoOf returns the source of m with all that it refers to. Types of other
// packages, as those of Google, are imported.
func protoOf(m protoreflect.MessageDescriptor) string {
	s := &source{of: m.ParentFile(), seen: map[protoreflect.FullName]bool{}}
	s.message(m)
	var b strings.Builder
	fmt.Fprintf(&b, "syntax = \"proto3\";\npackage %s;\n", s.of.Package())
	slices.Sort(s.imports)
	for _, file := range slices.Compact(s.imports) {
		fmt.Fprintf(&b, "import %q;\n", file)
	}
	return b.String() + s.body.String()
}

func (s *source) message(m protoreflect.MessageDescriptor) {
	if s.seen[m.FullName()] {
		return
	}
	s.seen[m.FullName()] = true
	fmt.Fprintf(&s.body, "\n%smessage %s {\n", comment(m, ""), m.Name())
	fields := m.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		fmt.Fprintf(&s.body, "%s  %s%s %s = %d;\n", comment(f, "  "), label(f), s.typeName(f), f.Name(), f.Number())
	}
	s.body.WriteString("}\n")
	for i := range fields.Len() {
		s.refer(fields.Get(i))
	}
}

// refer writes down what a field refers to, unless it is imported.
func (s *source) refer(f protoreflect.FieldDescriptor) {
	if m := f.Message(); m != nil && !s.imported(m) {
		s.message(m)
	}
	if e := f.Enum(); e != nil && !s.imported(e) {
		s.enum(e)
	}
}

func (s *source) enum(e protoreflect.EnumDescriptor) {
	if s.seen[e.FullName()] {
		return
	}
	s.seen[e.FullName()] = true
	fmt.Fprintf(&s.body, "\n%senum %s {\n", comment(e, ""), e.Name())
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		fmt.Fprintf(&s.body, "%s  %s = %d;\n", comment(v, "  "), v.Name(), v.Number())
	}
	s.body.WriteString("}\n")
}

func (s *source) imported(d protoreflect.Descriptor) bool {
	return d.ParentFile().Package() != s.of.Package()
}

// typeName returns the name of f's type as it is written here.
func (s *source) typeName(f protoreflect.FieldDescriptor) string {
	var d protoreflect.Descriptor
	switch f.Kind() {
	case protoreflect.MessageKind:
		d = f.Message()
	case protoreflect.EnumKind:
		d = f.Enum()
	default:
		return f.Kind().String()
	}
	if s.imported(d) {
		s.imports = append(s.imports, d.ParentFile().Path())
		return string(d.FullName())
	}
	return string(d.Name())
}

func label(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsList():
		return "repeated "
	case f.HasOptionalKeyword():
		return "optional "
	}
	return ""
}

// comment returns what the contract says of d, as a comment.
func comment(d protoreflect.Descriptor, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(words(d)) {
		b.WriteString(indent + "// " + strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// words returns what the contract says of d: the comment that stands before it,
// without the space that each of its lines begins with.
func words(d protoreflect.Descriptor) string {
	said := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	return strings.TrimSpace(strings.ReplaceAll(said, "\n ", "\n"))
}
