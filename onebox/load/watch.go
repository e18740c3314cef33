package load

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
)

// A sighting is what a watcher has seen of its order.
type sighting struct {
	arrival
	confirmed, ended bool
}

// watch follows an order beside its carrier, if a watcher is free.
func (r *run) watch(ctx context.Context, client orderv1.OrderServiceClient, id string, a arrival) {
	select {
	case r.watchers <- struct{}{}:
	default:
		r.recorder.with(func(c *counts) { c.unwatched++ })
		return
	}
	r.recorder.with(func(c *counts) { c.watched++ })
	r.watching.Go(func() {
		defer func() { <-r.watchers }()
		s := &sighting{arrival: a}
		for !s.ended {
			// A watch that breaks begins again with a snapshot: what came to pass
			// in between is seen late, never missed.
			err := r.see(ctx, client, id, s)
			if !s.ended && (status.Code(err) == codes.NotFound || loop.Sleep(ctx, firstAgain) != nil) {
				r.recorder.with(func(c *counts) { c.lostSight++ })
				return
			}
		}
	})
}

// see watches until the order has ended or the stream breaks.
func (r *run) see(ctx context.Context, client orderv1.OrderServiceClient, id string, s *sighting) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	stream, err := client.WatchOrder(ctx, &orderv1.WatchOrderRequest{OrderId: id})
	if err != nil {
		return err
	}
	for !s.ended {
		update, err := stream.Recv()
		if err != nil {
			return err
		}
		o := update.GetSnapshot()
		if o == nil {
			o = update.GetChange().GetOrder() // nil with a sign of life
		}
		r.saw(s, o.GetState())
	}
	return nil
}

// saw times the steps that a state proves: a fast order may be beyond its
// confirmation by the time it is first seen.
func (r *run) saw(s *sighting, state orderv1.OrderState) {
	after := time.Since(r.start) - s.at
	switch state {
	case orderv1.OrderState_ORDER_STATE_CONFIRMED, orderv1.OrderState_ORDER_STATE_DISPATCHED,
		orderv1.OrderState_ORDER_STATE_SHIPPED, orderv1.OrderState_ORDER_STATE_DELIVERED:
		if !s.confirmed && r.steady(s.at) {
			r.recorder.took(after, r.recorder.confirmed)
		}
		s.confirmed = true
	default: // not confirmed, or on the way back
	}
	switch state {
	case orderv1.OrderState_ORDER_STATE_DELIVERED:
		if r.steady(s.at) {
			r.recorder.took(after, r.recorder.delivered)
		}
		s.ended = true
	case orderv1.OrderState_ORDER_STATE_CANCELLED:
		s.ended = true
	default: // there is more to see
	}
}
