package paymentd

import (
	"fmt"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/money"
	"orpheus.example/kit/wire"
	"orpheus.example/payment"
)

// says are the facts that payment publishes.
var says = wire.KindsOf(
	&paymentv1.PaymentAuthorized{}, &paymentv1.PaymentDeclined{}, &paymentv1.PaymentCaptured{},
	&paymentv1.PaymentCaptureFailed{}, &paymentv1.PaymentVoided{}, &paymentv1.PaymentRefunded{},
)

// keeps are all kinds in payment's log: the facts, and its own records.
var keeps = says.And(
	&paymentv1.PaymentOpened{}, &paymentv1.CaptureIntended{}, &paymentv1.VoidIntended{}, &paymentv1.CancellationNoted{},
	&paymentv1.RefundIntended{}, &paymentv1.RefundFailed{}, &paymentv1.PaymentClosed{},
)

// codec keeps a payment's events as protobuf. The id of a payment is that of its
// order: there is one for each.
var codec = wire.Codec[payment.Event]{Kinds: keeps, To: toWire, From: fromWire}

func toWire(e payment.Event) (proto.Message, error) {
	switch e := e.(type) {
	case payment.WasAuthorized:
		amount, err := toMoney(e.Amount)
		return &paymentv1.PaymentAuthorized{
			OrderId: e.Order, PaymentId: e.Order, TransactionId: e.Transaction, Amount: amount,
			Lines: linesToWire(e.Lines), ProviderReference: e.Authorization,
		}, err
	case payment.WasDeclined:
		return &paymentv1.PaymentDeclined{OrderId: e.Order, PaymentId: e.Order, Code: e.Code, Message: e.Message}, nil
	case payment.WasCaptured:
		amount, err := toMoney(e.Amount)
		return &paymentv1.PaymentCaptured{OrderId: e.Order, PaymentId: e.Order, Amount: amount, ProviderReference: e.Reference}, err
	case payment.WasNotCaptured:
		amount, err := toMoney(e.Amount)
		return &paymentv1.PaymentCaptureFailed{OrderId: e.Order, PaymentId: e.Order, Amount: amount, Code: e.Code, Message: e.Message}, err
	case payment.WasVoided:
		amount, err := toMoney(e.Amount)
		return &paymentv1.PaymentVoided{OrderId: e.Order, PaymentId: e.Order, Amount: amount, ProviderReference: e.Reference}, err
	case payment.WasOpened:
		total, err := toMoney(e.Total)
		return &paymentv1.PaymentOpened{
			OrderId: e.Order, PaymentId: e.Order, Amount: total, PaymentToken: e.Token,
			Lines: linesToWire(e.Lines), TransactionId: e.Transaction,
		}, err
	case payment.CaptureIntended:
		amount, err := toMoney(e.Amount)
		return &paymentv1.CaptureIntended{OrderId: e.Order, PaymentId: e.Order, Amount: amount}, err
	case payment.VoidIntended:
		return &paymentv1.VoidIntended{OrderId: e.Order, PaymentId: e.Order}, nil
	case payment.CancellationNoted:
		return &paymentv1.CancellationNoted{OrderId: e.Order, PaymentId: e.Order}, nil
	case payment.WasClosed:
		return &paymentv1.PaymentClosed{OrderId: e.Order}, nil // none was opened, so it has no id
	case payment.WasRefunded:
		return refundedToWire(e)
	case payment.RefundIntended:
		amount, err := toMoney(e.Amount)
		return &paymentv1.RefundIntended{
			OrderId: e.Order, PaymentId: e.Order, RefundId: e.ID, Amount: amount, RequestId: e.Request,
			Reason: e.Reason, Actor: e.Actor, AllThatIsLeft: e.All,
		}, err
	case payment.RefundFailed:
		return &paymentv1.RefundFailed{OrderId: e.Order, PaymentId: e.Order, RefundId: e.ID, Code: e.Code, Message: e.Message}, nil
	}
	panic(fmt.Sprintf("paymentd: event of unknown kind %T", e))
}

func refundedToWire(e payment.WasRefunded) (proto.Message, error) {
	amount, err := toMoney(e.Amount)
	if err != nil {
		return nil, err
	}
	total, err := toMoney(e.Total)
	return &paymentv1.PaymentRefunded{
		OrderId: e.Order, PaymentId: e.Order, RefundId: e.ID, Amount: amount, RefundedTotal: total, ProviderReference: e.Reference,
	}, err
}

func fromWire(m proto.Message) (payment.Event, error) {
	switch m := m.(type) {
	case *paymentv1.PaymentAuthorized:
		amount, err := fromMoney(m.GetAmount())
		return payment.WasAuthorized{
			Order: m.GetOrderId(), Transaction: m.GetTransactionId(), Amount: amount,
			Lines: linesFromWire(m.GetLines()), Authorization: m.GetProviderReference(),
		}, err
	case *paymentv1.PaymentDeclined:
		return payment.WasDeclined{Order: m.GetOrderId(), Code: m.GetCode(), Message: m.GetMessage()}, nil
	case *paymentv1.PaymentCaptured:
		amount, err := fromMoney(m.GetAmount())
		return payment.WasCaptured{Order: m.GetOrderId(), Amount: amount, Reference: m.GetProviderReference()}, err
	case *paymentv1.PaymentCaptureFailed:
		amount, err := fromMoney(m.GetAmount())
		return payment.WasNotCaptured{Order: m.GetOrderId(), Amount: amount, Code: m.GetCode(), Message: m.GetMessage()}, err
	case *paymentv1.PaymentVoided:
		amount, err := fromMoney(m.GetAmount())
		return payment.WasVoided{Order: m.GetOrderId(), Amount: amount, Reference: m.GetProviderReference()}, err
	}
	return recordFromWire(m)
}

func recordFromWire(m proto.Message) (payment.Event, error) {
	switch m := m.(type) {
	case *paymentv1.PaymentOpened:
		total, err := fromMoney(m.GetAmount())
		return payment.WasOpened{
			Order: m.GetOrderId(), Transaction: m.GetTransactionId(), Token: m.GetPaymentToken(),
			Total: total, Lines: linesFromWire(m.GetLines()),
		}, err
	case *paymentv1.CaptureIntended:
		amount, err := fromMoney(m.GetAmount())
		return payment.CaptureIntended{Order: m.GetOrderId(), Amount: amount}, err
	case *paymentv1.VoidIntended:
		return payment.VoidIntended{Order: m.GetOrderId()}, nil
	case *paymentv1.CancellationNoted:
		return payment.CancellationNoted{Order: m.GetOrderId()}, nil
	case *paymentv1.PaymentClosed:
		return payment.WasClosed{Order: m.GetOrderId()}, nil
	}
	return refundFromWire(m)
}

func refundFromWire(m proto.Message) (payment.Event, error) {
	switch m := m.(type) {
	case *paymentv1.PaymentRefunded:
		amount, err := fromMoney(m.GetAmount())
		if err != nil {
			return nil, err
		}
		total, err := fromMoney(m.GetRefundedTotal())
		return payment.WasRefunded{
			Order: m.GetOrderId(), ID: m.GetRefundId(), Amount: amount, Total: total, Reference: m.GetProviderReference(),
		}, err
	case *paymentv1.RefundIntended:
		amount, err := fromMoney(m.GetAmount())
		return payment.RefundIntended{
			Order: m.GetOrderId(), ID: m.GetRefundId(), Request: m.GetRequestId(), Amount: amount, All: m.GetAllThatIsLeft(),
			Reason: m.GetReason(), Actor: m.GetActor(),
		}, err
	case *paymentv1.RefundFailed:
		return payment.RefundFailed{Order: m.GetOrderId(), ID: m.GetRefundId(), Code: m.GetCode(), Message: m.GetMessage()}, nil
	}
	return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
}

func linesToWire(lines []payment.Line) []*paymentv1.PaymentLine {
	var wired []*paymentv1.PaymentLine
	for _, l := range lines {
		wired = append(wired, &paymentv1.PaymentLine{Sku: l.SKU, Quantity: l.Quantity})
	}
	return wired
}

func linesFromWire(wired []*paymentv1.PaymentLine) []payment.Line {
	var lines []payment.Line
	for _, l := range wired {
		lines = append(lines, payment.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return lines
}

func toMoney(m payment.Money) (*moneypb.Money, error) { return money.Proto(m.Amount, m.Currency) }

func fromMoney(m *moneypb.Money) (payment.Money, error) {
	amount, currency, err := money.Minor(m)
	return payment.Money{Amount: amount, Currency: currency}, err
}

// The phases of the domain are numbered as on the wire, but each is named here,
// so that neither can change unseen.
var phases = map[payment.Phase]paymentv1.PaymentState{
	payment.None:          paymentv1.PaymentState_PAYMENT_STATE_UNSPECIFIED,
	payment.Authorizing:   paymentv1.PaymentState_PAYMENT_STATE_AUTHORIZING,
	payment.Authorized:    paymentv1.PaymentState_PAYMENT_STATE_AUTHORIZED,
	payment.Declined:      paymentv1.PaymentState_PAYMENT_STATE_DECLINED,
	payment.Capturing:     paymentv1.PaymentState_PAYMENT_STATE_CAPTURING,
	payment.Captured:      paymentv1.PaymentState_PAYMENT_STATE_CAPTURED,
	payment.CaptureFailed: paymentv1.PaymentState_PAYMENT_STATE_CAPTURE_FAILED,
	payment.Voiding:       paymentv1.PaymentState_PAYMENT_STATE_VOIDING,
	payment.Voided:        paymentv1.PaymentState_PAYMENT_STATE_VOIDED,
	payment.Refunding:     paymentv1.PaymentState_PAYMENT_STATE_REFUNDING,
	payment.Refunded:      paymentv1.PaymentState_PAYMENT_STATE_REFUNDED,
	payment.Closed:        paymentv1.PaymentState_PAYMENT_STATE_CLOSED,
}

// phaseOf returns the phase that is numbered so.
func phaseOf(state paymentv1.PaymentState) payment.Phase {
	for phase, number := range phases {
		if number == state {
			return phase
		}
	}
	return payment.None // a state of a later release, which leads to none of ours
}

var refundStates = map[payment.RefundState]paymentv1.RefundState{
	payment.Pending: paymentv1.RefundState_REFUND_STATE_PENDING,
	payment.Done:    paymentv1.RefundState_REFUND_STATE_DONE,
	payment.Failed:  paymentv1.RefundState_REFUND_STATE_FAILED,
}
