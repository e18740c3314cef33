package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/money"
)

// orders keeps what becomes of each order, counts, and tells those who watch.
type orders struct {
	watchers *watchers
	stats    *stats
}

// serve subscribes to what order hears: what moves it, what ends it, what is only
// remembered, and prices.
func (o orders) serve(s *service) {
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.StockReserved) error {
		return o.change(ctx, w, f.GetOrderId(), (*order).confirm)
	})
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.StockDispatched) error {
		return o.change(ctx, w, f.GetOrderId(), reach(orderv1.OrderState_ORDER_STATE_DISPATCHED, "", ""))
	})
	hear(s, func(ctx context.Context, w *work, f *shippingv1.ShipmentShipped) error {
		return o.change(ctx, w, f.GetOrderId(), reach(orderv1.OrderState_ORDER_STATE_SHIPPED, f.GetCarrier(), f.GetTrackingNumber()))
	})
	hear(s, func(ctx context.Context, w *work, f *shippingv1.ShipmentDelivered) error {
		return o.change(ctx, w, f.GetOrderId(), reach(orderv1.OrderState_ORDER_STATE_DELIVERED, f.GetCarrier(), f.GetTrackingNumber()))
	})
	hear(s, func(ctx context.Context, w *work, f *paymentv1.PaymentDeclined) error {
		return o.end(ctx, w, f, orderv1.CancelReason_CANCEL_REASON_DECLINED)
	})
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.StockUnavailable) error {
		return o.end(ctx, w, f, orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK)
	})
	hear(s, booked)
	hear(s, func(ctx context.Context, w *work, f *paymentv1.PaymentAuthorized) error { return note(ctx, w, f) })
	hear(s, func(ctx context.Context, w *work, f *paymentv1.PaymentCaptured) error { return note(ctx, w, f) })
	hear(s, func(ctx context.Context, w *work, f *paymentv1.PaymentVoided) error { return note(ctx, w, f) })
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.ItemListed) error { return price(ctx, w, f) })
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.ItemPriceChanged) error { return price(ctx, w, f) })
}

// An order is a row of the table orders.
type order struct {
	id                string
	state             orderv1.OrderState
	said              int64
	details           *orderv1.OrderDetails
	total             int64
	currency          string
	transaction       string
	reason            orderv1.CancelReason
	carrier, tracking string
	placed            time.Time
	payBy, fulfilBy   time.Time
	updated           time.Time
}

const orderColumns = `order_id::text, state, said, details, total, currency, transaction, reason, carrier, tracking, place_time, pay_by, fulfil_by, update_time`

// scan reads a row of orderColumns.
func (o *order) scan(row pgx.Row) error {
	var details []byte
	err := row.Scan(&o.id, &o.state, &o.said, &details, &o.total, &o.currency, &o.transaction, &o.reason, &o.carrier, &o.tracking,
		&o.placed, &o.payBy, &o.fulfilBy, &o.updated)
	if err != nil {
		return err
	}
	o.details = &orderv1.OrderDetails{}
	return proto.Unmarshal(details, o.details)
}

// change lets f change an order, keeps it, and says what f returns. Nobody else
// changes the order meanwhile.
func (o orders) change(ctx context.Context, w *work, id string, f func(*order) ([]proto.Message, error)) error {
	var row order
	err := row.scan(w.QueryRow(ctx, `SELECT `+orderColumns+` FROM orders WHERE order_id = $1 FOR UPDATE`, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return permanent{fmt.Errorf("order %s is unknown", id)}
	}
	if err != nil {
		return err
	}
	before := row.state
	facts, err := f(&row)
	if err != nil || len(facts) == 0 {
		return err
	}
	row.updated = time.Now()
	if _, err := w.Exec(ctx, `UPDATE orders SET state = $2, said = $3, reason = $4, carrier = $5, tracking = $6, update_time = $7
		WHERE order_id = $1`, row.id, row.state, row.said, row.reason, row.carrier, row.tracking, row.updated); err != nil {
		return err
	}
	w.afterCommit(func() {
		o.stats.moved(before, row.state, row.total, row.currency)
		o.watchers.tell(row, facts)
	})
	return w.say(ctx, facts...)
}

// errImpossible says that a fact cannot follow from what order has said.
var errImpossible = errors.New("this cannot have happened to the order")

// confirm makes it an order for good. One that is not waiting for that is left
// alone: the fact is late.
func (o *order) confirm() ([]proto.Message, error) {
	if o.state != orderv1.OrderState_ORDER_STATE_PLACED {
		return nil, nil
	}
	o.state = orderv1.OrderState_ORDER_STATE_CONFIRMED
	o.said++
	return []proto.Message{&orderv1.OrderConfirmed{OrderId: o.id, Sequence: o.said, Order: o.details}}, nil
}

// cancel ends an order that is not confirmed yet.
func cancel(reason orderv1.CancelReason) func(*order) ([]proto.Message, error) {
	return func(o *order) ([]proto.Message, error) {
		if o.state != orderv1.OrderState_ORDER_STATE_PLACED {
			return nil, nil
		}
		o.state, o.reason = orderv1.OrderState_ORDER_STATE_CANCELLED, reason
		o.said++
		return []proto.Message{&orderv1.OrderCancelled{OrderId: o.id, Sequence: o.said, Order: o.details, Reason: reason}}, nil
	}
}

// reach says all that lies between where an order is and to. Copies of handlers
// overtake each other, so the later fact may be heard first.
func reach(to orderv1.OrderState, carrier, tracking string) func(*order) ([]proto.Message, error) {
	return func(o *order) (facts []proto.Message, err error) {
		if o.state < orderv1.OrderState_ORDER_STATE_CONFIRMED || o.state > orderv1.OrderState_ORDER_STATE_DELIVERED {
			return nil, permanent{errImpossible}
		}
		if carrier != "" {
			o.carrier, o.tracking = carrier, tracking
		}
		for o.state < to {
			o.state++
			o.said++
			facts = append(facts, o.arrived())
		}
		return facts, nil
	}
}

// arrived returns the fact of having come to where the order is.
func (o *order) arrived() proto.Message {
	switch o.state {
	case orderv1.OrderState_ORDER_STATE_DISPATCHED:
		return &orderv1.OrderDispatched{OrderId: o.id, Sequence: o.said, Order: o.details, Carrier: o.carrier, TrackingNumber: o.tracking}
	case orderv1.OrderState_ORDER_STATE_SHIPPED:
		return &orderv1.OrderShipped{OrderId: o.id, Sequence: o.said, Order: o.details, Carrier: o.carrier, TrackingNumber: o.tracking}
	case orderv1.OrderState_ORDER_STATE_DELIVERED:
		return &orderv1.OrderDelivered{OrderId: o.id, Sequence: o.said, Order: o.details, Carrier: o.carrier, TrackingNumber: o.tracking}
	default:
		panic("peer: an order arrives only at dispatched, shipped and delivered")
	}
}

// booked remembers who carries the parcel.
func booked(ctx context.Context, w *work, f *shippingv1.ShipmentBooked) error {
	if _, err := w.Exec(ctx, `UPDATE orders SET carrier = $2, tracking = $3 WHERE order_id = $1`,
		f.GetOrderId(), f.GetCarrier(), f.GetTrackingNumber()); err != nil {
		return err
	}
	return note(ctx, w, f)
}

// end cancels an order because of a fact, and remembers it.
func (o orders) end(ctx context.Context, w *work, f ofOrder, reason orderv1.CancelReason) error {
	if err := note(ctx, w, f); err != nil {
		return err
	}
	return o.change(ctx, w, f.GetOrderId(), cancel(reason))
}

// ofOrder is any fact about an order.
type ofOrder interface {
	proto.Message
	GetOrderId() string
}

// note remembers that something was said of an order.
func note(ctx context.Context, w *work, f ofOrder) error {
	_, err := w.Exec(ctx, `INSERT INTO progress (order_id, fact) VALUES ($1, $2) ON CONFLICT DO NOTHING`, f.GetOrderId(), name(f))
	return err
}

// ofItem is what ItemListed and ItemPriceChanged have in common.
type ofItem interface {
	GetSku() string
	GetName() string
	GetPrice() *moneypb.Money
	GetItemVersion() int64
}

// price enters a price into the price book, unless a newer one is there.
func price(ctx context.Context, w *work, f ofItem) error {
	minor, currency, err := money.Minor(f.GetPrice())
	if err != nil {
		return permanent{err}
	}
	_, err = w.Exec(ctx, `INSERT INTO prices (sku, name, price, currency, item_version) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (sku) DO UPDATE SET name = excluded.name, price = excluded.price, currency = excluded.currency,
			item_version = excluded.item_version WHERE prices.item_version < excluded.item_version`,
		f.GetSku(), f.GetName(), minor, currency, f.GetItemVersion())
	return err
}
