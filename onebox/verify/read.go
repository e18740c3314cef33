package verify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

const (
	// pageSize is what the services give at most.
	pageSize = 200
	// readers is how many orders are read at once. The services have eight
	// connections to their databases and other callers.
	readers = 6
)

// books are all that was read.
type books struct {
	orders []*dossier
	known  map[string]*dossier
	stats  []*orderv1.OrderStateStats
	items  []*inventoryv1.Item
	world  *world // nil if it was not asked for
	moved  bool   // orders moved while they were read, or came new

	unlisted bool // neither lists nor sums were read
}

// A dossier is all that the services say of one order.
type dossier struct {
	id       string
	listed   *orderv1.OrderSummary
	order    *orderv1.Order
	events   []*orderv1.OrderEvent
	progress *orderv1.GetOrderProgressResponse
	payment  *paymentv1.Payment   // nil if payment has not heard of it
	shipment *shippingv1.Shipment // nil if shipping has not
	mails    []*notifyv1.Message
	at       time.Time // when its reading began: it says nothing of what came later
	moved    bool      // it was not the same at the end of reading as at its beginning
	rest     bool      // it has ended, and nobody owes anything for it
}

// read reads everything. The lists of orders and the sums come before and after
// the orders themselves, so that whatever moved meanwhile is known.
func read(ctx context.Context, c Config) (*books, error) {
	b := &books{known: map[string]*dossier{}}
	listed, err := listOrders(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, s := range listed {
		d := &dossier{id: s.GetOrderId(), listed: s}
		b.orders, b.known[d.id] = append(b.orders, d), d
	}
	if err := b.readOrders(ctx, c); err != nil {
		return nil, err
	}
	stats, err := c.Orders.GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	if err != nil {
		return nil, fmt.Errorf("read statistics: %w", err)
	}
	b.stats = stats.GetStats()
	if b.items, err = readItems(ctx, c); err != nil {
		return nil, err
	}
	if c.Sandbox != "" {
		if b.world, err = readWorld(ctx, c, b.orders); err != nil {
			return nil, err
		}
	}
	return b, b.lookAgain(ctx, c)
}

// readOrders reads the dossiers, several at once.
func (b *books) readOrders(ctx context.Context, c Config) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	var mu sync.Mutex
	done := 0
	for _, d := range b.orders {
		g.Go(func() error {
			if err := d.read(ctx, c); err != nil {
				return fmt.Errorf("read order %s: %w", d.id, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			c.Progress(done, len(b.orders))
			return nil
		})
	}
	return g.Wait()
}

// lookAgain lists the orders once more and marks what has moved. An order that
// is not in the list yet has moved too: the sums hold it, the dossiers do not.
func (b *books) lookAgain(ctx context.Context, c Config) error {
	again, err := listOrders(ctx, c)
	if err != nil {
		return err
	}
	b.moved = len(again) != len(b.orders)
	for _, s := range again {
		d := b.known[s.GetOrderId()]
		if d == nil {
			continue
		}
		d.moved = d.moved || s.GetVersion() > d.order.GetVersion()
		b.moved = b.moved || d.moved
		// The list is a view that follows; only what it shows at last counts.
		d.listed = s
	}
	return nil
}

func (d *dossier) read(ctx context.Context, c Config) error {
	d.at = c.Now()
	order, err := c.Orders.GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: d.id})
	if err != nil {
		return err
	}
	d.order = order.GetOrder()
	if err := d.readTrail(ctx, c); err != nil {
		return err
	}
	if d.progress, err = c.Orders.GetOrderProgress(ctx, &orderv1.GetOrderProgressRequest{OrderId: d.id}); err != nil {
		return err
	}
	if err := d.readOthers(ctx, c); err != nil {
		return err
	}
	again, err := c.Orders.GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: d.id})
	d.moved = again.GetOrder().GetVersion() != d.order.GetVersion()
	return err
}

func (d *dossier) readTrail(ctx context.Context, c Config) error {
	for token := ""; ; {
		r, err := c.Orders.ListOrderEvents(ctx, &orderv1.ListOrderEventsRequest{OrderId: d.id, PageSize: pageSize, PageToken: token})
		if err != nil {
			return err
		}
		d.events = append(d.events, r.GetEvents()...)
		if token = r.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

// readOthers reads what payment, shipping and notify know of the order. Not to
// have heard of an order is no error: it may have ended before.
func (d *dossier) readOthers(ctx context.Context, c Config) error {
	paid, err := c.Payments.GetPayment(ctx, &paymentv1.GetPaymentRequest{OrderId: d.id})
	if err != nil && status.Code(err) != codes.NotFound {
		return err
	}
	shipped, err := c.Shipments.GetShipment(ctx, &shippingv1.GetShipmentRequest{OrderId: d.id})
	if err != nil && status.Code(err) != codes.NotFound {
		return err
	}
	d.payment, d.shipment = paid.GetPayment(), shipped.GetShipment()
	for token := ""; ; {
		r, err := c.Mails.ListMessages(ctx, &notifyv1.ListMessagesRequest{OrderId: d.id, PageSize: pageSize, PageToken: token})
		if err != nil {
			return err
		}
		d.mails = append(d.mails, r.GetMessages()...)
		if token = r.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

func listOrders(ctx context.Context, c Config) ([]*orderv1.OrderSummary, error) {
	var all []*orderv1.OrderSummary
	for token := ""; ; {
		r, err := c.Orders.ListOrders(ctx, &orderv1.ListOrdersRequest{PageSize: pageSize, PageToken: token})
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		all = append(all, r.GetOrders()...)
		if token = r.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// readItems reads the stock item by item, because the list is a view that may be
// a moment behind.
func readItems(ctx context.Context, c Config) ([]*inventoryv1.Item, error) {
	listed, err := listItems(ctx, c)
	if err != nil {
		return nil, err
	}
	items := make([]*inventoryv1.Item, len(listed))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, one := range listed {
		g.Go(func() error {
			r, err := c.Stock.GetItem(ctx, &inventoryv1.GetItemRequest{Sku: one.GetSku()})
			if err != nil {
				return fmt.Errorf("read item %s: %w", one.GetSku(), err)
			}
			items[i] = r.GetItem()
			return nil
		})
	}
	return items, g.Wait()
}

func listItems(ctx context.Context, c Config) ([]*inventoryv1.Item, error) {
	var all []*inventoryv1.Item
	for token := ""; ; {
		r, err := c.Stock.ListItems(ctx, &inventoryv1.ListItemsRequest{PageSize: pageSize, PageToken: token})
		if err != nil {
			return nil, fmt.Errorf("list items: %w", err)
		}
		all = append(all, r.GetItems()...)
		if token = r.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}
