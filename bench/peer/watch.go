package peer

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// inFlight is how many changes a watcher may be behind. An order has five.
const inFlight = 16

// watchers are those who watch orders, by order. Whoever handles a fact tells
// them after the commit, in this process.
type watchers struct {
	mu sync.Mutex
	of map[string]map[chan *orderv1.OrderChange]bool
}

// watch returns the changes of an order from now on, and what ends the watch.
func (w *watchers) watch(id string) (changes <-chan *orderv1.OrderChange, end func()) {
	c := make(chan *orderv1.OrderChange, inFlight)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[id] == nil {
		w.of[id] = map[chan *orderv1.OrderChange]bool{}
	}
	w.of[id][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.of[id], c)
		if len(w.of[id]) == 0 {
			delete(w.of, id)
		}
	}
}

// tell tells those who watch o what has become of it.
func (w *watchers) tell(o order, facts []proto.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, fact := range facts {
		version := o.said - int64(len(facts)-1-n)
		change := &orderv1.OrderChange{Order: o.wire(), Event: &orderv1.OrderEvent{
			Version: version, Type: name(fact), Time: timestamppb.New(o.updated), CorrelationId: o.id, Published: true,
		}}
		for c := range w.of[o.id] {
			select {
			case c <- change:
			default: // far behind: the last change it gets is the order as it is
			}
		}
	}
}

// WatchOrder sends the order as it is, and then every change, until it has
// ended. Changes that overtake each other after their commits are left out.
func (m orderMethods) WatchOrder(r *orderv1.WatchOrderRequest, stream grpc.ServerStreamingServer[orderv1.WatchOrderResponse]) error {
	changes, end := m.watchers.watch(r.GetOrderId()) // before the first look, so that nothing falls between
	defer end()
	o, err := m.read(stream.Context(), r.GetOrderId())
	if err != nil {
		return err
	}
	if err := stream.Send(&orderv1.WatchOrderResponse{Update: &orderv1.WatchOrderResponse_Snapshot{Snapshot: o.wire()}}); err != nil {
		return err
	}
	for last := o.said; !over(o.state); {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case c := <-changes:
			if c.GetEvent().GetVersion() <= last {
				continue
			}
			last, o.state = c.GetEvent().GetVersion(), c.GetOrder().GetState()
			if err := stream.Send(&orderv1.WatchOrderResponse{Update: &orderv1.WatchOrderResponse_Change{Change: c}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// over reports whether nothing more is going to happen to an order.
func over(s orderv1.OrderState) bool {
	return s == orderv1.OrderState_ORDER_STATE_DELIVERED || s == orderv1.OrderState_ORDER_STATE_CANCELLED
}

// read returns an order as it is.
func (m orderMethods) read(ctx context.Context, id string) (*order, error) {
	var o order
	err := o.scan(m.service.pool.QueryRow(ctx, `SELECT `+orderColumns+` FROM orders WHERE order_id = $1`, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown("ORDER_NOT_FOUND", "there is no such order")
	}
	return &o, err
}
