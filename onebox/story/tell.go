package story

import (
	"context"
	"fmt"
	"strings"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/onebox"
)

// short returns the last part of a kind's full name.
func short(kind string) string { return kind[strings.LastIndexByte(kind, '.')+1:] }

// news returns what a service has put into its log since it was last asked.
func (p *player) news(ctx context.Context, service string) ([]eventlog.Record, error) {
	records, err := p.box.Store(service).ReadAll(ctx, p.read[service], 1<<10)
	if err == nil && len(records) > 0 {
		p.read[service] = records[len(records)-1].Position
	}
	return records, err
}

// tellStep tells what one step of a service has done: one line for a fact that
// was heard, else one line for each event.
func (p *player) tellStep(ctx context.Context, service string) error {
	records, err := p.news(ctx, service)
	if err != nil {
		return err
	}
	if m := p.post.took(); m != nil {
		p.tellf(service, "heard %s, %s", p.about(m.Type, m.Correlation), p.consequence(records))
		return nil
	}
	for _, r := range records {
		p.tellf(service, "%s", p.event(r))
	}
	return nil
}

// tellAll tells what all services have put into their logs by themselves, as an
// answer to a call.
func (p *player) tellAll(ctx context.Context) error {
	for _, service := range onebox.Names {
		if err := p.tellStep(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) tellf(who, format string, args ...any) {
	p.told = append(p.told, strings.TrimRight(fmt.Sprintf("%-10s ", who)+fmt.Sprintf(format, args...), " "))
}

func (p *player) consequence(records []eventlog.Record) string {
	if len(records) == 0 {
		return "said nothing"
	}
	var all []string
	for _, r := range records {
		all = append(all, p.event(r))
	}
	return strings.Join(all, ", ")
}

// event tells one event. What others may hear is said, the rest is noted.
func (p *player) event(r eventlog.Record) string {
	verb := "noted"
	if published(r.Type) {
		verb = "said"
	}
	if short(r.Type) == "ProgressNoted" {
		return "noted it" // it says again what was heard
	}
	words := []string{verb, p.about(r.Type, r.Correlation)}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(r.Type))
	if err != nil {
		return strings.Join(append(words, "(of unknown kind)"), " ")
	}
	body := kind.New().Interface()
	if err := proto.Unmarshal(r.Body, body); err != nil {
		return strings.Join(append(words, "(cannot be read)"), " ")
	}
	return strings.Join(append(words, details(body.ProtoReflect(), telling(r.Type))...), " ")
}

// published reports whether a kind is a fact: those stand in files of their own.
func published(kind string) bool {
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(kind))
	return err == nil && strings.HasSuffix(d.ParentFile().Path(), "_facts.proto")
}

// about names a fact and its order, by the name that the story has for it.
func (p *player) about(kind, correlation string) string {
	if name, ok := p.names[correlation]; ok {
		return short(kind) + " " + name
	}
	return short(kind)
}

// telling returns the fields that say most about an event, in the order in which
// they are told.
func telling(kind string) []protoreflect.Name {
	switch service, _, _ := strings.Cut(kind, "."); {
	case service == "notify":
		return []protoreflect.Name{"fact", "code"} // the rest is in the mail
	case short(kind) == "StockLevelChanged":
		return []protoreflect.Name{"sku", "on_hand", "reserved"}
	}
	return []protoreflect.Name{
		"sku", "order", "amount", "price", "unit_price", "lines", "short", "quantity",
		"reason", "carrier", "code", "refusals", "note",
	}
}

func details(m protoreflect.Message, names []protoreflect.Name) []string {
	var words []string
	for _, name := range names {
		f := m.Descriptor().Fields().ByName(name)
		if f == nil || !m.Has(f) && f.Kind() != protoreflect.Int64Kind {
			continue // an empty field says nothing, but 0 pieces do
		}
		if word := detail(f, m.Get(f)); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func detail(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsList():
		return list(v.List())
	case f.Kind() == protoreflect.EnumKind:
		_, reason, _ := strings.Cut(string(f.Enum().Values().ByNumber(v.Enum()).Name()), "REASON_")
		return strings.ToLower(reason)
	case f.Kind() == protoreflect.MessageKind:
		return total(v.Message())
	case f.Name() == "fact":
		return short(v.String())
	case f.Kind() == protoreflect.Int64Kind:
		return fmt.Sprintf("%s=%d", f.Name(), v.Int())
	}
	return v.String()
}

// list tells lines, as in TEAPOT=2, and carriers' refusals.
func list(lines protoreflect.List) string {
	var words []string
	for i := range lines.Len() {
		m := lines.Get(i).Message()
		fields := m.Descriptor().Fields()
		if by := fields.ByName("carrier"); by != nil {
			words = append(words, m.Get(by).String())
			continue
		}
		quantity := fields.ByName("quantity")
		if quantity == nil {
			quantity = fields.ByName("wanted")
		}
		words = append(words, fmt.Sprintf("%s=%d", m.Get(fields.ByName("sku")).String(), m.Get(quantity).Int()))
	}
	return strings.Join(words, " ")
}

// total tells money, or that of an order.
func total(m protoreflect.Message) string {
	switch m := m.Interface().(type) {
	case *moneypb.Money:
		return amount(m)
	case *orderv1.OrderDetails:
		return amount(m.GetTotal())
	}
	return ""
}

// amount tells money as people write it.
func amount(m *moneypb.Money) string {
	return fmt.Sprintf("%d.%02d", m.GetUnits(), m.GetNanos()/10_000_000)
}
