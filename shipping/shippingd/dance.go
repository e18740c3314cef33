package shippingd

import (
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
)

// The calls that a shipment owes. To choose is a call to nobody: it asks which
// carrier is up.
const (
	choose      = "choose"
	book        = "book"
	handOver    = "hand-over"
	track       = "track"
	cancelLabel = "cancel"
)

// Part is shipping's part in the choreography: what package shipping decides,
// seen from outside. It drives nothing; a test explores all states of a shipment
// and compares.
var Part = choreography.Part{
	Service: Name,
	Says:    says.Names(),
	Hears:   hears.Names(),
	Moves: []choreography.Move{
		{
			// Refused at once if no carrier is configured, and chosen later if
			// none is up.
			On:   choreography.Fact(&orderv1.OrderConfirmed{}),
			Says: choreography.Facts(&shippingv1.ShipmentRefused{}), Owes: []string{book, choose},
		},
		{On: choreography.Fact(&inventoryv1.StockDispatched{}), Owes: []string{handOver}},
		{On: choreography.Fact(&orderv1.OrderCancelled{}), Owes: []string{cancelLabel}},
		{On: choreography.Request(shippingv1.ShippingService_RecordTracking_FullMethodName), Says: underWay},

		// The answers. A carrier that refuses makes room for the next one.
		{On: choreography.Call(choose), Owes: []string{book}},
		{
			On:   choreography.Call(book),
			Says: choreography.Facts(&shippingv1.ShipmentBooked{}, &shippingv1.ShipmentRefused{}), Owes: []string{choose, cancelLabel},
		},
		{On: choreography.Call(handOver), Owes: []string{track}},
		{On: choreography.Call(track), Says: underWay},
		{On: choreography.Call(cancelLabel), Says: choreography.Facts(&shippingv1.ShipmentCancelled{})},
	},
}

// underWay is what a carrier's word, or a person's, may amount to.
var underWay = choreography.Facts(&shippingv1.ShipmentShipped{}, &shippingv1.ShipmentDelivered{})
