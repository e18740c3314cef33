package paymentd

import (
	"context"
	"errors"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
	"orpheus.example/payment"
)

// table says what callers are told of the errors that a payment knows.
var table = append(rpc.Table{
	{Err: payment.ErrUnknown, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "PAYMENT_NOT_FOUND"}},
	{Err: payment.ErrReused, Refusal: reused},
	{Err: eventlog.ErrReused, Refusal: reused},
	{Err: payment.ErrNotCaptured, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "NOT_CAPTURED"}, Refine: atState},
	{Err: payment.ErrNothingLeft, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "NOTHING_LEFT"}, Refine: atState},
	{Err: payment.ErrTooMuch, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "REFUND_TOO_LARGE"}, Refine: atState},
	{Err: payment.ErrOtherCurrency, Refusal: rpc.BadField("amount.currency_code", payment.ErrOtherCurrency.Error())},
	{Err: payment.ErrBadAmount, Refusal: rpc.BadField("amount", payment.ErrBadAmount.Error())},
	{Err: money.ErrCurrency, Refusal: rpc.BadField("amount.currency_code", money.ErrCurrency.Error())},
	{Err: money.ErrMalformed, Refusal: rpc.BadField("amount", money.ErrMalformed.Error())},
	{Err: money.ErrTooFine, Refusal: rpc.BadField("amount.nanos", money.ErrTooFine.Error())},
	{Err: money.ErrTooLarge, Refusal: rpc.BadField("amount.units", money.ErrTooLarge.Error())},
}, rpc.StoreRows()...)

var reused = rpc.Refusal{
	Code: codes.InvalidArgument, Reason: "REQUEST_ID_REUSED",
	Fields: []rpc.Field{{Path: "request_id", Description: "was used for another request; make a new one"}},
}

// atState says where the payment stands that an error is about.
func atState(err error, r *rpc.Refusal) {
	if at, ok := errors.AsType[payment.StateError](err); ok {
		r.Metadata = map[string]string{"state": phases[at.Phase].String(), "left": strconv.FormatInt(at.Left, 10)}
		r.Fields = []rpc.Field{{Path: "order_id", Description: "its payment is " + at.Phase.String()}}
	}
}

// methods answers gRPC. A request becomes a command, an error becomes a status;
// nothing is decided here.
type methods struct {
	paymentv1.UnimplementedPaymentServiceServer
	host  *host
	store eventlog.Store
}

// GetPayment shows the payment of one order.
func (m *methods) GetPayment(ctx context.Context, r *paymentv1.GetPaymentRequest) (*paymentv1.GetPaymentResponse, error) {
	shown, err := m.shown(ctx, r.GetOrderId())
	return &paymentv1.GetPaymentResponse{Payment: shown}, err
}

// ListPayments lists payments, newest first. Each is shown as the log has it: one
// that has left the state that is asked for since the view was written is left
// out.
func (m *methods) ListPayments(ctx context.Context, r *paymentv1.ListPaymentsRequest) (*paymentv1.ListPaymentsResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), r.GetState().String())
	if err != nil {
		return nil, err
	}
	f, err := filterOf(page, r)
	if err != nil {
		return nil, err
	}
	rows, err := list(ctx, m.store.DB(), f, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &paymentv1.ListPaymentsResponse{}
	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
	for _, row := range rows {
		shown, err := m.shown(ctx, row.order)
		if err != nil {
			return nil, err
		}
		if f.state == 0 || shown.GetState() == f.state {
			response.Payments = append(response.Payments, shown)
		}
	}
	return response, nil
}

// shown returns an order's payment as callers see it.
func (m *methods) shown(ctx context.Context, order string) (*paymentv1.Payment, error) {
	p, err := m.past(ctx, order)
	if err != nil {
		return nil, err
	}
	return p.payment()
}

// refunds is the namespace of refund ids, which follow from order and request.
var refunds = uuid.NewSHA1(uuid.NameSpaceURL, []byte("orpheus.example/refund"))

// RefundPayment asks for money to be given back. The provider is asked later, by
// whichever replica comes to it first.
func (m *methods) RefundPayment(ctx context.Context, r *paymentv1.RefundPaymentRequest) (*paymentv1.RefundPaymentResponse, error) {
	c, err := giveBack(r)
	if err != nil {
		return nil, err
	}
	cause := decider.Cause{
		ID:    uuid.MustParse(r.GetRequestId()), // validated by the rules of the contract
		Mark:  rpc.Once("RefundPayment", r.GetRequestId(), r),
		Actor: c.Actor,
	}
	if _, err := m.host.Ask(ctx, cause, payment.Stream(r.GetOrderId()), c); err != nil {
		return nil, err
	}
	shown, err := m.shown(ctx, r.GetOrderId())
	return &paymentv1.RefundPaymentResponse{Payment: shown}, err
}

func giveBack(r *paymentv1.RefundPaymentRequest) (payment.GiveBack, error) {
	c := payment.GiveBack{
		ID:      uuid.NewSHA1(refunds, []byte(r.GetOrderId()+"/"+r.GetRequestId())).String(),
		Request: r.GetRequestId(), Reason: r.GetReason(), Actor: "staff",
	}
	if r.GetAmount() == nil {
		return c, nil
	}
	var err error
	c.Amount, err = fromMoney(r.GetAmount())
	return c, err
}
