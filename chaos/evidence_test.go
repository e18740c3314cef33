package chaos

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox"
	"orpheus.example/onebox/verify"
)

// What is known of an order is kept before the databases go: its events and mails,
// or why there are none.
func TestEvidenceIsGathered(t *testing.T) {
	t.Parallel()
	box, err := onebox.Open(t.Context(), onebox.Config{Instant: true, Stepped: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close(context.Background()) })
	if _, err := box.Stock().AddItem(t.Context(), &inventoryv1.AddItemRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Name: "A teapot", Price: &money.Money{CurrencyCode: "EUR", Units: 21},
	}); err != nil {
		t.Fatal(err)
	}
	if err := box.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	placed, err := box.Orders().PlaceOrder(t.Context(), &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo: &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:  []*orderv1.PlaceOrderLine{{Sku: "TEAPOT", Quantity: 1}}, PaymentToken: "tok_ok",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	order, unknown := placed.GetOrderId(), uuid.NewString()
	wrong := []verify.Violation{{ID: order, What: "has no mail"}, {ID: order, What: "has two parcels"}}
	var r Report
	r.gather(t.Context(), verify.Config{Orders: box.Orders(), Mails: box.Mails()}, verify.Report{
		Waiting: []verify.Violation{{ID: unknown, What: "is nowhere"}}, Checks: []verify.Check{{Name: "mails", Violations: wrong}},
	}, &witness{made: []promise{{order: uuid.NewString()}, {order: order, turn: 7}}})
	for line, want := range map[string]int{
		order + ": ": len(r.Evidence) - 1, "event 1 at ": 1, "mail 1 about order.v1.OrderPlaced ": 1, "acknowledged in turn": 1, "turn 7": 1,
		unknown + ": its events: ": 1,
	} {
		got := 0
		for _, l := range r.Evidence {
			if strings.Contains(l, line) {
				got++
			}
		}
		if got != want {
			t.Errorf("%q stands in %d lines; want %d of:\n%s", line, got, want, strings.Join(r.Evidence, "\n"))
		}
	}
	if own := r.Evidence[1:]; len(own) < 2 || !slices.IsSorted(own) {
		t.Errorf("lines are not by time:\n%s", strings.Join(own, "\n"))
	}
}
