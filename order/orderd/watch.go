package orderd

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/watch"
	"orpheus.example/order"
)

// heartbeat is how often a watcher of a quiet order hears that it is still
// watching.
const heartbeat = 20 * time.Second

// WatchOrder sends the order as it is, and then every change. It ends once the
// order has ended and nothing is awaited of anybody any more.
func (m *methods) WatchOrder(r *orderv1.WatchOrderRequest, stream grpc.ServerStreamingServer[orderv1.WatchOrderResponse]) error {
	w := m.hub.Watch(order.Stream(r.GetOrderId())) // before the first look, so that nothing falls between
	defer w.End()
	ctx := stream.Context()
	p, err := m.past(ctx, r.GetOrderId(), func(eventlog.Record) bool { return true })
	if err != nil {
		return err
	}
	if err := sendSnapshot(stream, p); err != nil {
		return err
	}
	for !p.over() {
		if err := m.follow(stream, p, w); err != nil {
			return err
		}
	}
	return nil
}

// follow waits for news and sends it, or a sign of life if there is none.
func (m *methods) follow(stream grpc.ServerStreamingServer[orderv1.WatchOrderResponse], p *past, w *watch.Watcher) error {
	ctx := stream.Context()
	quiet := time.NewTimer(heartbeat)
	defer quiet.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-quiet.C:
		beat := &orderv1.Heartbeat{Time: timestamppb.New(m.Now())}
		return stream.Send(&orderv1.WatchOrderResponse{Update: &orderv1.WatchOrderResponse_Heartbeat{Heartbeat: beat}})
	case <-w.Grown():
	}
	records, err := w.Next(ctx, p.version(), longest)
	if err != nil {
		return err
	}
	for _, record := range records {
		if err := p.add(record); err != nil {
			return err
		}
		if err := sendChange(stream, p); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether nothing more is going to happen.
func (p *past) over() bool {
	ended := p.state.Phase == order.Cancelled || p.state.Phase == order.Delivered
	return ended && len(order.Awaited(p.state)) == 0
}

func sendSnapshot(stream grpc.ServerStreamingServer[orderv1.WatchOrderResponse], p *past) error {
	o, err := p.order()
	if err != nil {
		return err
	}
	return stream.Send(&orderv1.WatchOrderResponse{Update: &orderv1.WatchOrderResponse_Snapshot{Snapshot: o}})
}

func sendChange(stream grpc.ServerStreamingServer[orderv1.WatchOrderResponse], p *past) error {
	o, err := p.order()
	if err != nil {
		return err
	}
	e, err := eventToWire(p.last())
	if err != nil {
		return err
	}
	change := &orderv1.OrderChange{Order: o, Event: e}
	return stream.Send(&orderv1.WatchOrderResponse{Update: &orderv1.WatchOrderResponse_Change{Change: change}})
}
