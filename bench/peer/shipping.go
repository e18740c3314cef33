package peer

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

// shipping books a carrier for what is confirmed, and hands over what has left
// the warehouse.
type shipping struct{ carrier carrier }

// serve subscribes to what shipping hears.
func (p shipping) serve(s *service) {
	hear(s, p.book)
	hear(s, p.handOver)
	hear(s, p.forget)
}

// book asks the carrier and keeps the label. A row that is there already is the
// mark of a cancellation that came first.
func (p shipping) book(ctx context.Context, w *work, f *orderv1.OrderConfirmed) error {
	label, err := p.carrier.Book(ctx, f.GetOrderId())
	if err != nil {
		return err
	}
	booked, err := w.Exec(ctx, `INSERT INTO shipments (order_id, state, carrier, tracking, label)
		VALUES ($1, 'booked', $2, $3, $4) ON CONFLICT DO NOTHING`, f.GetOrderId(), label.carrier, label.tracking, label.id)
	if err != nil || booked.RowsAffected() == 0 {
		return err // nil: cancelled before
	}
	return w.say(ctx, &shippingv1.ShipmentBooked{
		OrderId: f.GetOrderId(), ShipmentId: f.GetOrderId(), Carrier: label.carrier,
		TrackingNumber: label.tracking, CarrierReference: label.id,
	})
}

// handOver gives the parcel to the carrier, who has delivered it at once.
func (p shipping) handOver(ctx context.Context, w *work, f *inventoryv1.StockDispatched) error {
	var l label
	err := w.QueryRow(ctx, `UPDATE shipments SET state = 'delivered' WHERE order_id = $1 AND state = 'booked'
		RETURNING carrier, tracking, label`, f.GetOrderId()).Scan(&l.carrier, &l.tracking, &l.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return permanent{errors.New("goods have left for which no carrier is booked")}
	}
	if err != nil {
		return err
	}
	if err := p.carrier.HandOver(ctx, l.id); err != nil {
		return err
	}
	return w.say(ctx,
		&shippingv1.ShipmentShipped{
			OrderId: f.GetOrderId(), ShipmentId: f.GetOrderId(), Carrier: l.carrier, TrackingNumber: l.tracking,
		},
		&shippingv1.ShipmentDelivered{
			OrderId: f.GetOrderId(), ShipmentId: f.GetOrderId(), Carrier: l.carrier, TrackingNumber: l.tracking,
		})
}

// forget sees to it that nothing is booked for an order that is cancelled. Here
// none is cancelled once it is confirmed, so there is no label to be cancelled.
func (p shipping) forget(ctx context.Context, w *work, f *orderv1.OrderCancelled) error {
	_, err := w.Exec(ctx, `INSERT INTO shipments (order_id, state) VALUES ($1, 'cancelled') ON CONFLICT DO NOTHING`, f.GetOrderId())
	return err
}
