package shippingd

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/shipping"
)

// longest is how many events are read of one shipment: many times what any life
// of a shipment can hold.
const longest = 10_000

// A past is what a shipment has come to, and when.
type past struct {
	State            shipping.State
	Version          int64
	Created, Updated time.Time
}

// past returns the past of an order's shipment.
func (m *methods) past(ctx context.Context, order string) (past, error) {
	records, err := m.store.ReadStream(ctx, shipping.Stream(order), 0, longest)
	if err != nil {
		return past{}, err
	}
	if len(records) == 0 {
		return past{}, shipping.ErrUnknown
	}
	state, err := m.host.After(records)
	if err != nil {
		return past{}, fmt.Errorf("shipment of %s: %w", order, err)
	}
	first, last := &records[0], &records[len(records)-1]
	return past{State: state, Version: last.Version, Created: first.Time, Updated: last.Time}, nil
}

// shipment returns the shipment as callers see it.
func (p *past) shipment() *shippingv1.Shipment {
	s := p.State
	shown := &shippingv1.Shipment{
		OrderId: s.Order, State: phases[s.Phase], Version: p.Version, Carrier: s.Carrier, TrackingNumber: s.Tracking,
		Name: s.Name, Lines: linesToWire(s.Lines), Refusals: refusalsToWire(s.Refusals), Lost: s.Lost,
		CreateTime: timestamppb.New(p.Created), UpdateTime: timestamppb.New(p.Updated),
	}
	if s.Name != "" { // else the order was cancelled before it was heard of
		shown.ShipmentId, shown.ShipTo = s.Order, addressToWire(s.ShipTo)
	}
	return shown
}
