package verify

import (
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

// Books are all books, read by somebody else at one moment: by a simulator, which
// has them at hand. There are no lists and sums among them, which only follow
// from the orders.
type Books struct {
	Orders  []Account
	Items   []*inventoryv1.Item
	Money   []provider.Entry
	Carried map[string][]carrier.Entry // by carrier
	Mails   []mailbox.Message
}

// An Account is what the services say of one order.
type Account struct {
	Order    *orderv1.Order
	Events   []*orderv1.OrderEvent
	Progress *orderv1.GetOrderProgressResponse
	Payment  *paymentv1.Payment   // nil if payment has not heard of it
	Shipment *shippingv1.Shipment // nil if shipping has not
	Mails    []*notifyv1.Message
}

// Compare compares books as Run does, without reading anything. Of c it uses what
// is about the comparison.
func Compare(c Config, given Books) Report {
	c = c.complete()
	b := &books{known: map[string]*dossier{}, items: given.Items, unlisted: true, world: given.world()}
	now := c.Now()
	for _, a := range given.Orders {
		d := &dossier{
			id: a.Order.GetOrderId(), order: a.Order, events: a.Events, progress: a.Progress,
			payment: a.Payment, shipment: a.Shipment, mails: a.Mails, at: now,
		}
		b.orders, b.known[d.id] = append(b.orders, d), d
	}
	return compare(c, b)
}

// world sorts the books of the outside world by order.
func (given Books) world() *world {
	w := &world{money: map[string][]provider.Entry{}, labels: map[string][]label{}, mails: map[string][]mailbox.Message{}}
	for _, e := range given.Money {
		w.money[e.Reference] = append(w.money[e.Reference], e)
	}
	for name, entries := range given.Carried {
		w.file(name, entries)
	}
	for _, m := range given.Mails {
		w.mails[m.Order] = append(w.mails[m.Order], m)
	}
	return w
}
