package inventoryd

import (
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/choreography"
)

// Part is inventory's part in the choreography: what package inventory decides,
// seen from outside. It drives nothing; a test explores all states of a
// reservation and compares.
var Part = choreography.Part{
	Service:  Name,
	Says:     says.Names(),
	Hears:    hears.Names(),
	Terminal: terminal.Names(),
	Moves: []choreography.Move{
		// What staff ask.
		{On: choreography.Request(inventoryv1.InventoryService_AddItem_FullMethodName), Says: choreography.Facts(&inventoryv1.ItemListed{})},
		{On: choreography.Request(inventoryv1.InventoryService_SetPrice_FullMethodName), Says: choreography.Facts(&inventoryv1.ItemPriceChanged{})},
		{On: choreography.Request(inventoryv1.InventoryService_ReceiveStock_FullMethodName), Says: choreography.Facts(&inventoryv1.StockLevelChanged{})},

		// What becomes of an order's goods.
		{
			On: choreography.Fact(&paymentv1.PaymentAuthorized{}),
			Says: choreography.Facts(
				&inventoryv1.StockReserved{}, &inventoryv1.StockUnavailable{}, &inventoryv1.StockLevelChanged{},
			),
		},
		{
			// The pivot: goods that have left do not come back.
			On:   choreography.Fact(&paymentv1.PaymentCaptured{}),
			Says: choreography.Facts(&inventoryv1.StockDispatched{}, &inventoryv1.StockLevelChanged{}),
		},
		{
			On: choreography.Fact(&orderv1.OrderCancellationRequested{}),
			Says: choreography.Facts(
				&inventoryv1.StockReleased{}, &inventoryv1.StockReleaseRefused{}, &inventoryv1.StockLevelChanged{},
			),
		},
		// A tombstone, so that goods are not reserved afterwards.
		{On: choreography.Fact(&orderv1.OrderCancelled{})},
	},
}
