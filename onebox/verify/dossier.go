package verify

import (
	"fmt"
	"slices"
	"strings"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/money"
)

func (d *dossier) delivered() bool {
	return d.order.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED
}

func (d *dossier) cancelled() bool {
	return d.order.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED
}

// atRest reports whether the order has ended and everybody is done with it.
// Only then must all books agree.
func (d *dossier) atRest(c Config) bool {
	switch {
	case d.moved, !d.delivered() && !d.cancelled(), len(d.progress.GetAwaited()) > 0:
		return false
	case d.payment != nil && !slices.Contains(paid, d.payment.GetState()):
		return false
	case d.shipment != nil && !slices.Contains(carried, d.shipment.GetState()):
		return false
	}
	return d.mailed() || d.quietFor(c)
}

// waitsFor says what keeps an order from being at rest.
func (d *dossier) waitsFor() string {
	var causes []string
	for _, a := range d.progress.GetAwaited() {
		causes = append(causes, a.GetFact()+" from "+a.GetFromService())
	}
	if d.payment != nil && !slices.Contains(paid, d.payment.GetState()) {
		causes = append(causes, "its payment is "+words(d.payment.GetState(), "PAYMENT_STATE_"))
	}
	if d.shipment != nil && !slices.Contains(carried, d.shipment.GetState()) {
		causes = append(causes, "its shipment is "+words(d.shipment.GetState(), "SHIPMENT_STATE_"))
	}
	if !d.mailed() {
		causes = append(causes, "mails are owed")
	}
	if d.moved {
		causes = append(causes, "it moved just now")
	}
	return words(d.order.GetState(), "ORDER_STATE_") + ", waits: " + strings.Join(causes, ", ")
}

// words returns the name of an enum's value in the words of the shop.
func words(value fmt.Stringer, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(value.String(), prefix), "_", " "))
}

// The states in which payment and shipping owe nobody anything.
var (
	paid = []paymentv1.PaymentState{
		paymentv1.PaymentState_PAYMENT_STATE_CAPTURED, paymentv1.PaymentState_PAYMENT_STATE_DECLINED,
		paymentv1.PaymentState_PAYMENT_STATE_VOIDED, paymentv1.PaymentState_PAYMENT_STATE_REFUNDED,
		paymentv1.PaymentState_PAYMENT_STATE_CLOSED,
	}
	carried = []shippingv1.ShipmentState{
		shippingv1.ShipmentState_SHIPMENT_STATE_REFUSED, shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED,
		shippingv1.ShipmentState_SHIPMENT_STATE_CANCELLED,
	}
)

// mailed reports whether notify has heard of everything and owes nothing.
func (d *dossier) mailed() bool {
	for _, m := range d.mails {
		if !settled(m) {
			return false
		}
	}
	return len(d.mails) >= len(d.said())+len(d.refunds())
}

func settled(m *notifyv1.Message) bool {
	return m.GetState() == notifyv1.MessageState_MESSAGE_STATE_SENT || m.GetState() == notifyv1.MessageState_MESSAGE_STATE_REFUSED
}

// quietFor reports whether the order's last event was so old when the order was
// read that a mail about it could not be on its way any more, unless the way is
// broken. The time of the comparison does not count: it may be minutes later.
func (d *dossier) quietFor(c Config) bool {
	return d.at.Sub(d.order.GetUpdateTime().AsTime()) > c.Grace
}

// trail returns the events up to the version that the order was read in.
func (d *dossier) trail() []*orderv1.OrderEvent {
	return slices.DeleteFunc(slices.Clone(d.events), func(e *orderv1.OrderEvent) bool {
		return e.GetVersion() > d.order.GetVersion()
	})
}

// said returns the facts that the order has published.
func (d *dossier) said() []*orderv1.OrderEvent {
	return slices.DeleteFunc(slices.Clone(d.events), func(e *orderv1.OrderEvent) bool { return !e.GetPublished() })
}

// saidFact reports whether the order has published that fact.
func (d *dossier) saidFact(name string) bool {
	return slices.ContainsFunc(d.said(), func(e *orderv1.OrderEvent) bool { return nameOf(e) == name })
}

// refunds returns the refunds that were made.
func (d *dossier) refunds() []*paymentv1.Refund {
	return slices.DeleteFunc(slices.Clone(d.payment.GetRefunds()), func(r *paymentv1.Refund) bool {
		return r.GetState() != paymentv1.RefundState_REFUND_STATE_DONE
	})
}

// total is what the order costs, in minor units.
func (d *dossier) total() int64 { return minor(d.order.GetDetails().GetTotal()) }

// nameOf returns the name of an event without its package.
func nameOf(e *orderv1.OrderEvent) string {
	return e.GetType()[strings.LastIndex(e.GetType(), ".")+1:]
}

// minor returns an amount in minor units; 0 if there is none. What cannot be told
// exactly is -1, which is nobody's amount, so that no comparison holds.
func minor(m *moneypb.Money) int64 {
	if m == nil {
		return 0
	}
	n, _, err := money.Minor(m)
	if err != nil {
		return -1
	}
	return n
}
