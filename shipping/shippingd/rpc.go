package shippingd

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/rpc"
	"orpheus.example/shipping"
)

// table says what callers are told of the errors that a shipment knows.
var table = append(rpc.Table{
	{Err: shipping.ErrUnknown, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "SHIPMENT_NOT_FOUND"}},
	{Err: shipping.ErrNotHandedOver, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "NOT_HANDED_OVER"}, Refine: atState},
	{Err: shipping.ErrDelivered, Refusal: rpc.Refusal{Code: codes.FailedPrecondition, Reason: "DELIVERED"}, Refine: atState},
	{Err: eventlog.ErrReused, Refusal: rpc.Refusal{
		Code: codes.InvalidArgument, Reason: "REQUEST_ID_REUSED",
		Fields: []rpc.Field{{Path: "request_id", Description: "was used for another request; make a new one"}},
	}},
}, rpc.StoreRows()...)

// atState says where the shipment stands that an error is about.
func atState(err error, r *rpc.Refusal) {
	if at, ok := errors.AsType[shipping.StateError](err); ok {
		r.Metadata = map[string]string{"state": phases[at.Phase].String()}
		r.Fields = []rpc.Field{{Path: "order_id", Description: "its shipment is " + at.Phase.String()}}
	}
}

// methods answers gRPC. A request becomes a command, an error becomes a status;
// nothing is decided here.
type methods struct {
	shippingv1.UnimplementedShippingServiceServer
	host  *host
	store eventlog.Store
}

// GetShipment shows the shipment of one order.
func (m *methods) GetShipment(ctx context.Context, r *shippingv1.GetShipmentRequest) (*shippingv1.GetShipmentResponse, error) {
	p, err := m.past(ctx, r.GetOrderId())
	if err != nil {
		return nil, err
	}
	return &shippingv1.GetShipmentResponse{Shipment: p.shipment()}, nil
}

// ListShipments lists shipments, newest first. Each is shown as the log has it:
// one that has left the state that is asked for since the view was written is left
// out.
func (m *methods) ListShipments(ctx context.Context, r *shippingv1.ListShipmentsRequest) (*shippingv1.ListShipmentsResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), r.GetState().String())
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
	response := &shippingv1.ListShipmentsResponse{}
	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
	for _, row := range rows {
		p, err := m.past(ctx, row.order)
		if err != nil {
			return nil, err
		}
		if shown := p.shipment(); f.state == 0 || shown.GetState() == f.state {
			response.Shipments = append(response.Shipments, shown)
		}
	}
	return response, nil
}

// RecordTracking takes the carrier's word on a parcel from whoever brings it. It
// asks the same as the service does itself when it has asked the carrier.
func (m *methods) RecordTracking(ctx context.Context, r *shippingv1.RecordTrackingRequest) (*shippingv1.RecordTrackingResponse, error) {
	cause := decider.Cause{
		ID:    uuid.MustParse(r.GetRequestId()), // validated by the rules of the contract
		Mark:  rpc.Once("RecordTracking", r.GetRequestId(), r),
		Actor: "staff",
	}
	word := shipping.Track{Status: statuses[r.GetStatus()], Note: r.GetNote()}
	if _, err := m.host.Ask(ctx, cause, shipping.Stream(r.GetOrderId()), word); err != nil {
		return nil, err
	}
	p, err := m.past(ctx, r.GetOrderId())
	if err != nil {
		return nil, err
	}
	return &shippingv1.RecordTrackingResponse{Shipment: p.shipment()}, nil
}
