package paymentd

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/wire"
	"orpheus.example/payment"
)

// longest is how many events are read of one payment: many times what any life
// of a payment can hold.
const longest = 10_000

// A past is what a payment has come to, and when.
type past struct {
	State            payment.State
	Version          int64
	Created, Updated time.Time
	Asked            []time.Time // when each refund was asked for
}

// past returns the past of an order's payment.
func (m *methods) past(ctx context.Context, order string) (past, error) {
	records, err := m.store.ReadStream(ctx, payment.Stream(order), 0, longest)
	if err != nil {
		return past{}, err
	}
	if len(records) == 0 {
		return past{}, payment.ErrUnknown
	}
	state, err := m.host.After(records)
	if err != nil {
		return past{}, fmt.Errorf("payment of %s: %w", order, err)
	}
	first, last := &records[0], &records[len(records)-1]
	return past{
		State: state, Version: last.Version, Created: first.Time, Updated: last.Time, Asked: timesOf(records, refundAsked),
	}, nil
}

// refundAsked is the kind of what says that a refund is owed.
var refundAsked = wire.Kind(&paymentv1.RefundIntended{})

// timesOf returns when events of a kind happened.
func timesOf(records []eventlog.Record, kind string) (times []time.Time) {
	for i := range records {
		if records[i].Type == kind {
			times = append(times, records[i].Time)
		}
	}
	return times
}

// payment returns the payment as callers see it.
func (p *past) payment() (*paymentv1.Payment, error) {
	s := p.State
	shown := &paymentv1.Payment{
		OrderId: s.Order, State: phases[s.Phase], Version: p.Version, TransactionId: s.Transaction, FailureCode: s.Code,
		CreateTime: timestamppb.New(p.Created), UpdateTime: timestamppb.New(p.Updated),
	}
	if s.Phase == payment.Closed {
		return shown, nil // there was never anything to be paid
	}
	shown.PaymentId = s.Order
	return shown, p.addMoney(shown)
}

func (p *past) addMoney(to *paymentv1.Payment) (err error) {
	s := p.State
	if to.Amount, err = toMoney(s.Total); err != nil {
		return err
	}
	if s.Captured > 0 {
		if to.Captured, err = toMoney(payment.Money{Amount: s.Captured, Currency: s.Total.Currency}); err != nil {
			return err
		}
	}
	if refunded := s.Refunded(); refunded > 0 {
		if to.Refunded, err = toMoney(payment.Money{Amount: refunded, Currency: s.Total.Currency}); err != nil {
			return err
		}
	}
	for i, r := range s.Refunds {
		amount, err := toMoney(r.Amount)
		if err != nil {
			return err
		}
		to.Refunds = append(to.Refunds, &paymentv1.Refund{
			RefundId: r.ID, Amount: amount, State: refundStates[r.State], Reason: r.Reason, Actor: r.Actor,
			CreateTime: timestamppb.New(p.Asked[i]),
		})
	}
	return nil
}
