package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// A run is one load. Five kinds of goroutines share it: one sends orders, up to
// AtOnce carry them to the shop, up to Watches watch them, one counts what the
// shop shows, and one tells the observer.
type run struct {
	Config
	id       uint64
	shelf    shelf
	start    time.Time
	recorder recorder
	tracker  tracker

	arrivals chan arrival // to carriers that wait for one
	carriers sync.WaitGroup
	carrying int           // how many carriers there are; only the sender touches it
	room     chan struct{} // holds a token when the window may have room
	watchers chan struct{} // has room for as many tokens as there may be watches
	watching sync.WaitGroup
	received map[string]int64 // pieces of items that this run has listed

	over    atomic.Bool   // no more orders are sent
	sent    time.Duration // when the last order was sent, since the start
	drained time.Duration // when all had ended; 0 if they have not
}

func newRun(c Config) *run {
	return &run{
		Config: c, id: newRunID(), shelf: newShelf(c), start: time.Now(), recorder: newRecorder(),
		arrivals: make(chan arrival), room: make(chan struct{}, 1), watchers: make(chan struct{}, c.Watches),
		received: map[string]int64{},
	}
}

// drive sends all orders and sees them through.
func (r *run) drive(ctx context.Context, observe func(Tick)) {
	r.start = time.Now()
	r.tracker.base.at = 0
	// Calls that were begun are ended, whatever the caller wants by then: an
	// order that was sent may be in the shop.
	through, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var looking sync.WaitGroup
	looking.Go(func() { r.look(through) })
	looking.Go(func() { r.tell(through, observe) })
	if r.Window > 0 {
		r.fill(ctx, through)
	} else {
		r.pace(ctx, through)
	}
	r.sent = time.Since(r.start)
	r.over.Store(true)
	close(r.arrivals)
	r.carriers.Wait() // each call has a deadline
	r.drain(through)
	end() // whoever still watches or counts
	r.watching.Wait()
	looking.Wait()
}

// look counts the shop's orders. A census that fails is made up for by the next.
func (r *run) look(ctx context.Context) {
	again := time.NewTicker(r.Poll)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			if c, err := r.count(ctx); err == nil {
				r.tracker.note(c, r.steady(c.at) && !r.over.Load(), r.underWay())
				nudge(r.room)
			}
		}
	}
}

// tell tells the observer once a second, also while the shop does not answer.
func (r *run) tell(ctx context.Context, observe func(Tick)) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	before := Tick{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-second.C:
			before = r.tick(before)
			observe(before)
		}
	}
}

// steady reports whether a time is one that is measured. A load that is
// interrupted ends before its steady time does.
func (r *run) steady(at time.Duration) bool { return at >= r.Warmup && at <= r.sending() }

// underWay returns how many orders are between sent and ended, as far as the
// shop shows it. Refused ones are not among them, nor those about which nothing
// is known.
func (r *run) underWay() int64 {
	_, ended := r.tracker.sinceBase()
	c := r.recorder.now()
	return max(0, c.sent-c.refused()-ended)
}

// drain waits until all orders have ended, and all watchers have seen it.
func (r *run) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.Drain)
	defer cancel()
	again := time.NewTicker(r.Poll)
	defer again.Stop()
	for {
		c := r.recorder.now()
		if r.tracker.rest(c.accepted, c.unknown) {
			r.drained = max(r.tracker.latest().at, r.sent)
			break
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
	r.awaitWatchers(ctx)
}

// awaitWatchers returns when no order is watched any more, or ctx is done.
func (r *run) awaitWatchers(ctx context.Context) {
	gone := make(chan struct{})
	go func() { // ends with the watchers, which Run waits for
		defer close(gone)
		r.watching.Wait()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// client returns the client for the n-th order.
func (r *run) client(n int64) orderv1.OrderServiceClient { return r.Orders[n%int64(len(r.Orders))] }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a token is there already
	}
}
