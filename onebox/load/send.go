package load

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
)

const (
	// leastPause is how long the sender sleeps at least. At a high rate it then
	// wakes five thousand times a second and not for every order; the orders that
	// are late by it have it in their latency.
	leastPause = 200 * time.Microsecond

	// A call that finds nobody is made again, with the same request id, as long
	// as a restart takes.
	tries      = 8
	firstAgain = 50 * time.Millisecond
	lastAgain  = time.Second

	// refusedRest is how long the place of a refused order in a window stays
	// taken. Without it a shop that refuses everything would be asked as often
	// as the machine can.
	refusedRest = 100 * time.Millisecond
)

// pace sends orders at their times, until the time is over or ctx is done.
func (r *run) pace(ctx, through context.Context) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	n := int64(0)
	for at := range r.times() {
		if at >= r.sending() {
			r.await(ctx, alarm, r.sending()) // the last gap belongs to the load
			return
		}
		if !r.await(ctx, alarm, at) {
			return
		}
		r.send(ctx, through, r.arrival(n, at))
		n++
	}
}

// await returns at a time, or false if ctx is done before.
func (r *run) await(ctx context.Context, alarm *time.Timer, at time.Duration) bool {
	left := at - time.Since(r.start)
	if left <= 0 {
		return ctx.Err() == nil
	}
	alarm.Reset(max(left, leastPause))
	select {
	case <-ctx.Done():
		return false
	case <-alarm.C:
		return true
	}
}

// fill keeps a window of orders under way, until the time is over or ctx is done.
func (r *run) fill(ctx, through context.Context) {
	over := time.NewTimer(r.sending())
	defer over.Stop()
	for n := int64(0); ; {
		for room := int64(r.Window) - r.underWay(); room > 0 && time.Since(r.start) < r.sending(); room-- {
			r.send(ctx, through, r.arrival(n, time.Since(r.start)))
			n++
		}
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case <-r.room:
		}
	}
}

// send hands an order to a carrier: one that waits, or a new one, or, if there
// are as many as there may be, the next that is done. Time goes on for the order
// meanwhile.
func (r *run) send(ctx, through context.Context, a arrival) {
	if ctx.Err() != nil {
		return
	}
	r.recorder.with(func(c *counts) { c.sent++ })
	select {
	case r.arrivals <- a:
		return
	default:
	}
	if r.carrying < r.AtOnce {
		r.carrying++
		r.carriers.Go(func() { r.carry(through, a) })
		return
	}
	r.arrivals <- a
}

// carry brings orders to the shop, a first one and then whatever there is.
func (r *run) carry(ctx context.Context, first arrival) {
	request := &orderv1.PlaceOrderRequest{} // one for all: a call is encoded before it is made
	r.place(ctx, request, first)
	for a := range r.arrivals {
		r.place(ctx, request, a)
	}
}

// place places one order, and does what its outcome needs.
func (r *run) place(ctx context.Context, request *orderv1.PlaceOrderRequest, a arrival) {
	r.shelf.fill(request, a)
	request.RequestId = r.requestID(kindPlace, a.n, a.at)
	var answer *orderv1.PlaceOrderResponse
	client := r.client(a.n)
	err := r.call(ctx, func(ctx context.Context) (err error) {
		answer, err = client.PlaceOrder(ctx, request)
		return err
	})
	now := time.Since(r.start)
	if r.steady(a.at) {
		r.recorder.took(now-a.at, r.recorder.place, r.recorder.second)
	} else {
		r.recorder.took(now-a.at, r.recorder.second)
	}
	if err != nil {
		r.refused(ctx, status.Code(err))
		return
	}
	r.recorder.with(func(c *counts) {
		c.accepted++
		c.asked[a.outcome]++
		if r.steady(now) && !r.over.Load() {
			c.steady++
		}
	})
	if a.watched {
		r.watch(ctx, client, answer.GetOrderId(), a)
	}
	if a.outcome == Cancelled {
		r.cancel(ctx, client, answer.GetOrderId(), a)
	}
}

// refused counts an order that was not accepted. If the answer is missing and no
// refusal, the order may be in the shop.
func (r *run) refused(ctx context.Context, code codes.Code) {
	if r.Window > 0 {
		_ = loop.Sleep(ctx, refusedRest) // ctx is not done before its carriers are
	}
	r.recorder.with(func(c *counts) {
		c.shed[code]++
		switch code {
		case codes.DeadlineExceeded, codes.Unavailable, codes.Internal, codes.Unknown, codes.Canceled, codes.Aborted:
			c.unknown++
		default: // a refusal: nothing has happened
		}
	})
	nudge(r.room)
}

// call makes a call, and makes it again while nobody is there to answer it.
func (r *run) call(ctx context.Context, f func(context.Context) error) error {
	pause := firstAgain
	for try := 1; ; try++ {
		err := r.once(ctx, f)
		if status.Code(err) != codes.Unavailable || try == tries {
			return err
		}
		r.recorder.with(func(c *counts) { c.retried++ })
		if loop.Sleep(ctx, pause) != nil {
			return err
		}
		pause = min(2*pause, lastAgain)
	}
}

func (r *run) once(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.Deadline)
	defer cancel()
	return f(ctx)
}

// cancel has the customer think again at once. The shop may be faster.
func (r *run) cancel(ctx context.Context, client orderv1.OrderServiceClient, id string, a arrival) {
	request := &orderv1.CancelOrderRequest{OrderId: id, RequestId: r.requestID(kindCancel, a.n, a.at), Reason: "thought again"}
	err := r.call(ctx, func(ctx context.Context) error {
		_, err := client.CancelOrder(ctx, request)
		return err
	})
	r.recorder.with(func(c *counts) {
		switch status.Code(err) {
		case codes.OK:
		case codes.FailedPrecondition:
			c.tooLate++
		default:
			c.uncancelled++
		}
	})
}
