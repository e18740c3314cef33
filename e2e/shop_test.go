package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"orpheus.example/deploy/devstack"
	"orpheus.example/deploy/devstack/stacktest"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/loop"
)

// within is how long anything may take that nothing hinders, on a slow machine that
// is busy with other tests.
const within = 3 * time.Minute

// price is that of every item, in whole euros.
const price = 21

// A shop is a running stack and its callers.
type shop struct {
	*devstack.Stack
	orders    orderv1.OrderServiceClient
	payments  paymentv1.PaymentServiceClient
	stock     inventoryv1.InventoryServiceClient
	shipments shippingv1.ShippingServiceClient
	mails     notifyv1.NotifyServiceClient

	// mayRepeat is set once a crash may have come between a mail and the record
	// that it was sent: then it may come again, as the same message.
	mayRepeat bool
}

// open starts a stack for this test alone. Env is for all daemons.
func open(t *testing.T, env ...string) *shop {
	t.Helper()
	return openWith(t, devstack.Config{Env: map[string][]string{"": env}})
}

// openWith does the same with more to say.
func openWith(t *testing.T, c devstack.Config) *shop {
	t.Helper()
	c.Env[""] = append(c.Env[""], "ORPHEUS_SANDBOX_SPEED=20")
	stack := stacktest.Start(t, c)
	// RabbitMQ 3.10 forgets a queue that was made within about a second before
	// it is killed (rabbitmq/ra#443), so no test begins before that is over.
	if err := stack.Rabbit.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &shop{Stack: stack}
	s.orders = orderv1.NewOrderServiceClient(s.dial(t, "order"))
	s.payments = paymentv1.NewPaymentServiceClient(s.dial(t, "payment"))
	s.stock = inventoryv1.NewInventoryServiceClient(s.dial(t, "inventory"))
	s.shipments = shippingv1.NewShippingServiceClient(s.dial(t, "shipping"))
	s.mails = notifyv1.NewNotifyServiceClient(s.dial(t, "notify"))
	return s
}

// dial connects to a daemon, for as long as the test lasts.
func (s *shop) dial(t *testing.T, name string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.Addr(name), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(patient))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// patient makes a call again while a service says that it cannot answer now, as
// every caller may: a request has an id, and is the same request then. On a machine
// that is busy enough that can happen at any time.
func patient(ctx context.Context, method string, r, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
	for begun := time.Now(); ; {
		err := call(ctx, method, r, answer, conn, o...)
		switch status.Code(err) {
		case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		default:
			return err
		}
		if time.Since(begun) > within || loop.Sleep(ctx, 50*time.Millisecond) != nil {
			return err
		}
	}
}

// list puts an item on sale with so many pieces, and waits until an order of it
// is priced.
func (s *shop) list(t *testing.T, sku string, pieces int64) {
	t.Helper()
	_, err := s.stock.AddItem(t.Context(), &inventoryv1.AddItemRequest{
		RequestId: uuid.NewString(), Sku: sku, Name: "Item " + sku, Price: eur(price),
	})
	if err != nil {
		t.Fatal(err)
	}
	if pieces > 0 {
		_, err = s.stock.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: sku, Quantity: pieces})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.awaitPrice(t, sku)
}

// awaitPrice tries an order that can be priced, and is refused all the same,
// until the price is known: prices come over the broker.
func (s *shop) awaitPrice(t *testing.T, sku string) {
	t.Helper()
	eventually(t, "order knows the price of "+sku, func() error {
		r := order(sku, 1)
		r.Lines = append(r.Lines, &orderv1.PlaceOrderLine{Sku: "NO-SUCH-ITEM", Quantity: 1})
		_, err := s.orders.PlaceOrder(t.Context(), r)
		if status.Code(err) != codes.InvalidArgument || fieldOf(err) != "lines[1].sku" {
			return fmt.Errorf("PlaceOrder = %w", err)
		}
		return nil
	})
}

// order is a request for pieces of an item that nothing speaks against.
func order(sku string, pieces int64) *orderv1.PlaceOrderRequest {
	return &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: sku, Quantity: pieces}},
		PaymentToken: "tok_ok",
	}
}

func (s *shop) mustPlace(t *testing.T, r *orderv1.PlaceOrderRequest) string {
	t.Helper()
	placed, err := s.orders.PlaceOrder(t.Context(), r)
	if err != nil {
		t.Fatalf("PlaceOrder: %v", err)
	}
	return placed.GetOrderId()
}

func (s *shop) order(ctx context.Context, id string) (*orderv1.Order, error) {
	r, err := s.orders.GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: id})
	return r.GetOrder(), err
}

// awaitState waits until an order is in a state.
func (s *shop) awaitState(t *testing.T, id string, want orderv1.OrderState) *orderv1.Order {
	t.Helper()
	var o *orderv1.Order
	eventually(t, "order "+id+" is "+want.String(), func() (err error) {
		if o, err = s.order(t.Context(), id); err == nil && o.GetState() != want {
			err = fmt.Errorf("it is %s", o.GetState())
		}
		return err
	})
	return o
}

// level returns the stock of an item.
func (s *shop) level(t *testing.T, sku string) *inventoryv1.Item {
	t.Helper()
	r, err := s.stock.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: sku})
	if err != nil {
		t.Fatal(err)
	}
	return r.GetItem()
}

// look reads a page of the sandbox.
func (s *shop) look(t *testing.T, path string, into any) {
	t.Helper()
	r, err := http.Get(s.Sandbox() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", path, r.Status, err)
	}
}

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

// eventually calls f until it returns nil, and fails the test if that takes too
// long. It asks often enough not to slow a test down, and not so often as to slow
// the shop down.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	awaitWithin(t, within, what, f)
}

// awaitWithin is eventually with a time of its own.
func awaitWithin(t *testing.T, within time.Duration, what string, f func() error) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s: %v", within, what, err)
		}
	}
}
