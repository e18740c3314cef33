package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

// sold is what the shop's own books say of a set of orders.
type sold struct {
	delivered, cancelled int
}

// checkBooks waits until all orders have ended and everything they held is given
// back, and then compares the shop's books with those of the world outside, to
// the cent, the piece, the label and the mail.
func (s *shop) checkBooks(t *testing.T, sku string, received int64, ids []string) sold {
	t.Helper()
	var sum sold
	pieces := int64(0)
	for _, id := range ids {
		o := s.awaitEnd(t, id)
		if o.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED {
			sum.delivered++
			pieces += o.GetDetails().GetLines()[0].GetQuantity()
		} else {
			sum.cancelled++
		}
		s.checkMoney(t, o)
		s.checkLabel(t, o)
		s.checkMails(t, o)
	}
	level := s.level(t, sku)
	if level.GetOnHand() != received-pieces || level.GetReserved() != 0 {
		t.Errorf("stock of %s is %d on hand, %d reserved; want %d and 0", sku, level.GetOnHand(), level.GetReserved(), received-pieces)
	}
	return sum
}

// awaitEnd waits until an order is delivered or cancelled and awaits nothing
// more, and its payment has come to rest.
func (s *shop) awaitEnd(t *testing.T, id string) *orderv1.Order {
	t.Helper()
	eventually(t, "order "+id+" ends", func() error {
		p, err := s.orders.GetOrderProgress(t.Context(), &orderv1.GetOrderProgressRequest{OrderId: id})
		if err != nil {
			return err
		}
		ended := p.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED || p.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED
		if !ended || len(p.GetAwaited()) > 0 {
			return fmt.Errorf("it is %s and awaits %v", p.GetState(), p.GetAwaited())
		}
		return s.atRest(t, id)
	})
	o, err := s.order(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// atRest returns nil once payment owes nothing for an order.
func (s *shop) atRest(t *testing.T, id string) error {
	t.Helper()
	r, err := s.payments.GetPayment(t.Context(), &paymentv1.GetPaymentRequest{OrderId: id})
	if status.Code(err) == codes.NotFound {
		return nil // cancelled before payment heard of it
	}
	if err != nil {
		return err
	}
	rest := []paymentv1.PaymentState{
		paymentv1.PaymentState_PAYMENT_STATE_CAPTURED, paymentv1.PaymentState_PAYMENT_STATE_DECLINED,
		paymentv1.PaymentState_PAYMENT_STATE_VOIDED, paymentv1.PaymentState_PAYMENT_STATE_REFUNDED,
		paymentv1.PaymentState_PAYMENT_STATE_CLOSED,
	}
	if !slices.Contains(rest, r.GetPayment().GetState()) {
		return fmt.Errorf("its payment is %s", r.GetPayment().GetState())
	}
	return nil
}

// checkMoney compares an order with the provider's ledger.
func (s *shop) checkMoney(t *testing.T, o *orderv1.Order) {
	t.Helper()
	var ledger provider.Ledger
	s.look(t, "/provider/ledger?reference="+o.GetOrderId(), &ledger)
	total := o.GetDetails().GetTotal().GetUnits() * 100
	got := ledger.Totals["EUR"]
	if got.Sum != 0 {
		t.Errorf("order %s: the provider's books are off by %d", o.GetOrderId(), got.Sum)
	}
	kept := got.Captured - got.Refunded
	open := got.Authorized - got.Voided - got.Captured
	want := int64(0)
	if o.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED {
		want = total
	}
	if kept != want || open != 0 {
		t.Errorf("order %s is %s: provider keeps %d cents and holds %d; want %d and 0 (%+v)", o.GetOrderId(), o.GetState(), kept, open, want, got)
	}
	for _, kind := range []provider.Kind{"authorization", "capture", "void"} {
		if n := count(ledger.Entries, kind); n > 1 {
			t.Errorf("order %s: %d times %s", o.GetOrderId(), n, kind)
		}
	}
}

func count(entries []provider.Entry, kind provider.Kind) (n int) {
	for _, e := range entries {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// checkLabel compares an order with the carriers' books: one parcel on its way
// for a delivered order, no live label for a cancelled one.
func (s *shop) checkLabel(t *testing.T, o *orderv1.Order) {
	t.Helper()
	var live, handed int
	for _, name := range []string{"swift", "steady"} {
		var ledger carrier.Ledger
		s.look(t, "/carriers/"+name+"/ledger?reference="+o.GetOrderId(), &ledger)
		for _, e := range ledger.Entries {
			switch e.Kind {
			case carrier.Book:
				live++
			case carrier.Cancel:
				live--
			case carrier.Handover:
				handed++
			case carrier.Refuse:
			}
		}
	}
	want := 0
	if o.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED {
		want = 1
	}
	if live != want || handed != want {
		t.Errorf("order %s is %s: %d live labels, %d parcels handed over; want %d of each", o.GetOrderId(), o.GetState(), live, handed, want)
	}
}

// checkMails waits for one mail for each fact that the order said, and sees that
// each came once.
func (s *shop) checkMails(t *testing.T, o *orderv1.Order) {
	t.Helper()
	facts := s.facts(t, o.GetOrderId())
	eventually(t, fmt.Sprintf("%d mails for order %s", len(facts), o.GetOrderId()), func() error {
		var box struct{ Messages []mailbox.Message }
		s.look(t, "/mailbox/messages?order="+o.GetOrderId(), &box)
		mailed := 0
		for _, m := range box.Messages {
			if m.Copies != 1 && !s.mayRepeat || m.Differing != 0 {
				t.Fatalf("order %s: mail %q came %d times, %d of them different", o.GetOrderId(), m.Subject, m.Copies, m.Differing)
			}
			if !strings.Contains(strings.ToLower(m.Subject), "refund") {
				mailed++
			}
		}
		if mailed != len(facts) {
			return fmt.Errorf("%d mails for %v", mailed, facts)
		}
		return nil
	})
}

// facts returns what an order has said, in order.
func (s *shop) facts(t *testing.T, id string) []string {
	t.Helper()
	r, err := s.orders.ListOrderEvents(t.Context(), &orderv1.ListOrderEventsRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	var facts []string
	for i, e := range r.GetEvents() {
		if e.GetVersion() != int64(i+1) {
			t.Errorf("order %s: version %d stands at place %d", id, e.GetVersion(), i+1)
		}
		if e.GetPublished() {
			facts = append(facts, strings.TrimPrefix(e.GetType(), "order.v1."))
		}
	}
	return facts
}

// fieldOf returns the first field that a refusal names.
func fieldOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) > 0 {
			return bad.GetFieldViolations()[0].GetField()
		}
	}
	return ""
}

// errNotYet says that something is still under way.
var errNotYet = errors.New("not yet")
