package paymentd_test

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/rpc"
	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/provider"
)

const (
	authorizing   = paymentv1.PaymentState_PAYMENT_STATE_AUTHORIZING
	authorized    = paymentv1.PaymentState_PAYMENT_STATE_AUTHORIZED
	declined      = paymentv1.PaymentState_PAYMENT_STATE_DECLINED
	capturing     = paymentv1.PaymentState_PAYMENT_STATE_CAPTURING
	captured      = paymentv1.PaymentState_PAYMENT_STATE_CAPTURED
	captureFailed = paymentv1.PaymentState_PAYMENT_STATE_CAPTURE_FAILED
	voided        = paymentv1.PaymentState_PAYMENT_STATE_VOIDED
	refunding     = paymentv1.PaymentState_PAYMENT_STATE_REFUNDING
	refunded      = paymentv1.PaymentState_PAYMENT_STATE_REFUNDED
	closed        = paymentv1.PaymentState_PAYMENT_STATE_CLOSED
)

// paid returns the id of an order whose money is taken.
func (s *stage) paid(t *testing.T, token string) string {
	t.Helper()
	id := s.place(t, token)
	s.do(t)
	s.hear(t, &shippingv1.ShipmentBooked{OrderId: id})
	s.do(t)
	return id
}

func TestMoneyIsHeldThenTaken(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.place(t, "tok_ok")
	s.checkState(t, id, authorizing)
	s.do(t)
	s.checkState(t, id, authorized)
	s.checkLedger(t, id, 4200, 0, 0, 0)
	s.hear(t, &shippingv1.ShipmentBooked{OrderId: id})
	s.checkState(t, id, capturing)
	s.do(t)
	got := s.mustGet(t, id)
	if got.GetState() != captured || !proto.Equal(got.GetCaptured(), eur(42)) || got.GetVersion() != 4 || got.GetPaymentId() != id {
		t.Errorf("payment = %v; want captured 42 EUR at version 4", got)
	}
	s.checkLedger(t, id, 4200, 4200, 0, 0)
}

func TestDeclinedMoneyIsNotHeld(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	for token, code := range map[string]string{"tok_declined": "card_declined", "tok_insufficient_funds": "insufficient_funds", "bogus": "card_declined"} {
		id := s.place(t, token)
		s.do(t)
		if got := s.mustGet(t, id); got.GetState() != declined || got.GetFailureCode() != code {
			t.Errorf("payment with %s = %v; want declined for %s", token, got, code)
		}
		s.checkLedger(t, id, 0, 0, 0, 0)
	}
}

// The provider acts and its answer is lost, at every call; it then fails twice,
// at every call. Each call is made again, and does its work once.
func TestAnUnclearAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"tok_timeout_after", "tok_flaky"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			s := open(t, 1)
			id := s.place(t, token)
			s.do(t)
			s.checkState(t, id, authorizing)
			s.again(t)
			s.checkState(t, id, authorized)
			s.hear(t, &shippingv1.ShipmentBooked{OrderId: id})
			s.again(t)
			s.checkState(t, id, captured)
			s.hear(t, &orderv1.OrderCancelled{OrderId: id})
			s.again(t)
			s.checkState(t, id, refunded)
			s.checkLedger(t, id, 4200, 4200, 0, 4200)
		})
	}
}

// again makes the calls that are owed, as often as the worst token needs.
func (s *stage) again(t *testing.T) {
	t.Helper()
	for range 3 {
		s.do(t)
	}
}

func TestUncapturedMoneyIsLetGo(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.paid(t, "tok_capture_fails")
	if got := s.mustGet(t, id); got.GetState() != captureFailed || got.GetFailureCode() != "capture_failed" {
		t.Errorf("payment = %v; want capture failed", got)
	}
	s.hear(t, &orderv1.OrderCancelled{OrderId: id})
	s.do(t)
	s.checkState(t, id, voided)
	s.checkLedger(t, id, 4200, 0, 4200, 0)
}

func TestACancelledOrderHoldsNothing(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	cancel := func(id string) { s.hear(t, &orderv1.OrderCancelled{OrderId: id}) }

	early := uuid.NewString()
	cancel(early)
	s.hear(t, &orderv1.OrderPlaced{OrderId: early, PaymentToken: "tok_ok", Order: &orderv1.OrderDetails{Total: eur(42)}})
	unknown := s.place(t, "tok_ok")
	cancel(unknown)
	held := s.place(t, "tok_ok")
	s.do(t)
	cancel(held)
	short := s.place(t, "tok_ok")
	s.do(t)
	s.hear(t, &inventoryv1.StockUnavailable{OrderId: short})
	taking := s.place(t, "tok_ok")
	s.do(t)
	s.hear(t, &shippingv1.ShipmentBooked{OrderId: taking})
	cancel(taking)
	s.again(t)

	s.checkState(t, early, closed)
	s.checkLedger(t, early, 0, 0, 0, 0)
	for _, id := range []string{unknown, held, short} {
		s.checkState(t, id, voided)
		s.checkLedger(t, id, 4200, 0, 4200, 0)
	}
	s.checkState(t, taking, refunded)
	s.checkLedger(t, taking, 4200, 4200, 0, 4200)
}

// While the provider is down payments wait, and when it is back they go on.
func TestTheProviderIsDown(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	mode := func(kind faults.Kind) {
		if err := s.world.Faults.Set(map[string]faults.Mode{provider.Switch: {Kind: kind}}); err != nil {
			t.Fatal(err)
		}
	}
	mode(faults.Down)
	id := s.place(t, "tok_ok")
	s.again(t) // less often than opens the breaker
	s.checkState(t, id, authorizing)
	mode(faults.OK)
	s.do(t)
	s.checkState(t, id, authorized)
	s.checkLedger(t, id, 4200, 0, 0, 0)
}

// Two replicas share the calls; none is made twice, whoever makes it.
func TestReplicasShareTheCalls(t *testing.T) {
	t.Parallel()
	s := open(t, 2)
	var ids []string
	for i := range 20 {
		token := "tok_ok"
		if i%5 == 0 { // not so many that the breaker opens
			token = "tok_timeout_after"
		}
		ids = append(ids, s.place(t, token))
	}
	s.again(t)
	for _, id := range ids {
		s.checkState(t, id, authorized)
		s.checkLedger(t, id, 4200, 0, 0, 0)
	}
}

func TestRefundPayment(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.paid(t, "tok_ok")
	part := &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: uuid.NewString(), Amount: eur(12), Reason: "chipped"}
	for range 2 { // asked twice is asked once
		got, err := s.RefundPayment(t.Context(), part)
		if err != nil || got.GetPayment().GetState() != refunding || len(got.GetPayment().GetRefunds()) != 1 {
			t.Fatalf("RefundPayment = %v, %v; want one refund under way", got, err)
		}
	}
	s.do(t)
	got := s.mustGet(t, id)
	if r := got.GetRefunds()[0]; got.GetState() != captured || r.GetState() != paymentv1.RefundState_REFUND_STATE_DONE || r.GetActor() != "staff" ||
		!proto.Equal(got.GetRefunded(), eur(12)) || !r.GetCreateTime().IsValid() {
		t.Errorf("payment = %v; want 12 EUR given back by staff", got)
	}
	rest := &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: uuid.NewString(), Reason: "all of it"}
	if _, err := s.RefundPayment(t.Context(), rest); err != nil {
		t.Fatal(err)
	}
	s.do(t)
	s.checkState(t, id, refunded)
	s.checkLedger(t, id, 4200, 4200, 0, 4200)
}

func TestRefundPaymentRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id, other, held := s.paid(t, "tok_ok"), s.paid(t, "tok_ok"), s.place(t, "tok_ok")
	used := uuid.NewString()
	if _, err := s.RefundPayment(t.Context(), &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: used, Amount: eur(40), Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	money := func(code string, units int64, nanos int32) *moneypb.Money {
		return &moneypb.Money{CurrencyCode: code, Units: units, Nanos: nanos}
	}
	cases := []struct {
		name          string
		request       *paymentv1.RefundPaymentRequest
		code          codes.Code
		reason, field string
	}{
		{"more_than_left", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: eur(3), Reason: "x"}, codes.FailedPrecondition, "REFUND_TOO_LARGE", "order_id"},
		{"before_capture", &paymentv1.RefundPaymentRequest{OrderId: held, Reason: "x"}, codes.FailedPrecondition, "NOT_CAPTURED", "order_id"},
		{"unknown_order", &paymentv1.RefundPaymentRequest{OrderId: uuid.NewString(), Reason: "x"}, codes.NotFound, "PAYMENT_NOT_FOUND", ""},
		{"same_request_other_amount", &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: used, Amount: eur(1), Reason: "x"}, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id"},
		{"same_request_other_order", &paymentv1.RefundPaymentRequest{OrderId: other, RequestId: used, Amount: eur(40), Reason: "x"}, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id"},
		{"other_currency", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: money("USD", 1, 0), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount.currency_code"},
		{"no_currency", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: money("ZZQ", 1, 0), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount.currency_code"},
		{"half_a_cent", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: money("EUR", 1, 5_000_000), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount.nanos"},
		{"nothing", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: eur(0), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount"},
		{"less_than_nothing", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: eur(-1), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount"},
		{"far_too_much", &paymentv1.RefundPaymentRequest{OrderId: id, Amount: eur(1 << 62), Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "amount"},
		{"no_reason", &paymentv1.RefundPaymentRequest{OrderId: id}, codes.InvalidArgument, rpc.ReasonInvalid, "reason"},
		{"line_break_in_reason", &paymentv1.RefundPaymentRequest{OrderId: id, Reason: "x\r\ny"}, codes.InvalidArgument, rpc.ReasonInvalid, "reason"},
		{"no_uuid", &paymentv1.RefundPaymentRequest{OrderId: "../etc", Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "order_id"},
		{"request_id_in_capitals", &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: "2B0B5E9E-6F0E-5E0A-9D0C-0D3F6A5B7C11", Reason: "x"}, codes.InvalidArgument, rpc.ReasonInvalid, "request_id"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.request.GetRequestId() == "" {
				c.request.RequestId = uuid.NewString()
			}
			_, err := s.RefundPayment(t.Context(), c.request)
			checkRefused(t, err, c.code, c.reason, c.field)
		})
	}
}

// A refusal for where the payment stands says where that is.
func TestRefundPaymentSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.paid(t, "tok_ok")
	_, err := s.RefundPayment(t.Context(), &paymentv1.RefundPaymentRequest{OrderId: id, RequestId: uuid.NewString(), Amount: eur(43), Reason: "x"})
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			if m := info.GetMetadata(); m["state"] != captured.String() || m["left"] != "4200" {
				t.Errorf("refused with %v; want the state and what is left", m)
			}
		}
	}
}

func TestGetPaymentRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	_, err := s.GetPayment(t.Context(), &paymentv1.GetPaymentRequest{OrderId: uuid.NewString()})
	checkRefused(t, err, codes.NotFound, "PAYMENT_NOT_FOUND", "")
	_, err = s.GetPayment(t.Context(), &paymentv1.GetPaymentRequest{OrderId: "1; drop table events"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "order_id")
}

func TestListPayments(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	paid := s.paid(t, "tok_ok")
	if _, err := s.RefundPayment(t.Context(), &paymentv1.RefundPaymentRequest{OrderId: paid, RequestId: uuid.NewString(), Amount: eur(2), Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	ids := []string{paid}
	for range 4 {
		ids = append(ids, s.place(t, "tok_ok"))
	}
	s.show(t)
	var listed []*paymentv1.Payment
	r := &paymentv1.ListPaymentsRequest{PageSize: 2}
	for {
		page, err := s.ListPayments(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, page.GetPayments()...)
		if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
			break
		}
	}
	if len(listed) != len(ids) {
		t.Fatalf("listed %d payments; want %d", len(listed), len(ids))
	}
	seen := map[string]bool{}
	for _, p := range listed { // the view shows what the log holds
		seen[p.GetOrderId()] = true
		if want := s.mustGet(t, p.GetOrderId()); !proto.Equal(p, want) {
			t.Errorf("listed %v; want %v", p, want)
		}
	}
	if last := listed[len(listed)-1].GetOrderId(); len(seen) != len(ids) || last != paid {
		t.Errorf("listed %d different payments, the last %s; want %d, the oldest last", len(seen), last, len(ids))
	}
}

func TestListPaymentsByState(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	paid := s.paid(t, "tok_ok")
	s.place(t, "tok_ok")
	s.show(t)
	got, err := s.ListPayments(t.Context(), &paymentv1.ListPaymentsRequest{State: captured})
	if err != nil || len(got.GetPayments()) != 1 || got.GetPayments()[0].GetOrderId() != paid {
		t.Errorf("ListPayments(captured) = %v, %v; want %s alone", got, err, paid)
	}
	_, err = s.ListPayments(t.Context(), &paymentv1.ListPaymentsRequest{PageToken: "forged"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_token")
	_, err = s.ListPayments(t.Context(), &paymentv1.ListPaymentsRequest{PageSize: -1})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_size")
	_, err = s.ListPayments(t.Context(), &paymentv1.ListPaymentsRequest{State: 99})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "state")
}

// checkRefused checks a refusal's code, its reason, and, if named, the field that
// it is about.
func checkRefused(t *testing.T, err error, code codes.Code, reason, field string) {
	t.Helper()
	s := status.Convert(err)
	var info *errdetails.ErrorInfo
	fields := map[string]bool{}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields[v.GetField()] = true
			}
		case *errdetails.PreconditionFailure:
			for _, v := range d.GetViolations() {
				fields[v.GetSubject()] = true
			}
		}
	}
	if s.Code() != code || info.GetReason() != reason || field != "" && !fields[field] {
		t.Errorf("refused with %v, reason %q, fields %v; want %v, %s, %q", err, info.GetReason(), fields, code, reason, field)
	}
}
