package sim

import (
	"strconv"
	"strings"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/order"
)

// The words by which an order says how the outside world is to treat it.
const (
	tokenGood        = "tok_ok"
	tokenDeclined    = "tok_declined"
	tokenNotCaptured = "tok_capture_fails"

	streetGood    = "1 Main St"
	streetFar     = "2 Far St"     // the preferred carrier does not go there
	streetNowhere = "3 Nowhere St" // nobody does
	streetFoggy   = "4 Foggy St"   // parcels get lost for a while
)

// A customer is one order, from the side of who places it.
type customer struct {
	number    int
	request   *orderv1.PlaceOrderRequest
	order     string // empty until it is placed
	answer    *orderv1.PlaceOrderResponse
	cancels   bool // wants to cancel at some time
	refund    bool // staff give money back at some time
	cancelled bool // has asked so, and been answered
	refunded  bool // the same
	tries     int
}

// id returns the id of a request, which is the same in every schedule: ids of
// orders and events follow from it.
func id(words ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(words, "/"))).String()
}

var skus = [...]string{"CUP", "TEAPOT"}

// openShop lists two items, of which little is there: so orders race for the last
// piece. Nothing fails yet, and order hears of the prices before anybody comes.
func (w *world) openShop() {
	warehouse := methods[inventoryv1.InventoryServiceServer](w, "inventory")
	clear(w.received)
	for i, sku := range skus {
		_, err := warehouse.AddItem(w.ctx, &inventoryv1.AddItemRequest{
			RequestId: itemIDs[i], Sku: sku, Name: sku, Price: &moneypb.Money{CurrencyCode: "EUR", Units: int64(10 + i)},
		})
		w.must("AddItem", err)
		pieces := int64(6 - w.tape.draw(5))
		_, err = warehouse.ReceiveStock(w.ctx, &inventoryv1.ReceiveStockRequest{RequestId: stockIDs[i], Sku: sku, Quantity: pieces})
		w.must("ReceiveStock", err)
		w.received[sku] = pieces
	}
	w.rounds(50) // order hears the prices
}

var (
	itemIDs  = ids("item", len(skus))
	stockIDs = ids("stock", len(skus))
	placeIDs = ids("place", MostOrders)
	stopIDs  = ids("cancel", MostOrders)
	backIDs  = ids("refund", MostOrders)
)

// MostOrders is how many orders a schedule may have.
const MostOrders = 32

func ids(what string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = id(what, strconv.Itoa(i))
	}
	return all
}

// pick draws one of several words, mostly the first, which is the tame one.
func (w *world) pick(words ...string) string {
	if !w.tape.chance(110) {
		return words[0]
	}
	return words[w.tape.draw(len(words))]
}

// meet invents what a customer wants.
func (w *world) meet(c *customer) {
	name := "c" + strconv.Itoa(c.number)
	lines := []*orderv1.PlaceOrderLine{{Sku: skus[w.tape.draw(2)], Quantity: int64(1 + w.tape.draw(3))}}
	if w.tape.chance(40) {
		other := skus[0]
		if lines[0].GetSku() == other {
			other = skus[1]
		}
		lines = append(lines, &orderv1.PlaceOrderLine{Sku: other, Quantity: 1})
	}
	c.request = &orderv1.PlaceOrderRequest{
		RequestId: placeIDs[c.number], CustomerId: name, Email: w.pick(name, "reject") + "@example.com", Name: "Ann",
		ShipTo: &orderv1.Address{
			Street: w.pick(streetGood, streetFar, streetNowhere, streetFoggy), City: "Ghent", PostalCode: "9000", CountryCode: "BE",
		},
		Lines: lines, PaymentToken: w.pick(tokenGood, tokenDeclined, tokenNotCaptured),
	}
	c.cancels = w.tape.chance(90)
	c.refund = w.tape.chance(50)
}

// act has a customer do what is next: place, or place once more, cancel, or be
// given money back. What is drawn for a customer is drawn when they come, so that
// a schedule with one customer less is the same up to there.
func (w *world) act(c *customer) {
	if c.request == nil {
		w.meet(c)
	}
	switch {
	case c.order == "" || c.tries == 1 && w.tape.chance(30):
		w.place(c)
	case c.cancels && !c.cancelled:
		w.cancel(c)
	case c.refund && !c.refunded:
		w.giveBack(c)
	}
}

// wants reports whether there is something that a customer has left to do. A
// request without an answer is made again until there is one, as callers must.
func (c *customer) wants() bool {
	return c.order == "" || c.cancels && !c.cancelled || c.refund && !c.refunded
}

// place places the order, again if the answer was lost. Every answer must be the
// same.
func (w *world) place(c *customer) {
	c.tries++
	if c.tries > 1 {
		w.happened(RequestRepeated)
	}
	answer, err := methods[orderv1.OrderServiceServer](w, "order").PlaceOrder(w.within(c), c.request)
	w.note(line{kind: asks, from: "customer " + strconv.Itoa(c.number), to: "order", what: "PlaceOrder", order: answer.GetOrderId(), err: err})
	if err != nil {
		if c.order != "" && !lost(err) {
			w.violated("answers", "PlaceOrder of %s, repeated: %v", c.order, err)
		}
		return
	}
	if c.answer != nil && !sameAnswer(c.answer, answer) {
		w.violated("answers", "PlaceOrder answers %v, and %v when repeated", c.answer, answer)
	}
	c.order, c.answer = answer.GetOrderId(), answer
	if len(w.stream("order", order.Stream(c.order))) == 0 {
		w.violated("answers", "PlaceOrder answers, and its order is not kept")
	}
}

func sameAnswer(a, b *orderv1.PlaceOrderResponse) bool {
	return a.GetOrderId() == b.GetOrderId() && a.GetState() == b.GetState() && a.GetVersion() == b.GetVersion() &&
		a.GetTotal().GetUnits() == b.GetTotal().GetUnits()
}

// cancel asks for a cancellation. A refusal is an answer too: the goods have left.
func (w *world) cancel(c *customer) {
	_, err := methods[orderv1.OrderServiceServer](w, "order").CancelOrder(w.within(c),
		&orderv1.CancelOrderRequest{OrderId: c.order, RequestId: stopIDs[c.number]})
	w.note(line{kind: asks, from: "customer " + strconv.Itoa(c.number), to: "order", what: "CancelOrder", order: c.order, err: err})
	c.cancelled = !lost(err)
	if err != nil && c.cancelled {
		w.happened(CancelRefused)
	}
}

// giveBack has staff refund a part, once there is something to refund.
func (w *world) giveBack(c *customer) {
	_, err := methods[paymentv1.PaymentServiceServer](w, "payment").RefundPayment(w.within(c),
		&paymentv1.RefundPaymentRequest{
			OrderId: c.order, RequestId: backIDs[c.number], Amount: &moneypb.Money{CurrencyCode: "EUR", Units: 1}, Reason: "sorry",
		})
	w.note(line{kind: asks, from: "staff", to: "payment", what: "RefundPayment", order: c.order, err: err})
	c.refunded = !lost(err) // what is refused is not asked again
	if err == nil {
		w.happened(RefundByStaff)
	}
}
