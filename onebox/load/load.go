package load

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
)

// The defaults of Config.
const (
	DefaultDeadline = 5 * time.Second
	DefaultDrain    = time.Minute
	DefaultWatches  = 256

	// defaultAtOnce is twice of what a service has in hand before it refuses
	// calls, so that an overload shows as what it is.
	defaultAtOnce = 2048
	// windowAtOnce is less than that: a window is to find out what the shop can
	// do, not what it refuses.
	windowAtOnce = 256

	// A window has to be refilled soon, or it is none; a rate does not depend on
	// how often the shop is looked at.
	windowPoll = 20 * time.Millisecond
	ratePoll   = 250 * time.Millisecond
)

// The most that makes sense.
const (
	MaxSKUs  = 10_000
	MaxLines = 100 // of one order, by its contract
)

// A Config says what to place, how fast, and where.
type Config struct {
	// Orders are clients of the order service, used in turn: at least one. One
	// connection carries some tens of thousands of calls a second.
	Orders []orderv1.OrderServiceClient
	// Stock is where the shop is stocked before the start. If it is nil, an
	// earlier run with as many SKUs has left enough.
	Stock inventoryv1.InventoryServiceClient

	// Rate is how many orders arrive in a second. If it is 0, Window says how
	// many orders are under way at any time.
	Rate   float64
	Window int
	// Uniform makes gaps between arrivals all the same; by default they are
	// those of a Poisson process, as of customers who do not know each other.
	Uniform bool

	// Warmup is how long orders are sent before anything is measured, Duration
	// for how long after that.
	Warmup, Duration time.Duration

	Mix   Mix    // all happy by default
	SKUs  int    // how many items there are to choose from; 1 makes all orders meet; 1 by default
	Lines int    // of an order, each about another item; 1 by default
	Seed  uint64 // of arrivals, outcomes, items and watches

	// WatchShare is the share of orders that is watched, 0 to 1; without it
	// only PlaceOrder is timed. Watches is how many at a time; an order that
	// finds no watcher free is not watched, and counted as such.
	WatchShare float64
	Watches    int // DefaultWatches by default

	AtOnce   int           // calls to PlaceOrder at a time; further orders wait, on their own time; 2048, or 256 with a window
	Deadline time.Duration // of one call; DefaultDeadline by default
	Drain    time.Duration // how long to wait for orders under way in the end; DefaultDrain by default
	Poll     time.Duration // how often orders are counted; 20 ms with a window, otherwise 250 ms, by default
}

// A SettingError says which setting makes no sense, and why.
type SettingError struct {
	Name string // such as "watch-share"
	Why  string
}

// Error implements error.
func (e *SettingError) Error() string { return e.Name + " " + e.Why }

// Check returns a SettingError if c makes no sense.
func (c Config) Check() error {
	bad := func(name, format string, args ...any) error {
		return &SettingError{name, fmt.Sprintf(format, args...)}
	}
	switch {
	case c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0):
		return bad("rate", "is %g; want orders per second, or 0 with a window", c.Rate)
	case c.Window < 0:
		return bad("window", "is %d; want the number of orders under way", c.Window)
	case c.Rate == 0 && c.Window == 0:
		return bad("rate", "is 0 and there is no window; want one of them")
	case c.Rate > 0 && c.Window > 0:
		return bad("window", "is %d and the rate is %g; want one of them", c.Window, c.Rate)
	case c.Duration <= 0:
		return bad("duration", "is %s; want more than nothing", c.Duration)
	case c.Warmup < 0:
		return bad("warmup", "is %s; want nothing or more", c.Warmup)
	}
	return c.checkOrders(bad)
}

// checkOrders checks what is said of single orders.
func (c Config) checkOrders(bad func(name, format string, args ...any) error) error {
	switch {
	case c.SKUs < 0 || c.SKUs > MaxSKUs:
		return bad("skus", "is %d; want 1 to %d", c.SKUs, MaxSKUs)
	case c.Lines < 0 || c.Lines > MaxLines:
		return bad("lines", "is %d; want 1 to %d", c.Lines, MaxLines)
	case cmp.Or(c.Lines, 1) > cmp.Or(c.SKUs, 1):
		return bad("lines", "is %d and skus is %d; an order names each item once", c.Lines, cmp.Or(c.SKUs, 1))
	case !(c.WatchShare >= 0 && c.WatchShare <= 1): // NaN too
		return bad("watch-share", "is %g; want 0 to 1", c.WatchShare)
	case c.Watches < 0:
		return bad("watches", "is %d; want none or more", c.Watches)
	case c.AtOnce < 0:
		return bad("at-once", "is %d; want one or more", c.AtOnce)
	case c.Deadline < 0:
		return bad("deadline", "is %s; want more than nothing", c.Deadline)
	case c.Drain < 0:
		return bad("drain", "is %s; want more than nothing", c.Drain)
	case c.Poll < 0:
		return bad("poll", "is %s; want more than nothing", c.Poll)
	}
	for o, weight := range c.Mix {
		if !sensible(weight) {
			return bad("mix", "has %g for %s; want weights of 0 or more", weight, Outcome(o))
		}
	}
	return nil
}

// complete returns c with defaults in place of what was left out.
func (c Config) complete() Config {
	if c.Mix == (Mix{}) {
		c.Mix[Happy] = 1
	}
	c.SKUs, c.Lines = cmp.Or(c.SKUs, 1), cmp.Or(c.Lines, 1)
	c.Watches = cmp.Or(c.Watches, DefaultWatches)
	c.Deadline, c.Drain = cmp.Or(c.Deadline, DefaultDeadline), cmp.Or(c.Drain, DefaultDrain)
	if c.Window > 0 {
		c.AtOnce = cmp.Or(c.AtOnce, windowAtOnce)
		c.Poll = cmp.Or(c.Poll, windowPoll)
	}
	c.AtOnce = cmp.Or(c.AtOnce, defaultAtOnce)
	c.Poll = cmp.Or(c.Poll, min(ratePoll, max(c.Duration/8, windowPoll)))
	return c
}

// sending is how long orders are sent.
func (c Config) sending() time.Duration { return c.Warmup + c.Duration }

// Run stocks the shop, places orders, waits until they have ended, and reports.
// Observe, if not nil, is called every second, by one goroutine. When ctx is
// done no more orders are sent, and those under way are still waited for. The
// error says that the load could not be made, or not be seen through; what the
// shop did with it is in the report, also beside an error.
func Run(ctx context.Context, c Config, observe func(Tick)) (Report, error) {
	if err := c.Check(); err != nil {
		return Report{}, err
	}
	if observe == nil {
		observe = func(Tick) {}
	}
	r := newRun(c.complete())
	if err := r.prepare(ctx); err != nil {
		return Report{}, err
	}
	r.drive(ctx, observe)
	return r.report(ctx.Err() != nil), nil
}

// newRunID returns what the ids of a run begin with.
func newRunID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}
