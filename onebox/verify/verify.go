package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/loop"
)

// A Config says whom to ask. The five clients are required.
type Config struct {
	Orders    orderv1.OrderServiceClient
	Payments  paymentv1.PaymentServiceClient
	Stock     inventoryv1.InventoryServiceClient
	Shipments shippingv1.ShippingServiceClient
	Mails     notifyv1.NotifyServiceClient

	// Sandbox is the URL of the outside world's books, such as
	// "http://localhost:7200". Without it the books are not compared, and the
	// report says so.
	Sandbox string
	// Transport carries the calls to Sandbox; http.DefaultTransport by default.
	Transport http.RoundTripper
	// Carriers are whose books there are; swift and steady by default.
	Carriers []string

	// Received is how many pieces of an item ever came in, for those items of
	// which the caller knows. Nothing that can be asked tells it.
	Received map[string]int64
	// Copies is how often the mail server may have got one and the same mail;
	// 1 by default. An answer of the mail server that was lost, as in a crash,
	// makes one copy more.
	Copies int
	// Patience is how long to wait for orders that are under way before the
	// books are compared; 0 takes them as they are.
	Patience time.Duration
	// Grace is how long after its deadline an awaited step may be late before
	// the order counts as stuck; a minute by default. It has to cover what the
	// clocks of caller and services differ by.
	Grace time.Duration
	// Now is the time; time.Now by default.
	Now func() time.Time
	// Progress hears how many orders are read, of how many that are known so
	// far. It is called from one goroutine at a time.
	Progress func(read, known int)
}

// complete returns c with defaults in place of what was left out.
func (c Config) complete() Config {
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if len(c.Carriers) == 0 {
		c.Carriers = []string{"swift", "steady"}
	}
	if c.Copies == 0 {
		c.Copies = 1
	}
	if c.Grace == 0 {
		c.Grace = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(int, int) {}
	}
	return c
}

// settlePause is how long to wait before looking again whether orders have come
// to rest: long enough not to slow them down by looking.
const settlePause = 100 * time.Millisecond

// Run reads all books and compares them. The error says that they could not be
// read; what was found in them is in the report.
func Run(ctx context.Context, c Config) (Report, error) {
	c = c.complete()
	deadline := c.Now().Add(c.Patience)
	for {
		b, err := read(ctx, c)
		if err != nil {
			return Report{}, fmt.Errorf("verify: %w", err)
		}
		r := compare(c, b)
		// What is found while orders are under way may be that only: a list
		// which is a moment behind, a mail not yet sent. So may be that nothing
		// is found, if orders came up that were not read.
		if r.Clean() && r.Open == 0 && !b.moved || !c.Now().Before(deadline) {
			return r, nil
		}
		if err := loop.Sleep(ctx, settlePause); err != nil {
			return r, fmt.Errorf("verify: %w", err)
		}
	}
}

// compare runs all checks over what was read.
func compare(c Config, b *books) Report {
	r := Report{Time: c.Now().UTC(), Orders: len(b.orders), World: b.world != nil, Waiting: []Violation{}}
	for _, o := range b.orders {
		o.rest = o.atRest(c)
	}
	for _, o := range b.orders {
		switch {
		case !o.rest:
			r.Open++
			r.Waiting = append(r.Waiting, Violation{ID: o.id, What: o.waitsFor()})
		case o.delivered():
			r.Delivered++
		default:
			r.Cancelled++
		}
	}
	for _, one := range checks {
		if one.needs == theWorld && b.world == nil || one.needs == lists && b.unlisted {
			continue
		}
		found := &Check{Name: one.name, Says: one.says, Violations: []Violation{}}
		one.run(c, b, found)
		r.Checks = append(r.Checks, *found)
	}
	return r
}

// A need is what a check cannot do without.
type need int

const (
	nothing  need = iota // but what the services say of every order
	theWorld             // the books of the outside world
	lists                // the services' lists and sums
)

// checks are all that is checked, in the order of the report.
var checks = []struct {
	name, says string
	needs      need
	run        func(Config, *books, *Check)
}{
	{"ended", "ended, or waits in time for a step it can name", nothing, checkEnded},
	{"one end", "delivered or cancelled, once, and nothing after", nothing, checkOneEnd},
	{"trail", "no gaps, no event twice, facts numbered in order", nothing, checkTrail},
	{"heard once", "no fact of another service was noted twice", nothing, checkHeardOnce},
	{"state", "the state is what the trail says", nothing, checkState},
	{"list", "ListOrders shows what GetOrder shows", lists, checkList},
	{"statistics", "GetOrderStats is the sum of all orders", lists, checkStats},
	{"total", "an order costs what its lines cost", nothing, checkTotal},
	{"money", "delivered is paid in full; cancelled keeps none", nothing, checkMoney},
	{"money first", "no goods left before their money was captured", nothing, checkMoneyFirst},
	{"provider", "the provider's ledger agrees on every payment", theWorld, checkProvider},
	{"stock", "nothing oversold; reserved is what orders hold", nothing, checkStock},
	{"parcels", "delivered has its parcel delivered, cancelled none", nothing, checkParcels},
	{"carriers", "a parcel per delivery; no live label if cancelled", theWorld, checkCarriers},
	{"mails", "one mail for every fact the customer is told", nothing, checkMails},
	{"mailbox", "every mail sent arrived, with an id of its own", theWorld, checkMailbox},
}
