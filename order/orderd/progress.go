package orderd

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/wire"
	"orpheus.example/order"
)

// GetOrderProgress says what is done, what is awaited, from whom, since when and
// until when, and what is held meanwhile. It observes; it drives nothing.
func (m *methods) GetOrderProgress(ctx context.Context, r *orderv1.GetOrderProgressRequest) (*orderv1.GetOrderProgressResponse, error) {
	p, err := m.past(ctx, r.GetOrderId(), func(eventlog.Record) bool { return true })
	if err != nil {
		return nil, err
	}
	done, err := p.done()
	if err != nil {
		return nil, err
	}
	held, err := moneyProgress(p.state)
	return &orderv1.GetOrderProgressResponse{
		OrderId: r.GetOrderId(), State: phases[p.state.Phase], Done: done, Awaited: p.awaited(done),
		Money: held, Stock: stockProgress(p.state), Label: labelProgress(p.state),
	}, err
}

// done lists what has happened, in the order in which this order learnt of it.
func (p *past) done() ([]*orderv1.DoneStep, error) {
	done := make([]*orderv1.DoneStep, len(p.records))
	for i, r := range p.records {
		fact, err := factIn(r)
		if err != nil {
			return nil, err
		}
		by, _, _ := strings.Cut(fact, ".")
		done[i] = &orderv1.DoneStep{Fact: fact, By: by, Time: timestamppb.New(r.Time)}
	}
	return done, nil
}

// recorded is the kind of what was heard and taken down.
var recorded = wire.Kind(&orderv1.ProgressNoted{})

// factIn returns the fact that an event is, or took down if another service has
// said it.
func factIn(r eventlog.Record) (string, error) {
	if r.Type != recorded {
		return r.Type, nil
	}
	e, err := codec.Decode(r)
	if err != nil {
		return "", err
	}
	return e.(order.Recorded).Fact.Kind, nil //nolint:forcetypeassert // as the codec has it
}

// awaited lists what is waited for, by what is done.
func (p *past) awaited(done []*orderv1.DoneStep) []*orderv1.AwaitedStep {
	var awaited []*orderv1.AwaitedStep
	for _, a := range order.Awaited(p.state) {
		awaited = append(awaited, &orderv1.AwaitedStep{
			Fact: a.Fact, FromService: a.From, Since: timeOf(a.After, done, p.records[0].Time), Deadline: optionalTime(a.Deadline),
		})
	}
	return awaited
}

func moneyProgress(s order.State) (*orderv1.MoneyProgress, error) {
	var err error
	sum := func(amount int64) *moneypb.Money {
		m, e := money.Proto(amount, s.Total.Currency)
		if e != nil {
			err = e
		}
		return m
	}
	return &orderv1.MoneyProgress{
		Authorized: sum(s.Money.Authorized), Captured: sum(s.Money.Captured), Refunded: sum(s.Money.Refunded),
		HeldState: moneyState(s.Money),
	}, err
}

func moneyState(m order.MoneyHeld) orderv1.MoneyState {
	switch {
	case m.Refunded > 0 && m.Refunded == m.Captured:
		return orderv1.MoneyState_MONEY_STATE_REFUNDED
	case m.Captured > 0:
		return orderv1.MoneyState_MONEY_STATE_CAPTURED
	case m.Voided:
		return orderv1.MoneyState_MONEY_STATE_VOIDED
	case m.Authorized > 0:
		return orderv1.MoneyState_MONEY_STATE_AUTHORIZED
	}
	return orderv1.MoneyState_MONEY_STATE_NONE
}

// stockProgress lists what inventory holds for the order: all its lines, or
// nothing.
func stockProgress(s order.State) *orderv1.StockProgress {
	p := &orderv1.StockProgress{Held: s.Held}
	if !s.Held {
		return p
	}
	for _, l := range s.Lines {
		p.Lines = append(p.Lines, &orderv1.StockLine{Sku: l.SKU, Quantity: l.Quantity})
	}
	return p
}

func labelProgress(s order.State) *orderv1.LabelProgress {
	state := map[order.Label]orderv1.LabelState{
		order.NoLabel:        orderv1.LabelState_LABEL_STATE_NONE,
		order.LabelBooked:    orderv1.LabelState_LABEL_STATE_BOOKED,
		order.LabelCancelled: orderv1.LabelState_LABEL_STATE_CANCELLED,
	}[s.Label]
	return &orderv1.LabelProgress{State: state, Carrier: s.Carrier, TrackingNumber: s.Tracking}
}

func optionalTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
