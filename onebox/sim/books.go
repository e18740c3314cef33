package sim

import (
	"strconv"
	"time"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/notify"
	"orpheus.example/onebox/verify"
	"orpheus.example/order"
)

// checkBooks has package verify compare all books: what the services' own methods
// answer, and what the outside world has. All orders must be at rest by then.
func (w *world) checkBooks() {
	books := verify.Books{Money: w.outside.money, Carried: w.outside.entries, Mails: w.outside.mails}
	for _, c := range w.customers {
		if c.order != "" {
			books.Orders = append(books.Orders, w.account(c.order))
		}
	}
	warehouse := methods[inventoryv1.InventoryServiceServer](w, "inventory")
	for _, sku := range skus {
		item, err := warehouse.GetItem(w.ctx, &inventoryv1.GetItemRequest{Sku: sku})
		w.must("GetItem", err)
		books.Items = append(books.Items, item.GetItem())
	}
	report := verify.Compare(verify.Config{Received: w.received, Copies: manyCopies, Grace: time.Minute, Now: w.time}, books)
	for _, check := range report.Checks {
		for _, v := range check.Violations {
			w.violated(check.Name, "%s: %s", w.alias(v.ID), v.What)
		}
	}
	for _, v := range report.Waiting {
		w.violated("open", "%s: %s", w.alias(v.ID), v.What)
	}
	for _, o := range books.Orders {
		w.checkMailOrder(o.Order.GetOrderId(), o.Mails)
	}
	w.countEnds(books.Orders)
}

// manyCopies is more than any schedule makes of one mail: how many there may be
// is checked against the failures that there were.
const manyCopies = 1000

// account reads what the services say of an order. That payment or shipping do not
// know it is an answer: they may never have heard of it.
func (w *world) account(order string) verify.Account {
	orders := methods[orderv1.OrderServiceServer](w, "order")
	o, err := orders.GetOrder(w.ctx, &orderv1.GetOrderRequest{OrderId: order})
	w.must("GetOrder", err)
	progress, err := orders.GetOrderProgress(w.ctx, &orderv1.GetOrderProgressRequest{OrderId: order})
	w.must("GetOrderProgress", err)
	payments := methods[paymentv1.PaymentServiceServer](w, "payment")
	paid, _ := payments.GetPayment(w.ctx, &paymentv1.GetPaymentRequest{OrderId: order})
	shipments := methods[shippingv1.ShippingServiceServer](w, "shipping")
	shipped, _ := shipments.GetShipment(w.ctx, &shippingv1.GetShipmentRequest{OrderId: order})
	return verify.Account{
		Order: o.GetOrder(), Progress: progress, Payment: paid.GetPayment(), Shipment: shipped.GetShipment(),
		Events: w.trail(order), Mails: w.mails(order),
	}
}

// stream reads a whole stream of a service.
func (w *world) stream(service, stream string) []eventlog.Record {
	records, err := w.service(service).log.ReadStream(w.ctx, stream, 0, 1<<20)
	w.must("ReadStream", err)
	return records
}

// trail returns an order's record, with as much of the bodies as is compared. It is
// what ListOrderEvents answers, which is paged and shows bodies as JSON.
func (w *world) trail(id string) []*orderv1.OrderEvent {
	records := w.stream("order", order.Stream(id))
	events := make([]*orderv1.OrderEvent, len(records))
	for i := range records {
		r := &records[i]
		events[i] = &orderv1.OrderEvent{
			EventId: r.ID.String(), Version: r.Version, Position: r.Position, Type: r.Type,
			Published: contains(parts["order"].Says, r.Type), Body: w.glance(r),
		}
	}
	return events
}

// mails folds what notify has kept of an order's mails. Callers are shown a view,
// which the simulator leaves out.
func (w *world) mails(id string) []*notifyv1.Message {
	var mails []*notifyv1.Message
	byID := map[string]*notifyv1.Message{}
	records := w.stream("notify", notify.Stream(id))
	email := ""
	for i := range records {
		switch m := decode(&records[i]).(type) {
		case *notifyv1.MailOwed:
			one := &notifyv1.Message{
				MessageId: m.GetMessageId(), OrderId: id, Fact: m.GetFact(), Sequence: m.GetSequence(), To: m.GetEmail(),
				State: notifyv1.MessageState_MESSAGE_STATE_OWED,
			}
			mails, byID[one.GetMessageId()] = append(mails, one), one
			if m.GetEmail() != "" {
				email = m.GetEmail()
			}
		case *notifyv1.MailSent:
			byID[m.GetMessageId()].State = notifyv1.MessageState_MESSAGE_STATE_SENT
		case *notifyv1.MailRefused:
			byID[m.GetMessageId()].State = notifyv1.MessageState_MESSAGE_STATE_REFUSED
		}
	}
	for _, m := range mails {
		m.To = email // a refund's fact does not name the customer
	}
	return mails
}

// reasons say why orders were cancelled.
var reasons = map[orderv1.CancelReason]Rare{
	orderv1.CancelReason_CANCEL_REASON_DECLINED:        CancelledDeclined,
	orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK:    CancelledOutOfStock,
	orderv1.CancelReason_CANCEL_REASON_CUSTOMER:        CancelledByCustomer,
	orderv1.CancelReason_CANCEL_REASON_EXPIRED:         CancelledExpired,
	orderv1.CancelReason_CANCEL_REASON_CARRIER_REFUSED: CancelledCarrierRefused,
	orderv1.CancelReason_CANCEL_REASON_CAPTURE_FAILED:  CancelledCaptureFailed,
	orderv1.CancelReason_CANCEL_REASON_OVERDUE:         CancelledOverdue,
}

// countEnds counts how orders ended.
func (w *world) countEnds(orders []verify.Account) {
	for _, o := range orders {
		if o.Order.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED {
			w.happened(reasons[o.Order.GetCancelReason()])
		}
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
