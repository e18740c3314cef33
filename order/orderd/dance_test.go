package orderd

import (
	"fmt"
	"testing"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
	"orpheus.example/order"
)

// TestPartIsWhatOrderDoes walks through all phases of an order, whatever is
// heard, asked or due in them.
func TestPartIsWhatOrderDoes(t *testing.T) {
	t.Parallel()
	choreographytest.Check(t, Part, choreographytest.World[order.State, order.Command, order.Event, struct{}]{
		Decider: decider.Decider[order.State, order.Command, order.Event, struct{}]{
			Decide: order.Decide, Evolve: order.Evolve, Wake: order.Wake,
		},
		Met:   choreographytest.And(whatOthersSay(t), whatCallersAsk()),
		Says:  choreographytest.Names(t, codec, says),
		Alarm: alarmOf,
		Key: func(s order.State) string { // what is only recorded decides nothing
			return fmt.Sprint(s.Phase, s.Leaving, s.Reason, s.Prices)
		},
	})
}

func whatOthersSay(t *testing.T) map[choreography.Cause][]order.Command {
	t.Helper()
	id, price := details.Order, &moneypb.Money{CurrencyCode: "EUR", Units: 21}
	return choreographytest.Heard(t, react,
		&inventoryv1.ItemListed{Sku: "TEAPOT", Name: "A teapot", Price: price, ItemVersion: 1},
		&inventoryv1.ItemPriceChanged{Sku: "TEAPOT", Name: "A teapot", Price: price, ItemVersion: 2},
		&inventoryv1.StockReserved{OrderId: id}, &inventoryv1.StockUnavailable{OrderId: id},
		&inventoryv1.StockReleased{OrderId: id}, &inventoryv1.StockReleaseRefused{OrderId: id},
		&inventoryv1.StockDispatched{OrderId: id},
		&paymentv1.PaymentAuthorized{OrderId: id, Amount: price}, &paymentv1.PaymentDeclined{OrderId: id},
		&paymentv1.PaymentCaptured{OrderId: id, Amount: price}, &paymentv1.PaymentCaptureFailed{OrderId: id},
		&paymentv1.PaymentVoided{OrderId: id, Amount: price}, &paymentv1.PaymentRefunded{OrderId: id, Amount: price},
		&shippingv1.ShipmentBooked{OrderId: id}, &shippingv1.ShipmentRefused{OrderId: id},
		&shippingv1.ShipmentShipped{OrderId: id}, &shippingv1.ShipmentDelivered{OrderId: id},
		&shippingv1.ShipmentCancelled{OrderId: id},
	)
}

func whatCallersAsk() map[choreography.Cause][]order.Command {
	return map[choreography.Cause][]order.Command{
		choreography.Request(orderv1.OrderService_PlaceOrder_FullMethodName): {order.Place{
			Order: details.Order, Customer: "ann", Wanted: []order.Wanted{{SKU: "TEAPOT", Quantity: 2}},
			At: noon, PayBy: noon.Add(time.Minute), FulfilBy: noon.Add(time.Hour),
		}},
		choreography.Request(orderv1.OrderService_CancelOrder_FullMethodName): {order.Cancel{Reason: order.ByCustomer}},
	}
}

func alarmOf(s order.State) string {
	if s.Phase == order.Placed {
		return payBy
	}
	return fulfilBy
}
