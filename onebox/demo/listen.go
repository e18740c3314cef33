package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/onebox"
)

// settled is how long facts wait before they are told: two that are said at the
// same moment by different services are then told in the order of their times.
const settled = 30 * time.Millisecond

// A fact is one thing that a service said.
type fact struct {
	at               time.Time
	by, kind, detail string
}

// A listener reads the logs of all services as they grow.
type listener struct {
	box   *onebox.Box
	after map[string]int64
	of    map[string][]fact // facts by order, not yet told
}

func newListener(b *onebox.Box) *listener {
	return &listener{box: b, after: map[string]int64{}, of: map[string][]fact{}}
}

// facts returns what was said about an order since the last call, the earliest
// first.
func (l *listener) facts(ctx context.Context, id string) ([]fact, error) {
	for _, name := range onebox.Names {
		if err := l.read(ctx, name); err != nil {
			return nil, err
		}
	}
	before := time.Now().Add(-settled)
	all := l.of[id]
	slices.SortStableFunc(all, func(a, b fact) int { return a.at.Compare(b.at) })
	n, _ := slices.BinarySearchFunc(all, before, func(f fact, t time.Time) int { return f.at.Compare(t) })
	l.of[id] = all[n:]
	return all[:n:n], nil
}

func (l *listener) read(ctx context.Context, name string) error {
	records, err := l.box.Store(name).ReadAll(ctx, l.after[name], 1_000)
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", name, err)
	}
	for _, r := range records {
		l.after[name] = r.Position
		if f, ok := told(name, r); ok {
			l.of[r.Correlation] = append(l.of[r.Correlation], f)
		}
	}
	return nil
}

// told returns a record as a fact, and false if it is none that the audience
// needs: a service's own record, or the level of stock.
func told(by string, r eventlog.Record) (fact, bool) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(r.Type))
	if err != nil || !strings.HasSuffix(kind.Descriptor().ParentFile().Path(), "_facts.proto") {
		return fact{}, false
	}
	body := kind.New().Interface()
	if err := proto.Unmarshal(r.Body, body); err != nil {
		return fact{}, false
	}
	if _, level := body.(*inventoryv1.StockLevelChanged); level {
		return fact{}, false
	}
	return fact{at: r.Time, by: by, kind: string(kind.Descriptor().Name()), detail: detail(body)}, true
}

// detail returns what is worth telling of a fact besides its name.
func detail(body proto.Message) string {
	switch f := body.(type) {
	case *orderv1.OrderPlaced:
		return money(f.GetOrder().GetTotal())
	case *orderv1.OrderCancellationRequested:
		return reason(f.GetReason())
	case *orderv1.OrderCancelled:
		return reason(f.GetReason())
	case *paymentv1.PaymentAuthorized:
		return money(f.GetAmount()) + " held"
	case *paymentv1.PaymentCaptured:
		return money(f.GetAmount()) + " taken"
	case *paymentv1.PaymentVoided:
		return money(f.GetAmount()) + " let go"
	case *paymentv1.PaymentDeclined:
		return strings.ReplaceAll(f.GetCode(), "_", " ")
	case *inventoryv1.StockReserved:
		return pieces(f.GetLines())
	case *inventoryv1.StockReleased:
		return cmp.Or(pieces(f.GetLines()), "nothing was held")
	case *inventoryv1.StockDispatched:
		return pieces(f.GetLines())
	case *inventoryv1.StockUnavailable:
		return fmt.Sprintf("%d wanted, %d there", f.GetShort()[0].GetWanted(), f.GetShort()[0].GetAvailable())
	case *shippingv1.ShipmentBooked:
		return "by " + f.GetCarrier()
	case *shippingv1.ShipmentRefused:
		return fmt.Sprintf("by all %d carriers", len(f.GetRefusals()))
	}
	return ""
}

func money(m *moneypb.Money) string {
	return fmt.Sprintf("%d.%02d %s", m.GetUnits(), m.GetNanos()/10_000_000, m.GetCurrencyCode())
}

func reason(r orderv1.CancelReason) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.String(), "CANCEL_REASON_"), "_", " "))
}

func pieces(lines []*inventoryv1.StockLine) string {
	var words []string
	for _, l := range lines {
		words = append(words, fmt.Sprintf("%d %s", l.GetQuantity(), l.GetSku()))
	}
	return strings.Join(words, ", ")
}
