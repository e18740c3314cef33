package orderd

import (
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
)

// The alarms of an order, by the deadline that has passed.
const (
	payBy    = "pay_by"
	fulfilBy = "fulfil_by"
)

// Part is order's part in the choreography: what package order decides, seen
// from outside. It drives nothing; a test explores all states of an order and
// compares.
var Part = choreography.Part{
	Service: Name,
	Says:    says.Names(),
	Hears:   hears.Names(),
	Moves: []choreography.Move{
		// What callers and the clock ask.
		{
			On:   choreography.Request(orderv1.OrderService_PlaceOrder_FullMethodName),
			Says: choreography.Facts(&orderv1.OrderPlaced{}), Sets: []string{payBy},
		},
		{On: choreography.Request(orderv1.OrderService_CancelOrder_FullMethodName), Says: cancellation},
		{On: choreography.Alarm(payBy), Says: cancellation},
		{On: choreography.Alarm(fulfilBy), Says: cancellation},

		// What makes it an order for good, or ends it at once.
		{
			On:   choreography.Fact(&inventoryv1.StockReserved{}),
			Says: choreography.Facts(&orderv1.OrderConfirmed{}), Sets: []string{fulfilBy},
		},
		{On: choreography.Fact(&paymentv1.PaymentDeclined{}), Says: choreography.Facts(&orderv1.OrderCancelled{})},
		{On: choreography.Fact(&inventoryv1.StockUnavailable{}), Says: choreography.Facts(&orderv1.OrderCancelled{})},

		// What makes it impossible to go on, and inventory's word on that.
		{On: choreography.Fact(&shippingv1.ShipmentRefused{}), Says: cancellation},
		{On: choreography.Fact(&paymentv1.PaymentCaptureFailed{}), Says: cancellation},
		{On: choreography.Fact(&inventoryv1.StockReleased{}), Says: choreography.Facts(&orderv1.OrderCancelled{})},
		{On: choreography.Fact(&inventoryv1.StockReleaseRefused{}), Says: choreography.Facts(&orderv1.OrderCancellationRefused{})},

		// How far the goods have come. The later may be heard before the earlier;
		// then all that lies between is said.
		{
			On:   choreography.Fact(&inventoryv1.StockDispatched{}),
			Says: choreography.Facts(&orderv1.OrderCancellationRefused{}, &orderv1.OrderDispatched{}),
		},
		{
			On:   choreography.Fact(&shippingv1.ShipmentShipped{}),
			Says: choreography.Facts(&orderv1.OrderCancellationRefused{}, &orderv1.OrderDispatched{}, &orderv1.OrderShipped{}),
		},
		{
			On: choreography.Fact(&shippingv1.ShipmentDelivered{}),
			Says: choreography.Facts(
				&orderv1.OrderCancellationRefused{}, &orderv1.OrderDispatched{}, &orderv1.OrderShipped{}, &orderv1.OrderDelivered{},
			),
		},

		// What is only remembered: for progress and history, and for prices.
		{On: choreography.Fact(&paymentv1.PaymentAuthorized{})},
		{On: choreography.Fact(&paymentv1.PaymentCaptured{})},
		{On: choreography.Fact(&paymentv1.PaymentVoided{})},
		{On: choreography.Fact(&paymentv1.PaymentRefunded{})},
		{On: choreography.Fact(&shippingv1.ShipmentBooked{})},
		{On: choreography.Fact(&shippingv1.ShipmentCancelled{})},
		{On: choreography.Fact(&inventoryv1.ItemListed{})},
		{On: choreography.Fact(&inventoryv1.ItemPriceChanged{})},
	},
}

// cancellation is what asks inventory whether the goods can be kept.
var cancellation = choreography.Facts(&orderv1.OrderCancellationRequested{})
