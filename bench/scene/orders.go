package scene

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"orpheus.example/bench/stand"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
)

const (
	// item is what is ordered where one order counts, and not many.
	item = "BENCH-ONE"
	// poll is how often an order is looked at whose end is awaited.
	poll = 2 * time.Millisecond
	// slowPoll is the same for many orders at once, who must not be held up by it.
	slowPoll = 20 * time.Millisecond
	// awaitWithin is how long anything is awaited.
	awaitWithin = 5 * time.Minute
	// placers is how many orders are placed at a time.
	placers = 64
)

// stock puts the item on sale. That order knows its price is for place to wait for.
func stock(ctx context.Context, s *stand.Stand, pieces int64) error {
	_, err := s.Stock.AddItem(ctx, &inventoryv1.AddItemRequest{
		RequestId: requestID(), Sku: item, Name: "Item", Price: &moneypb.Money{CurrencyCode: "EUR", Units: 21},
	})
	if err != nil {
		return err
	}
	_, err = s.Stock.ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{RequestId: requestID(), Sku: item, Quantity: pieces})
	if err != nil {
		return err
	}
	return err
}

// place places one order, again until it is taken: a service that has just
// started may not answer yet, or not know the item.
func place(ctx context.Context, s *stand.Stand) (id string, err error) {
	r := request()
	err = await(ctx, func(ctx context.Context) (bool, error) {
		placed, err := s.Orders[0].PlaceOrder(ctx, r)
		id = placed.GetOrderId()
		switch status.Code(err) {
		case codes.Unavailable, codes.ResourceExhausted, codes.InvalidArgument:
			return false, nil
		default:
			return err == nil, err
		}
	})
	return id, err
}

// placeMany places so many orders, several at a time.
func placeMany(ctx context.Context, s *stand.Stand, n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	group, ctx := errgroup.WithContext(ctx)
	for range placers {
		group.Go(func() error {
			for left.Add(-1) >= 0 {
				if _, err := place(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// delivered waits until an order is delivered.
func delivered(ctx context.Context, s *stand.Stand, id string) error {
	return await(ctx, func(ctx context.Context) (bool, error) {
		r, err := s.Orders[0].GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: id})
		return r.GetOrder().GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED, err
	})
}

// countDelivered returns how many orders are delivered, as the shop shows it.
func countDelivered(ctx context.Context, s *stand.Stand) (int64, error) {
	r, err := s.Orders[0].GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	if err != nil {
		return 0, err
	}
	var n int64
	for _, one := range r.GetStats() {
		if one.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED {
			n += one.GetCount()
		}
	}
	return n, nil
}

func request() *orderv1.PlaceOrderRequest {
	return &orderv1.PlaceOrderRequest{
		RequestId: requestID(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: item, Quantity: 1}},
		PaymentToken: "tok_ok",
	}
}

// await asks until the answer is yes.
func await(ctx context.Context, ask func(context.Context) (bool, error)) error {
	return awaitEvery(ctx, poll, ask)
}

func awaitEvery(ctx context.Context, pause time.Duration, ask func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, awaitWithin)
	defer cancel()
	again := time.NewTicker(pause)
	defer again.Stop()
	for {
		yes, err := ask(ctx)
		if yes || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain: %w", ctx.Err())
		}
	}
}

// requestID returns an id that begins with the time, as those of good clients do.
func requestID() string { return uuid.Must(uuid.NewV7()).String() }
