package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/deploy/devstack"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/sandbox/mailbox"
)

// TestLife tries, on one stack, every way that an order's life can take.
func TestLife(t *testing.T) {
	t.Parallel()
	s := openWith(t, devstack.Config{
		Daemons: append(devstack.Daemons(), hasty),
		Env:     map[string][]string{hasty.Name: {"ORPHEUS_PAY_WITHIN=1s"}},
	})
	t.Run("delivered", s.testDelivered)
	t.Run("ways", func(t *testing.T) {
		// Not side by side: who is parallel waits for the other stacks' tests.
		for _, way := range waysToEnd {
			t.Run(way.name, func(t *testing.T) { s.testCancelled(t, way) })
		}
		t.Run("asked_for_many_times_at_once", s.testManyCallsOneOrder)
		t.Run("expired", s.testExpired)
	})
	t.Run("two_hundred_for_a_hundred_and_twenty", s.testScarce)
	s.checkFlow(t)
}

// hasty is one more process of order, which gives the orders that it takes no time
// to be paid. Those that others take have as much as ever.
var hasty = devstack.Daemon{Name: "hasty", Service: "order", Package: "./order/cmd/orderd"}

func (s *shop) testDelivered(t *testing.T) {
	s.list(t, "TEAPOT", 10)
	id := s.mustPlace(t, order("TEAPOT", 2))
	o := s.awaitState(t, id, orderv1.OrderState_ORDER_STATE_DELIVERED)
	if o.GetDetails().GetTotal().GetUnits() != 2*price || o.GetCarrier() == "" || o.GetTrackingNumber() == "" {
		t.Errorf("delivered order is %v; want a total of %d and a carrier", o, 2*price)
	}
	want := strings.Fields("OrderPlaced OrderConfirmed OrderDispatched OrderShipped OrderDelivered")
	if got := s.facts(t, id); !slices.Equal(got, want) {
		t.Errorf("order said %v; want %v", got, want)
	}
	if sum := s.checkBooks(t, "TEAPOT", 10, []string{id}); sum.delivered != 1 {
		t.Errorf("%+v; want one delivered", sum)
	}
	s.checkMailOrder(t, id)
}

// checkMailOrder sees that the mails of an order came in the order of its facts.
func (s *shop) checkMailOrder(t *testing.T, id string) {
	t.Helper()
	var box struct{ Messages []mailbox.Message }
	s.look(t, "/mailbox/messages?order="+id, &box)
	for i := 1; i < len(box.Messages); i++ { // the newest comes first
		if box.Messages[i].Received[0].After(box.Messages[i-1].Received[0]) {
			t.Errorf("mail %q came after %q", box.Messages[i].Subject, box.Messages[i-1].Subject)
		}
	}
}

// A way is one of the ways in which an order ends without a parcel.
type way struct {
	name   string
	change func(*orderv1.PlaceOrderRequest)
	pieces int64 // in stock
	cancel bool  // by the customer, right away
	reason orderv1.CancelReason
}

var waysToEnd = []way{
	{"declined", token("tok_declined"), 10, false, orderv1.CancelReason_CANCEL_REASON_DECLINED},
	{"insufficient_funds", token("tok_insufficient_funds"), 10, false, orderv1.CancelReason_CANCEL_REASON_DECLINED},
	{"out_of_stock", token("tok_ok"), 1, false, orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK},
	{"no_carrier", street("REFUSE 1 Main St"), 10, false, orderv1.CancelReason_CANCEL_REASON_CARRIER_REFUSED},
	{"capture_fails", token("tok_capture_fails"), 10, false, orderv1.CancelReason_CANCEL_REASON_CAPTURE_FAILED},
	{"customer_cancels", token("tok_slow"), 10, true, orderv1.CancelReason_CANCEL_REASON_CUSTOMER},
}

func token(token string) func(*orderv1.PlaceOrderRequest) {
	return func(r *orderv1.PlaceOrderRequest) { r.PaymentToken = token }
}

func street(street string) func(*orderv1.PlaceOrderRequest) {
	return func(r *orderv1.PlaceOrderRequest) { r.ShipTo.Street = street }
}

func (s *shop) testCancelled(t *testing.T, w way) {
	sku := strings.ToUpper(strings.ReplaceAll(w.name, "_", "-"))
	s.list(t, sku, w.pieces)
	r := order(sku, 2)
	w.change(r)
	id := s.mustPlace(t, r)
	if w.cancel {
		_, err := s.orders.CancelOrder(t.Context(), &orderv1.CancelOrderRequest{OrderId: id, RequestId: uuid.NewString(), Reason: "changed my mind"})
		if err != nil {
			t.Fatal(err)
		}
	}
	o := s.awaitState(t, id, orderv1.OrderState_ORDER_STATE_CANCELLED)
	if o.GetCancelReason() != w.reason {
		t.Errorf("cancelled because of %s; want %s", o.GetCancelReason(), w.reason)
	}
	s.checkBooks(t, sku, w.pieces, []string{id})
}

// A thousand calls at once with one request id get one answer, and the order is in
// the log once. A service refuses what is too much at a time; such a call is made
// again, like any other that brings no answer.
func (s *shop) testManyCallsOneOrder(t *testing.T) {
	s.list(t, "SAUCER", 10)
	r := order("SAUCER", 1)
	answers := make([]string, 1000)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			<-begin
			answers[i] = fmt.Sprint(s.placeUntilAnswered(t, r))
		})
	}
	close(begin)
	wg.Wait()
	slices.Sort(answers)
	if different := slices.Compact(answers); len(different) != 1 {
		t.Errorf("a thousand calls got %d different answers: %v", len(different), different)
	}
	placed, err := countEvents(t.Context(), s.log(t, "order"), 0, func(e eventlog.Record) bool {
		return e.Type == "order.v1.OrderPlaced" && bytes.Contains(e.Body, []byte("SAUCER"))
	})
	if err != nil || placed != 1 {
		t.Errorf("a thousand calls made %d orders, %v; want one", placed, err)
	}
	s.checkBooks(t, "SAUCER", 10, []string{s.mustPlace(t, r)})
}

// While the provider hangs an order waits for its money, and is given up when its
// time has passed; the late money goes back.
func (s *shop) testExpired(t *testing.T) {
	s.list(t, "FAN", 10)
	r := order("FAN", 1)
	r.PaymentToken = "tok_hang"
	placed, err := orderv1.NewOrderServiceClient(s.dial(t, hasty.Name)).PlaceOrder(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	id := placed.GetOrderId()
	o := s.awaitState(t, id, orderv1.OrderState_ORDER_STATE_CANCELLED)
	if o.GetCancelReason() != orderv1.CancelReason_CANCEL_REASON_EXPIRED {
		t.Errorf("cancelled because of %s; want EXPIRED", o.GetCancelReason())
	}
	if level := s.level(t, "FAN"); level.GetOnHand() != 10 || level.GetReserved() != 0 {
		t.Errorf("stock is %v; want ten on hand, none reserved", level)
	}
}

// Orders that race for the last pieces: as many succeed as there are pieces.
func (s *shop) testScarce(t *testing.T) {
	const orders, pieces = 200, 120
	s.list(t, "RARE", pieces)
	ids := s.placeMany(t, "RARE", orders)
	sum := s.checkBooks(t, "RARE", pieces, ids)
	if sum.delivered != pieces || sum.cancelled != orders-pieces {
		t.Errorf("%+v of %d orders for %d pieces", sum, orders, pieces)
	}
	if level, err := s.stock.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: "RARE"}); err != nil || level.GetItem().GetOnHand() != 0 {
		t.Errorf("stock = %v, %v; want none left", level, err)
	}
}

// placeMany places orders for one piece each, side by side, each until it is
// answered: a caller that hears no answer asks again with the same request id.
func (s *shop) placeMany(t *testing.T, sku string, n int) []string {
	t.Helper()
	ids := make([]string, n)
	limit := make(chan struct{}, 32)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			ids[i] = s.placeUntilAnswered(t, order(sku, 1)).GetOrderId()
		})
	}
	wg.Wait()
	return ids
}

func (s *shop) placeUntilAnswered(t *testing.T, r *orderv1.PlaceOrderRequest) (placed *orderv1.PlaceOrderResponse) {
	t.Helper()
	eventually(t, "PlaceOrder is answered", func() (err error) {
		placed, err = s.orders.PlaceOrder(t.Context(), r)
		return err
	})
	return placed
}

// set turns a switch of the sandbox.
func (s *shop) set(t *testing.T, name, mode string) {
	t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{%q:{"mode":%q}}`, name, mode))
	r, err := http.Post(s.Sandbox()+"/switches", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode >= http.StatusBadRequest {
		t.Fatalf("POST /switches: %s", r.Status)
	}
}
