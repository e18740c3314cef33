package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
	"orpheus.example/onebox"
	"orpheus.example/onebox/verify"
	"orpheus.example/order"
)

const (
	// Speed is that of parcels and slow banks in the tour: a parcel takes three
	// quarters of a second.
	Speed = 4
	// sceneWithin is how long one scene may take on a slow machine.
	sceneWithin = 20 * time.Second
	// look is how often the end of a scene is looked for.
	look = 10 * time.Millisecond
	// width is that of the narrowest terminal.
	width = 79
)

// ErrOtherwise says that something is not as it is told.
var ErrOtherwise = errors.New("the tour is not true")

// A Config says how the tour is given.
type Config struct {
	Pause time.Duration // between scenes, for the audience
}

// A guide gives one tour.
type guide struct {
	box *onebox.Box
	out io.Writer
	log *listener
}

// Run opens a shop in memory, gives the tour in it and closes it.
func Run(ctx context.Context, out io.Writer, c Config) (err error) {
	box, err := onebox.Open(ctx, onebox.Config{
		Speed: Speed, TrackEvery: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- box.Run(running) }()
	err = Play(ctx, out, box, c)
	stop()
	return errors.Join(err, <-ended, box.Close(context.WithoutCancel(ctx)))
}

// Play gives the tour in a shop that runs, and in which nothing has happened yet.
// The shop goes on afterwards.
func Play(ctx context.Context, out io.Writer, box *onebox.Box, c Config) error {
	g := &guide{box: box, out: out, log: newListener(box)}
	g.sayf("Orpheus: a shop of five services, and nobody who conducts them. Each says what")
	g.sayf("has happened, hears what others say, and knows what to do about it.")
	g.sayf("")
	if err := g.open(ctx); err != nil {
		return err
	}
	for i, s := range scenes {
		if err := g.play(ctx, i+1, s); err != nil {
			return fmt.Errorf("scene %d, %s: %w", i+1, s.title, err)
		}
		if err := loop.Sleep(ctx, c.Pause); err != nil {
			return err
		}
	}
	return g.verify(ctx)
}

func (g *guide) sayf(format string, args ...any) {
	_, _ = fmt.Fprintln(g.out, strings.TrimRight(fmt.Sprintf(format, args...), " ")) // who does not listen misses the tour, and no more
}

// open puts the teapots on sale, and waits until an order of them can be priced:
// prices are heard over the bus like all else.
func (g *guide) open(ctx context.Context) error {
	if _, err := g.box.Stock().AddItem(ctx, &inventoryv1.AddItemRequest{
		RequestId: requestID(), Sku: sku, Name: "Teapot", Price: euros(price),
	}); err != nil {
		return fmt.Errorf("put %s on sale: %w", sku, err)
	}
	if _, err := g.box.Stock().ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{
		RequestId: requestID(), Sku: sku, Quantity: stock,
	}); err != nil {
		return fmt.Errorf("receive %s: %w", sku, err)
	}
	g.sayf("There are %d teapots on the shelf, at %s EUR each.", stock, cents(price))
	return g.await(ctx, "order knows the price", func(ctx context.Context) error {
		book, err := g.box.Store("order").ReadStream(ctx, order.PriceStream(sku), 0, 1)
		if err == nil && len(book) == 0 {
			err = errNotYet
		}
		return err
	})
}

func request(s scene) *orderv1.PlaceOrderRequest {
	return &orderv1.PlaceOrderRequest{
		RequestId: requestID(), CustomerId: "demo", Email: "demo@example.com", Name: "Demo",
		ShipTo:       &orderv1.Address{Street: s.street, City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: sku, Quantity: s.quantity}},
		PaymentToken: s.token,
	}
}

// play plays one scene.
func (g *guide) play(ctx context.Context, n int, s scene) error {
	title := fmt.Sprintf("--- %d. %s ", n, s.title)
	g.sayf("\n%s%s", title, strings.Repeat("-", width-len(title)))
	for _, l := range s.told {
		g.sayf("%s", l)
	}
	g.sayf("")
	before, err := g.onHand(ctx)
	if err != nil {
		return err
	}
	placed, err := g.box.Orders().PlaceOrder(ctx, request(s))
	if err != nil {
		return fmt.Errorf("place: %w", err)
	}
	id := placed.GetOrderId()
	if s.cancel {
		if _, err := g.box.Orders().CancelOrder(ctx, &orderv1.CancelOrderRequest{OrderId: id, RequestId: requestID()}); err != nil {
			return fmt.Errorf("cancel: %w", err)
		}
	}
	if err := g.listen(ctx, id, s); err != nil {
		return err
	}
	return g.checkEnd(ctx, id, s, before)
}

// listen tells the facts of an order as they are said, until all that have to be
// said were.
func (g *guide) listen(ctx context.Context, id string, s scene) error {
	var said []string
	var last time.Time
	return g.await(ctx, "all facts are said", func(ctx context.Context) error {
		facts, err := g.log.facts(ctx, id)
		if err != nil {
			return err
		}
		for _, f := range facts {
			after := ""
			if !last.IsZero() {
				after = fmt.Sprintf("%+.1f ms", f.at.Sub(last).Seconds()*1e3)
			}
			last = f.at
			said = append(said, f.kind)
			g.sayf("%12s  %-10s %-27s %s", after, f.by, f.kind, f.detail)
		}
		return compare(said, s.facts)
	})
}

// verify ends the tour.
func (g *guide) verify(ctx context.Context) error {
	g.sayf("\n--- Do all books tell the same? %s", strings.Repeat("-", width-32))
	b := g.box
	report, err := verify.Run(ctx, verify.Config{
		Orders: b.Orders(), Payments: b.Payments(), Stock: b.Stock(), Shipments: b.Shipments(), Mails: b.Mails(),
		Sandbox: onebox.World, Transport: b.Transport(), Received: map[string]int64{sku: stock}, Patience: sceneWithin,
	})
	if err != nil {
		return err
	}
	if err := report.Write(g.out); err != nil {
		return err
	}
	return report.Err()
}

// await calls f until it returns nil.
func (g *guide) await(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sceneWithin)
	defer cancel()
	for {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrOtherwise) && !errors.Is(err, errNotYet) {
			return err
		}
		if loop.Sleep(ctx, look) != nil {
			return fmt.Errorf("%s: not within %s: %w", what, sceneWithin, err)
		}
	}
}

func euros(c int64) *moneypb.Money {
	return &moneypb.Money{CurrencyCode: "EUR", Units: c / 100, Nanos: int32(c % 100 * 10_000_000)}
}

func cents(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// requestID returns an id that begins with the time, as those of good clients do.
func requestID() string { return uuid.Must(uuid.NewV7()).String() }
