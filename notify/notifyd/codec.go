package notifyd

import (
	"fmt"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/money"
	"orpheus.example/kit/wire"
	"orpheus.example/notify"
)

// keeps are all kinds in notify's log. None of them is published: nobody waits
// for a mail.
var keeps = wire.KindsOf(&notifyv1.MailOwed{}, &notifyv1.WaitEnded{}, &notifyv1.MailSent{}, &notifyv1.MailRefused{})

// codec keeps the events of mails.
var codec = wire.Codec[notify.Event]{Kinds: keeps, To: toWire, From: fromWire}

func toWire(e notify.Event) (proto.Message, error) {
	switch e := e.(type) {
	case notify.WasOwed:
		return owedToWire(e)
	case notify.WaitEnded:
		return &notifyv1.WaitEnded{OrderId: e.Order, Sequence: e.Number}, nil
	case notify.WasSent:
		return &notifyv1.MailSent{MessageId: e.ID, Fact: facts[e.News]}, nil
	case notify.WasRefused:
		return &notifyv1.MailRefused{OrderId: e.Order, MessageId: e.ID, Code: e.Code, Message: e.Message}, nil
	}
	panic(fmt.Sprintf("notifyd: event of unknown kind %T", e))
}

func owedToWire(e notify.WasOwed) (proto.Message, error) {
	total, err := toMoney(e.Mail.Total)
	if err != nil {
		return nil, err
	}
	refund, err := toMoney(e.Mail.Refund)
	if err != nil {
		return nil, err
	}
	lines, err := linesToWire(e.Mail.Lines)
	return &notifyv1.MailOwed{
		OrderId: e.Mail.Order, MessageId: e.Mail.ID, Fact: facts[e.Mail.News],
		Sequence: e.Mail.Number, Email: e.Mail.Email, Name: e.Mail.Name, Lines: lines, Total: total,
		Reason: reasonToWire(e.Mail.Reason), Carrier: e.Mail.Carrier, TrackingNumber: e.Mail.Tracking, Refund: refund,
		WaitUntil: toInstant(e.WaitUntil), FactTime: toInstant(e.Mail.At),
	}, err
}

func fromWire(m proto.Message) (notify.Event, error) {
	switch m := m.(type) {
	case *notifyv1.MailOwed:
		return owedFromWire(m)
	case *notifyv1.WaitEnded:
		return notify.WaitEnded{Order: m.GetOrderId(), Number: m.GetSequence()}, nil
	case *notifyv1.MailSent:
		news, err := newsOf(m.GetFact())
		return notify.WasSent{ID: m.GetMessageId(), News: news}, err
	case *notifyv1.MailRefused:
		return notify.WasRefused{Order: m.GetOrderId(), ID: m.GetMessageId(), Code: m.GetCode(), Message: m.GetMessage()}, nil
	}
	return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
}

func owedFromWire(m *notifyv1.MailOwed) (notify.Event, error) {
	news, err := newsOf(m.GetFact())
	if err != nil {
		return nil, err
	}
	total, err := fromMoney(m.GetTotal())
	if err != nil {
		return nil, err
	}
	refund, err := fromMoney(m.GetRefund())
	if err != nil {
		return nil, err
	}
	lines, err := linesFromWire(m.GetLines())
	return notify.WasOwed{
		Mail: notify.Mail{
			ID: m.GetMessageId(), Order: m.GetOrderId(), News: news, Number: m.GetSequence(), At: instant(m.GetFactTime()),
			Email: m.GetEmail(), Name: m.GetName(), Lines: lines, Total: total, Reason: reasonOf(m.GetReason()),
			Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber(), Refund: refund,
		},
		WaitUntil: instant(m.GetWaitUntil()),
	}, err
}

func linesToWire(lines []notify.Line) ([]*notifyv1.MailLine, error) {
	var wired []*notifyv1.MailLine
	for _, l := range lines {
		each, err := toMoney(l.UnitPrice)
		if err != nil {
			return nil, err
		}
		wired = append(wired, &notifyv1.MailLine{Sku: l.SKU, Name: l.Name, Quantity: l.Quantity, UnitPrice: each})
	}
	return wired, nil
}

// linesFromWire also reads the lines of orders, which have the same fields.
func linesFromWire[L interface {
	GetSku() string
	GetName() string
	GetQuantity() int64
	GetUnitPrice() *moneypb.Money
}](wired []L) ([]notify.Line, error) {
	var lines []notify.Line
	for _, l := range wired {
		each, err := fromMoney(l.GetUnitPrice())
		if err != nil {
			return nil, err
		}
		lines = append(lines, notify.Line{SKU: l.GetSku(), Name: l.GetName(), Quantity: l.GetQuantity(), UnitPrice: each})
	}
	return lines, nil
}

// toMoney leaves out an amount that a mail does not have.
func toMoney(m notify.Money) (*moneypb.Money, error) {
	if m == (notify.Money{}) {
		return nil, nil //nolint:nilnil // no amount is no message
	}
	return money.Proto(m.Amount, m.Currency)
}

func fromMoney(m *moneypb.Money) (notify.Money, error) {
	if m == nil {
		return notify.Money{}, nil
	}
	amount, currency, err := money.Minor(m)
	return notify.Money{Amount: amount, Currency: currency}, err
}

func toInstant(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// instant returns the time in t, and the zero time if there is none.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// facts are the full names of the facts that news is about.
var facts = map[notify.News]string{
	notify.Placed:                wire.Kind(&orderv1.OrderPlaced{}),
	notify.Confirmed:             wire.Kind(&orderv1.OrderConfirmed{}),
	notify.CancellationRequested: wire.Kind(&orderv1.OrderCancellationRequested{}),
	notify.CancellationRefused:   wire.Kind(&orderv1.OrderCancellationRefused{}),
	notify.Cancelled:             wire.Kind(&orderv1.OrderCancelled{}),
	notify.Dispatched:            wire.Kind(&orderv1.OrderDispatched{}),
	notify.Shipped:               wire.Kind(&orderv1.OrderShipped{}),
	notify.Delivered:             wire.Kind(&orderv1.OrderDelivered{}),
	notify.Refunded:              wire.Kind(&paymentv1.PaymentRefunded{}),
}

// newsOf fails on a fact that a newer release tells of: its mails wait for it.
func newsOf(fact string) (notify.News, error) {
	for news, name := range facts {
		if name == fact {
			return news, nil
		}
	}
	return notify.NoNews, fmt.Errorf("mail about %s: %w", fact, wire.ErrUnknownKind)
}

var reasons = map[notify.Reason]orderv1.CancelReason{
	notify.NoReason:       orderv1.CancelReason_CANCEL_REASON_UNSPECIFIED,
	notify.Declined:       orderv1.CancelReason_CANCEL_REASON_DECLINED,
	notify.OutOfStock:     orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK,
	notify.ByCustomer:     orderv1.CancelReason_CANCEL_REASON_CUSTOMER,
	notify.Expired:        orderv1.CancelReason_CANCEL_REASON_EXPIRED,
	notify.CarrierRefused: orderv1.CancelReason_CANCEL_REASON_CARRIER_REFUSED,
	notify.CaptureFailed:  orderv1.CancelReason_CANCEL_REASON_CAPTURE_FAILED,
	notify.Overdue:        orderv1.CancelReason_CANCEL_REASON_OVERDUE,
}

// reasonToWire returns a reason's name, empty if there is none.
func reasonToWire(r notify.Reason) string {
	if r == notify.NoReason {
		return ""
	}
	return reasons[r].String()
}

func reasonOf(name string) notify.Reason {
	return reasonFromWire(orderv1.CancelReason(orderv1.CancelReason_value[name]))
}

func reasonFromWire(w orderv1.CancelReason) notify.Reason {
	for r, v := range reasons {
		if v == w {
			return r
		}
	}
	return notify.NoReason // a reason of a later release: the mail gives none
}
