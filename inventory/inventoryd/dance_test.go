package inventoryd

import (
	"fmt"
	"testing"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
)

// TestPartIsWhatInventoryDoes walks through all that may become of one item and
// of one order's goods.
func TestPartIsWhatInventoryDoes(t *testing.T) {
	t.Parallel()
	choreographytest.Check(t, Part, choreographytest.World[inventory.State, inventory.Command, inventory.Event, struct{}]{
		Decider: decider.Decider[inventory.State, inventory.Command, inventory.Event, struct{}]{
			Decide: inventory.Decide, Evolve: inventory.Evolve,
		},
		Met: choreographytest.And(
			choreographytest.Heard(t, react,
				authorized("o1", 2, "TEAPOT"), &paymentv1.PaymentCaptured{OrderId: "o1"},
				&orderv1.OrderCancellationRequested{OrderId: "o1"}, &orderv1.OrderCancelled{OrderId: "o1"},
			),
			whatStaffAsk(),
		),
		Says: choreographytest.Names(t, codec, says),
		Key: func(s inventory.State) string { // an item's version only counts up
			i := s.Items.Of("TEAPOT")
			i.Version = 0
			return fmt.Sprintf("%+v %+v", s.Reservation, i)
		},
	})
}

func whatStaffAsk() map[choreography.Cause][]inventory.Command {
	dear, cheap := inventory.Money{Amount: 2105, Currency: "EUR"}, inventory.Money{Amount: 100, Currency: "EUR"}
	return map[choreography.Cause][]inventory.Command{
		choreography.Request(inventoryv1.InventoryService_AddItem_FullMethodName): {
			inventory.List{SKU: "TEAPOT", Name: "A teapot", Price: dear},
		},
		choreography.Request(inventoryv1.InventoryService_SetPrice_FullMethodName): {
			inventory.SetPrice{SKU: "TEAPOT", Price: dear}, inventory.SetPrice{SKU: "TEAPOT", Price: cheap},
		},
		choreography.Request(inventoryv1.InventoryService_ReceiveStock_FullMethodName): {
			inventory.Receive{SKU: "TEAPOT", Quantity: 3, Request: "r1"},
		},
	}
}
