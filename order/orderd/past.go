package orderd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
	"orpheus.example/order"
)

// longest is how many events are read of one order: many times what any life of
// an order can hold.
const longest = 10_000

// A past is what has happened to one order, and what it has come to.
type past struct {
	records []eventlog.Record // at least one
	state   order.State
}

// past returns an order's past, as far as upTo allows.
func (m *methods) past(ctx context.Context, id string, upTo func(eventlog.Record) bool) (*past, error) {
	records, err := m.store.ReadStream(ctx, order.Stream(id), 0, longest)
	if err != nil {
		return nil, err
	}
	if end := slices.IndexFunc(records, func(r eventlog.Record) bool { return !upTo(r) }); end >= 0 {
		records = records[:end]
	}
	if len(records) == 0 {
		return nil, order.ErrUnknown
	}
	state, err := m.host.After(records)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", id, err)
	}
	return &past{records, state}, nil
}

// add takes in the event that follows.
func (p *past) add(r eventlog.Record) error {
	e, err := codec.Decode(r)
	if err != nil {
		return err
	}
	p.records, p.state = append(p.records, r), order.Evolve(p.state, e)
	return nil
}

func (p *past) last() eventlog.Record { return p.records[len(p.records)-1] }

func (p *past) version() int64 { return p.last().Version }

// order returns the order as callers see it.
func (p *past) order() (*orderv1.Order, error) {
	s := p.state
	d, err := detailsToWire(s.Details)
	return &orderv1.Order{
		OrderId: s.Order, State: phases[s.Phase], Version: p.version(), Details: d, TransactionId: s.Transaction,
		PlaceTime: timestamppb.New(s.PlacedAt), PayBy: timestamppb.New(s.PayBy), FulfilBy: timestamppb.New(s.FulfilBy),
		UpdateTime: timestamppb.New(p.last().Time), CancelReason: reasonToWire(s.Reason), CancelNote: s.Note,
		Carrier: s.Carrier, TrackingNumber: s.Tracking,
	}, err
}

func eventToWire(r eventlog.Record) (*orderv1.OrderEvent, error) {
	body, err := keeps.Struct(r.Type, r.Body)
	return &orderv1.OrderEvent{
		EventId: r.ID.String(), Version: r.Version, Position: r.Position, Type: r.Type, Time: timestamppb.New(r.Time),
		Actor: r.Actor, CorrelationId: r.Correlation, CausationId: r.Causation, Traceparent: r.Trace,
		Published: says.Has(r.Type), Body: body,
	}, err
}

func (r row) summary() (*orderv1.OrderSummary, error) {
	total, err := money.Proto(r.total.Amount, r.total.Currency)
	return &orderv1.OrderSummary{
		OrderId: r.id, CustomerId: r.customer, State: r.state, Total: total,
		PlaceTime: timestamppb.New(r.placedAt), UpdateTime: timestamppb.New(r.updatedAt), Version: r.version,
	}, err
}

// filterOf returns what a request for a page of orders picks.
func filterOf(page rpc.Page, r *orderv1.ListOrdersRequest) (filter, error) {
	f := filter{customer: r.GetCustomerId(), state: r.GetState()}
	var err error
	f.before, err = page.Place(math.MaxInt64, &f.lesser)
	return f, err
}

// timeOf returns when the last of the named facts happened or was heard, and the
// beginning of the order if none was.
func timeOf(facts []string, done []*orderv1.DoneStep, begun time.Time) *timestamppb.Timestamp {
	for _, step := range slices.Backward(done) {
		if slices.Contains(facts, step.GetFact()) {
			return step.GetTime()
		}
	}
	return timestamppb.New(begun)
}
