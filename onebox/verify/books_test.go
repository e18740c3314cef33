package verify

import (
	"strconv"
	"testing"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

// The books of a small shop that is in order: one order delivered, one cancelled
// after its money was captured, one just placed.
const (
	happy   = "00000000-0000-0000-0000-00000000000a"
	undone  = "00000000-0000-0000-0000-00000000000b"
	ongoing = "00000000-0000-0000-0000-00000000000c"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// inOrder returns such books.
func inOrder(t *testing.T) *books {
	t.Helper()
	s := scribe{t: t, b: &books{known: map[string]*dossier{}, world: &world{
		money: map[string][]provider.Entry{}, labels: map[string][]label{}, mails: map[string][]mailbox.Message{},
	}}}
	s.happy()
	s.undone()
	s.ongoing()
	s.b.items = []*inventoryv1.Item{{Sku: "TEAPOT", OnHand: 8, Reserved: 0, Available: 8}}
	s.b.stats = []*orderv1.OrderStateStats{
		{State: orderv1.OrderState_ORDER_STATE_DELIVERED, Count: 1, Value: eur(42)},
		{State: orderv1.OrderState_ORDER_STATE_CANCELLED, Count: 1, Value: eur(42)},
		{State: orderv1.OrderState_ORDER_STATE_PLACED, Count: 1, Value: eur(42)},
		{State: orderv1.OrderState_ORDER_STATE_SHIPPED, Count: 0, Value: eur(0)},
	}
	return s.b
}

// A scribe writes books.
type scribe struct {
	t        *testing.T
	b        *books
	position int64
}

func (s *scribe) happy() {
	d := s.open(happy, orderv1.OrderState_ORDER_STATE_DELIVERED,
		"order.v1.OrderPlaced", "payment.v1.PaymentAuthorized", "order.v1.OrderConfirmed", "shipping.v1.ShipmentBooked",
		"payment.v1.PaymentCaptured", "order.v1.OrderDispatched", "order.v1.OrderShipped", "order.v1.OrderDelivered")
	d.order.TrackingNumber = "T1"
	d.payment = &paymentv1.Payment{OrderId: happy, State: paymentv1.PaymentState_PAYMENT_STATE_CAPTURED, Captured: eur(42)}
	d.progress.Money = &orderv1.MoneyProgress{Captured: eur(42)}
	d.shipment = &shippingv1.Shipment{State: shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED, TrackingNumber: "T1"}
	s.paid(happy, provider.Authorize, provider.Capture)
	s.b.world.labels[happy] = []label{{carrier: "swift", id: "l1", booked: 1, handedOver: 1}}
}

func (s *scribe) undone() {
	d := s.open(undone, orderv1.OrderState_ORDER_STATE_CANCELLED,
		"order.v1.OrderPlaced", "payment.v1.PaymentAuthorized", "order.v1.OrderConfirmed", "shipping.v1.ShipmentBooked",
		"payment.v1.PaymentCaptured", "order.v1.OrderCancellationRequested", "order.v1.OrderCancelled", "payment.v1.PaymentRefunded")
	d.payment = &paymentv1.Payment{
		OrderId: undone, State: paymentv1.PaymentState_PAYMENT_STATE_REFUNDED, Captured: eur(42), Refunded: eur(42),
		Refunds: []*paymentv1.Refund{{RefundId: "r1", Amount: eur(42), State: paymentv1.RefundState_REFUND_STATE_DONE}},
	}
	d.progress.Money = &orderv1.MoneyProgress{Captured: eur(42), Refunded: eur(42)}
	d.shipment = &shippingv1.Shipment{State: shippingv1.ShipmentState_SHIPMENT_STATE_CANCELLED}
	s.mail(d, &notifyv1.Message{MessageId: "mail-about-the-refund", Fact: refundMail})
	s.paid(undone, provider.Authorize, provider.Capture, provider.Refund)
	s.b.world.labels[undone] = []label{{carrier: "swift", id: "l2", booked: 1, cancelled: 1}}
}

func (s *scribe) ongoing() {
	d := s.open(ongoing, orderv1.OrderState_ORDER_STATE_PLACED, "order.v1.OrderPlaced")
	d.payment = &paymentv1.Payment{OrderId: ongoing, State: paymentv1.PaymentState_PAYMENT_STATE_AUTHORIZING}
	d.progress.Awaited = []*orderv1.AwaitedStep{{
		Fact: "payment.v1.PaymentAuthorized", FromService: "payment", Since: timestamppb.New(noon), Deadline: timestamppb.New(noon.Add(time.Hour)),
	}}
}

// open writes an order of two teapots with its trail and its mails. Facts of
// others are notes.
func (s *scribe) open(id string, state orderv1.OrderState, facts ...string) *dossier {
	d := &dossier{id: id, at: noon, progress: &orderv1.GetOrderProgressResponse{OrderId: id, State: state}}
	details := &orderv1.OrderDetails{
		CustomerId: "ann", Email: "ann@example.com", Total: eur(42),
		Lines: []*orderv1.OrderLine{{Sku: "TEAPOT", Quantity: 2, UnitPrice: eur(21)}},
	}
	d.order = &orderv1.Order{
		OrderId: id, State: state, Version: int64(len(facts)), Details: details,
		PlaceTime: timestamppb.New(noon), UpdateTime: timestamppb.New(noon.Add(-time.Hour)),
	}
	d.listed = &orderv1.OrderSummary{
		OrderId: id, CustomerId: "ann", State: state, Total: eur(42), Version: int64(len(facts)),
		PlaceTime: timestamppb.New(noon), UpdateTime: timestamppb.New(noon.Add(-time.Hour)),
	}
	for _, f := range facts {
		s.event(d, f)
	}
	s.b.orders, s.b.known[id] = append(s.b.orders, d), d
	return d
}

func (s *scribe) event(d *dossier, name string) {
	s.position++
	e := &orderv1.OrderEvent{
		EventId: "event-" + strconv.FormatInt(s.position, 10), Version: int64(len(d.events) + 1), Position: s.position,
		Type: name, Published: name[:6] == "order.",
	}
	d.events = append(d.events, e)
	if !e.GetPublished() {
		e.Type, e.Body = "order.v1.ProgressNoted", s.body("fact", name, "factEventId", "heard-"+e.GetEventId())
		return
	}
	number := int64(len(d.said()))
	e.Body = s.body("sequence", strconv.FormatInt(number, 10))
	s.mail(d, &notifyv1.Message{MessageId: e.GetEventId(), Fact: name, Sequence: number})
}

func (s *scribe) body(pairs ...any) *structpb.Struct {
	fields := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i].(string)] = pairs[i+1]
	}
	body, err := structpb.NewStruct(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// mail writes a mail into notify's books and into the mail server's.
func (s *scribe) mail(d *dossier, m *notifyv1.Message) {
	m.State, m.To, m.OrderId = notifyv1.MessageState_MESSAGE_STATE_SENT, "ann@example.com", d.id
	d.mails = append(d.mails, m)
	s.b.world.mails[d.id] = append(s.b.world.mails[d.id], mailbox.Message{
		MessageID: m.GetMessageId() + "@orpheus.example", To: []string{"ann@example.com"}, Copies: 1,
	})
}

// paid writes entries of the whole price into the provider's ledger.
func (s *scribe) paid(id string, kinds ...provider.Kind) {
	const all = 4200
	moves := map[provider.Kind][]provider.Posting{
		provider.Authorize: {{Account: provider.Customer, Amount: -all}, {Account: provider.Held, Amount: all}},
		provider.Capture:   {{Account: provider.Held, Amount: -all}, {Account: provider.Merchant, Amount: all}},
		provider.Void:      {{Account: provider.Held, Amount: -all}, {Account: provider.Customer, Amount: all}},
		provider.Refund:    {{Account: provider.Merchant, Amount: -all}, {Account: provider.Customer, Amount: all}},
	}
	for _, k := range kinds {
		s.b.world.money[id] = append(s.b.world.money[id], provider.Entry{
			Kind: k, Key: id + string(k), Reference: id, Amount: all, Currency: "EUR", Postings: moves[k],
		})
	}
}

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

// at is a config whose clock stands at noon.
func at() Config {
	return Config{Now: func() time.Time { return noon }, Received: map[string]int64{"TEAPOT": 10}}.complete()
}
