package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
)

// Nobody waits for these here; they are part of what an order says.
const (
	payWithin    = 15 * time.Minute
	fulfilWithin = 72 * time.Hour
)

// orderIDs is the namespace of order ids, which follow from customer and
// request.
var orderIDs = uuid.NewSHA1(uuid.NameSpaceURL, []byte("orpheus.example/peer/order"))

// orderID keeps the time of the request, as the ids that it is compared with do.
func orderID(r *orderv1.PlaceOrderRequest) string {
	id := uuid.NewSHA1(orderIDs, []byte(r.GetCustomerId()+"/"+r.GetRequestId()))
	return eventlog.Dated(id, uuid.MustParse(r.GetRequestId())).String()
}

// orderMethods answers order.v1.OrderService as far as a load generator needs
// it. Whatever is not here is Unimplemented.
type orderMethods struct {
	orderv1.UnimplementedOrderServiceServer
	service  *service
	watchers *watchers
	stats    *stats
}

// unknown is the refusal of a call about something that is not there.
func unknown(reason, message string) rpc.Refusal {
	return rpc.Refusal{Code: codes.NotFound, Reason: reason, Message: message}
}

// PlaceOrder places an order, once per customer and request id.
func (m orderMethods) PlaceOrder(ctx context.Context, r *orderv1.PlaceOrderRequest) (*orderv1.PlaceOrderResponse, error) {
	id := orderID(r)
	var details *orderv1.OrderDetails
	err := m.service.once(ctx, "PlaceOrder", id, func(ctx context.Context, w *work) (err error) {
		if details, err = priced(ctx, w, r); err != nil {
			return err
		}
		return m.place(ctx, w, id, r.GetPaymentToken(), details)
	})
	if err != nil {
		return nil, err
	}
	if details == nil { // placed before
		o, err := m.read(ctx, id)
		if err != nil {
			return nil, err
		}
		details = o.details
	}
	return &orderv1.PlaceOrderResponse{
		OrderId: id, Total: details.GetTotal(), State: orderv1.OrderState_ORDER_STATE_PLACED, Version: 1,
	}, nil
}

// place keeps a new order and says that it is placed.
func (m orderMethods) place(ctx context.Context, w *work, id, token string, details *orderv1.OrderDetails) error {
	body, err := proto.Marshal(details)
	if err != nil {
		return err
	}
	total, currency, err := money.Minor(details.GetTotal())
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Microsecond) // as exact as it is kept
	transaction := uuid.NewString()
	if _, err := w.Exec(ctx, `INSERT INTO orders (order_id, state, said, details, total, currency, transaction,
			place_time, pay_by, fulfil_by, update_time)
		VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $7)`,
		id, orderv1.OrderState_ORDER_STATE_PLACED, body, total, currency, transaction,
		now, now.Add(payWithin), now.Add(fulfilWithin)); err != nil {
		return err
	}
	w.afterCommit(func() {
		m.stats.moved(orderv1.OrderState_ORDER_STATE_UNSPECIFIED, orderv1.OrderState_ORDER_STATE_PLACED, total, currency)
	})
	return w.say(ctx, &orderv1.OrderPlaced{
		OrderId: id, Sequence: 1, Order: details, TransactionId: transaction, PaymentToken: token,
		PlaceTime: timestamppb.New(now), PayBy: timestamppb.New(now.Add(payWithin)), FulfilBy: timestamppb.New(now.Add(fulfilWithin)),
	})
}

// priced puts prices to what is wanted.
func priced(ctx context.Context, w *work, r *orderv1.PlaceOrderRequest) (*orderv1.OrderDetails, error) {
	book, err := prices(ctx, w, r.GetLines())
	if err != nil {
		return nil, err
	}
	d := &orderv1.OrderDetails{CustomerId: r.GetCustomerId(), Email: r.GetEmail(), Name: r.GetName(), ShipTo: r.GetShipTo()}
	var total int64
	var currency string
	for n, wanted := range r.GetLines() {
		price, ok := book[wanted.GetSku()]
		switch {
		case !ok:
			return nil, rpc.BadField(fmt.Sprintf("lines[%d].sku", n), "is not for sale")
		case n > 0 && price.currency != currency:
			return nil, rpc.BadField(fmt.Sprintf("lines[%d].sku", n), "is sold in another currency")
		}
		currency = price.currency
		total += price.price * wanted.GetQuantity()
		each, err := money.Proto(price.price, price.currency)
		if err != nil {
			return nil, err
		}
		d.Lines = append(d.Lines, &orderv1.OrderLine{
			Sku: wanted.GetSku(), Name: price.name, Quantity: wanted.GetQuantity(), UnitPrice: each,
		})
	}
	d.Total, err = money.Proto(total, currency)
	return d, err
}

// prices returns the rows of the price book that lines need, by SKU.
func prices(ctx context.Context, w *work, lines []*orderv1.PlaceOrderLine) (map[string]item, error) {
	wanted := make([]string, len(lines))
	for n, l := range lines {
		wanted[n] = l.GetSku()
	}
	rows, err := w.Query(ctx, `SELECT sku, name, price, currency FROM prices WHERE sku = ANY($1)`, wanted)
	if err != nil {
		return nil, err
	}
	found := map[string]item{}
	var i item
	_, err = pgx.ForEachRow(rows, []any{&i.sku, &i.name, &i.price, &i.currency}, func() error {
		found[i.sku] = i
		return nil
	})
	return found, err
}

// GetOrder returns an order as it is; of its past nothing is known.
func (m orderMethods) GetOrder(ctx context.Context, r *orderv1.GetOrderRequest) (*orderv1.GetOrderResponse, error) {
	if r.GetAsOf() != nil {
		return nil, rpc.Refusal{Code: codes.Unimplemented, Reason: "NO_HISTORY", Message: "only the order as it is"}
	}
	o, err := m.read(ctx, r.GetOrderId())
	if err != nil {
		return nil, err
	}
	return &orderv1.GetOrderResponse{Order: o.wire()}, nil
}

// wire returns o as callers see it.
func (o *order) wire() *orderv1.Order {
	return &orderv1.Order{
		OrderId: o.id, State: o.state, Version: o.said, Details: o.details, TransactionId: o.transaction,
		PlaceTime: timestamppb.New(o.placed), PayBy: timestamppb.New(o.payBy), FulfilBy: timestamppb.New(o.fulfilBy),
		UpdateTime: timestamppb.New(o.updated), CancelReason: o.reason, Carrier: o.carrier, TrackingNumber: o.tracking,
	}
}
