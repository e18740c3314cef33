package dance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/onebox"
	"orpheus.example/onebox/dance"
)

// TestWhatHappensIsInTheChoreography lets orders go well, fail and be cancelled
// in a shop, and lays what the services kept beside the graph: as it is, and with
// a fact hidden that others rest on.
func TestWhatHappensIsInTheChoreography(t *testing.T) {
	t.Parallel()
	logs := logsOfAShop(t)
	if err := dance.Follow(t.Context(), logs); err != nil {
		t.Errorf("Follow = %v", err)
	}
	for hidden, want := range map[string]string{
		"order.v1.OrderPlaced":          "payment: some call -> payment.v1.PaymentAuthorized",
		"inventory.v1.StockReserved":    "order: some request -> order.v1.OrderConfirmed",
		"shipping.v1.ShipmentDelivered": "order: some request -> order.v1.OrderDelivered",
	} {
		gappy := map[string]eventlog.Log{}
		for service, log := range logs {
			gappy[service] = gap{log, hidden}
		}
		if err := dance.Follow(t.Context(), gappy); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Follow without %s = %v; want %q in it", hidden, err, want)
		}
	}
}

// A gap is a log in which one kind of record cannot be told from the services'
// own.
type gap struct {
	eventlog.Log
	hidden string
}

// ReadAll returns the records with the hidden ones made unknown.
func (g gap) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	records, err := g.Log.ReadAll(ctx, after, limit)
	for i, r := range records {
		if r.Type == g.hidden {
			records[i].Type, records[i].ID = "hidden", uuid.Nil
		}
	}
	return records, err
}

// logsOfAShop returns what the services have kept of a few orders.
func logsOfAShop(t *testing.T) map[string]eventlog.Log {
	t.Helper()
	b := open(t)
	for _, token := range []string{"tok_ok", "tok_declined", "tok_capture_fails"} {
		place(t, b, token, 1)
	}
	place(t, b, "tok_ok", 1000) // more than there are
	if _, err := b.Orders().CancelOrder(t.Context(), &orderv1.CancelOrderRequest{
		RequestId: uuid.NewString(), OrderId: place(t, b, "tok_ok", 1), Reason: "changed my mind",
	}); err != nil {
		t.Fatal(err)
	}
	for range 6 { // a parcel takes three seconds
		settle(t, b)
		b.Advance(time.Second)
	}
	settle(t, b)
	logs := map[string]eventlog.Log{}
	for _, p := range dance.Graph().Parts() {
		logs[p.Service] = b.Store(p.Service)
	}
	return logs
}

func open(t *testing.T) *onebox.Box {
	t.Helper()
	b, err := onebox.Open(t.Context(), onebox.Config{Stepped: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.Stock().AddItem(t.Context(), &inventoryv1.AddItemRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Name: "Teapot", Price: &moneypb.Money{CurrencyCode: "EUR", Units: 21},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stock().ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Quantity: 10,
	}); err != nil {
		t.Fatal(err)
	}
	settle(t, b)
	return b
}

func place(t *testing.T, b *onebox.Box, token string, pieces int64) (order string) {
	t.Helper()
	placed, err := b.Orders().PlaceOrder(t.Context(), &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "TEAPOT", Quantity: pieces}},
		PaymentToken: token,
	})
	if err != nil {
		t.Fatal(err)
	}
	return placed.GetOrderId()
}

func settle(t *testing.T, b *onebox.Box) {
	t.Helper()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
