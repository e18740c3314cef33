package orderd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/watch"
	"orpheus.example/order"
)

// table says what callers are told of the errors that an order knows.
var table = append(rpc.Table{
	{Err: order.ErrUnknown, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "ORDER_NOT_FOUND"}},
	{Err: order.ErrReused, Refusal: reused},
	{Err: eventlog.ErrReused, Refusal: reused},
	{Err: order.ErrTooLate, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "GOODS_HAVE_LEFT"}},
	{Err: order.ErrNoLines, Refusal: rpc.BadField("lines", order.ErrNoLines.Error())},
	{Err: order.ErrUnknownItem, Refusal: rpc.Refusal{Code: codes.InvalidArgument, Reason: "ITEM_UNKNOWN"}, Refine: atLine("sku")},
	{Err: order.ErrMixedCurrency, Refusal: rpc.Refusal{Code: codes.InvalidArgument, Reason: "CURRENCY_MIXED"}, Refine: atLine("sku")},
	{Err: order.ErrDuplicateItems, Refusal: rpc.Refusal{Code: codes.InvalidArgument, Reason: "ITEM_DUPLICATE"}, Refine: atLine("sku")},
	{Err: order.ErrBadQuantity, Refusal: rpc.Refusal{Code: codes.InvalidArgument, Reason: "QUANTITY_INVALID"}, Refine: atLine("quantity")},
	{Err: order.ErrTooMuch, Refusal: rpc.Refusal{Code: codes.InvalidArgument, Reason: "TOTAL_TOO_LARGE"}, Refine: atLine("quantity")},
}, rpc.StoreRows()...)

var reused = rpc.Refusal{
	Code: codes.InvalidArgument, Reason: "REQUEST_ID_REUSED",
	Fields: []rpc.Field{{Path: "request_id", Description: "was used for another request; make a new one"}},
}

// atLine names the line that an error is about, by the path of one of its
// fields.
func atLine(field string) func(error, *rpc.Refusal) {
	return func(err error, r *rpc.Refusal) {
		if at, ok := errors.AsType[order.LineError](err); ok {
			r.Fields = []rpc.Field{{Path: fmt.Sprintf("lines[%d].%s", at.Line, field), Description: at.Err.Error()}}
		}
	}
}

// orders is the namespace of order ids, which follow from customer and request.
var orders = uuid.NewSHA1(uuid.NameSpaceURL, []byte("orpheus.example/order"))

// methods answers gRPC. A request becomes a command, an error becomes a status;
// nothing is decided here.
type methods struct {
	orderv1.UnimplementedOrderServiceServer
	host  *host
	store eventlog.Store
	hub   *watch.Hub
	Config
}

// PlaceOrder places an order, once per customer and request id. A repeat is
// answered as the first call was, whatever has become of the order since.
func (m *methods) PlaceOrder(ctx context.Context, r *orderv1.PlaceOrderRequest) (*orderv1.PlaceOrderResponse, error) {
	cause := by("customer:"+r.GetCustomerId(), r.GetRequestId())
	id := eventlog.Dated(uuid.NewSHA1(orders, []byte(r.GetCustomerId()+"/"+r.GetRequestId())), cause.ID)
	answer, err := m.host.Ask(ctx, cause, order.Stream(id.String()), m.place(id, r))
	if err != nil {
		return nil, err
	}
	total, err := money.Proto(answer.State.Total.Amount, answer.State.Total.Currency)
	return &orderv1.PlaceOrderResponse{
		OrderId: id.String(), Total: total, State: orderv1.OrderState_ORDER_STATE_PLACED, Version: 1,
	}, err
}

func (m *methods) place(id uuid.UUID, r *orderv1.PlaceOrderRequest) order.Place {
	now := m.Now().UTC().Truncate(time.Microsecond) // as exact as it is going to be kept
	wanted := make([]order.Wanted, len(r.GetLines()))
	for i, l := range r.GetLines() {
		wanted[i] = order.Wanted{SKU: l.GetSku(), Quantity: l.GetQuantity()}
	}
	return order.Place{
		Order: id.String(), Customer: r.GetCustomerId(), Email: r.GetEmail(), Name: r.GetName(),
		ShipTo: addressFromWire(r.GetShipTo()), Wanted: wanted,
		Transaction: uuid.NewSHA1(id, []byte("transaction")).String(), Token: r.GetPaymentToken(),
		At: now, PayBy: now.Add(m.PayWithin), FulfilBy: now.Add(m.FulfilWithin),
	}
}

// CancelOrder asks for a cancellation. Whether it succeeds is decided by
// inventory; watch the order, or its progress.
func (m *methods) CancelOrder(ctx context.Context, r *orderv1.CancelOrderRequest) (*orderv1.CancelOrderResponse, error) {
	cause := by("caller", r.GetRequestId())
	cause.Mark = rpc.Once("CancelOrder", r.GetRequestId(), r)
	stream := order.Stream(r.GetOrderId())
	answer, err := m.host.Ask(ctx, cause, stream, order.Cancel{Reason: order.ByCustomer, Note: r.GetReason()})
	if errors.Is(err, order.ErrTooLate) {
		return nil, m.tooLate(ctx, stream)
	}
	if err != nil {
		return nil, err
	}
	return &orderv1.CancelOrderResponse{State: phases[answer.State.Phase], Version: answer.Version}, nil
}

// tooLate says how far the order has come.
func (m *methods) tooLate(ctx context.Context, stream string) error {
	s, _, err := m.host.Load(ctx, stream)
	if err != nil {
		return err
	}
	return rpc.Refusal{
		Code: codes.FailedPrecondition, Reason: "GOODS_HAVE_LEFT",
		Message:  fmt.Sprintf("the goods have left: the order is %s", s.Phase),
		Metadata: map[string]string{"state": phases[s.Phase].String()},
		Fields:   []rpc.Field{{Path: "order_id", Description: "is " + s.Phase.String()}},
	}
}

// GetOrder returns an order as it is, or as it was at a version or time.
func (m *methods) GetOrder(ctx context.Context, r *orderv1.GetOrderRequest) (*orderv1.GetOrderResponse, error) {
	upTo := func(eventlog.Record) bool { return true }
	switch at := r.GetAsOf().(type) {
	case *orderv1.GetOrderRequest_AtVersion:
		upTo = func(e eventlog.Record) bool { return e.Version <= at.AtVersion }
	case *orderv1.GetOrderRequest_AtTime:
		upTo = func(e eventlog.Record) bool { return !e.Time.After(at.AtTime.AsTime()) }
	}
	past, err := m.past(ctx, r.GetOrderId(), upTo)
	if err != nil {
		return nil, err
	}
	if past.version() < r.GetMinVersion() {
		return nil, rpc.Refusal{
			Code: codes.FailedPrecondition, Reason: "VERSION_NOT_REACHED",
			Message:  fmt.Sprintf("the order is at version %d", past.version()),
			Metadata: map[string]string{"version": strconv.FormatInt(past.version(), 10)},
			Fields:   []rpc.Field{{Path: "min_version", Description: "is beyond the order's last version"}},
		}
	}
	o, err := past.order()
	return &orderv1.GetOrderResponse{Order: o}, err
}

// ListOrders lists orders, newest first.
func (m *methods) ListOrders(ctx context.Context, r *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), r.GetCustomerId(), r.GetState().String())
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
	response := &orderv1.ListOrdersResponse{}
	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
	for _, row := range rows {
		summary, err := row.summary()
		if err != nil {
			return nil, err
		}
		response.Orders = append(response.Orders, summary)
	}
	return response, nil
}

// ListOrderEvents returns the whole record of an order: what it said, what it
// heard, when and why.
func (m *methods) ListOrderEvents(ctx context.Context, r *orderv1.ListOrderEventsRequest) (*orderv1.ListOrderEventsResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), r.GetOrderId())
	if err != nil {
		return nil, err
	}
	after, err := page.Place(0)
	if err != nil {
		return nil, err
	}
	records, err := m.store.ReadStream(ctx, order.Stream(r.GetOrderId()), after, page.Size+1)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 && after == 0 {
		return nil, order.ErrUnknown
	}
	response := &orderv1.ListOrderEventsResponse{}
	records, response.NextPageToken = rpc.Cut(page, records, func(r eventlog.Record) []string { return rpc.Key(r.Version) })
	for _, record := range records {
		e, err := eventToWire(record)
		if err != nil {
			return nil, err
		}
		response.Events = append(response.Events, e)
	}
	return response, nil
}

// GetOrderStats counts orders by state, and what they are worth.
func (m *methods) GetOrderStats(ctx context.Context, _ *orderv1.GetOrderStatsRequest) (*orderv1.GetOrderStatsResponse, error) {
	tallies, err := stats(ctx, m.store.DB())
	if err != nil {
		return nil, err
	}
	response := &orderv1.GetOrderStatsResponse{}
	for _, t := range tallies {
		value, err := money.Proto(t.value.Amount, t.value.Currency)
		if err != nil {
			return nil, err
		}
		response.Stats = append(response.Stats, &orderv1.OrderStateStats{State: t.state, Count: t.orders, Value: value})
	}
	return response, nil
}

// by returns the cause of a request: its id makes the ids of what follows.
func by(actor, request string) decider.Cause {
	return decider.Cause{ID: uuid.MustParse(request), Actor: actor} // validated by the rules of the contract
}
