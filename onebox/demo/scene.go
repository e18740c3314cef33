package demo

import (
	orderv1 "orpheus.example/gen/go/order/v1"
)

// The item of all scenes, its price and how many there are, in cents and pieces.
const (
	sku   = "TEAPOT"
	price = 2100
	stock = 10
)

// A scene is one order and what has to come of it.
type scene struct {
	title string
	told  []string // what is done, for the audience

	quantity int64
	token    string // decides how the bank behaves
	street   string // decides how carriers behave
	cancel   bool   // the customer cancels while the bank is thinking

	facts  []string // that are said, in the order in which it is first possible
	state  orderv1.OrderState
	reason orderv1.CancelReason
	kept   int64 // cents, by the shop in the end
	gone   int64 // pieces that have left
	mails  []string
}

const (
	delivered = orderv1.OrderState_ORDER_STATE_DELIVERED
	cancelled = orderv1.OrderState_ORDER_STATE_CANCELLED
)

// scenes is the tour.
var scenes = []scene{
	{
		title:    "All goes well",
		told:     []string{"Ann orders two teapots and pays by card."},
		quantity: 2, token: "tok_ok", street: "1 Main St",
		facts: []string{
			"OrderPlaced", "PaymentAuthorized", "StockReserved", "OrderConfirmed", "ShipmentBooked", "PaymentCaptured",
			"StockDispatched", "OrderDispatched", "ShipmentShipped", "OrderShipped", "ShipmentDelivered", "OrderDelivered",
		},
		state: delivered, kept: 2 * price, gone: 2,
		mails: []string{"received", "confirmed", "left", "on its way", "delivered"},
	},
	{
		title:    "The bank says no",
		told:     []string{"Ben orders a teapot. His bank declines the card."},
		quantity: 1, token: "tok_declined", street: "2 Main St",
		facts: []string{"OrderPlaced", "PaymentDeclined", "OrderCancelled"},
		state: cancelled, reason: orderv1.CancelReason_CANCEL_REASON_DECLINED,
		mails: []string{"received", "cancelled"},
	},
	{
		title: "There are not enough",
		told: []string{
			"Cem orders a hundred teapots. The money is held before anybody looks",
			"into the warehouse, so it has to be let go again.",
		},
		quantity: 100, token: "tok_ok", street: "3 Main St",
		facts: []string{"OrderPlaced", "PaymentAuthorized", "StockUnavailable", "OrderCancelled", "PaymentVoided"},
		state: cancelled, reason: orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK,
		mails: []string{"received", "cancelled"},
	},
	{
		title: "Nobody goes there",
		told: []string{
			"Dea lives where no carrier goes. Money and goods are held by then; both",
			"are let go, each by whoever holds it.",
		},
		quantity: 1, token: "tok_ok", street: "REFUSE 4 Main St",
		facts: []string{
			"OrderPlaced", "PaymentAuthorized", "StockReserved", "OrderConfirmed", "ShipmentRefused",
			"OrderCancellationRequested", "StockReleased", "OrderCancelled", "PaymentVoided",
		},
		state: cancelled, reason: orderv1.CancelReason_CANCEL_REASON_CARRIER_REFUSED,
		mails: []string{"received", "confirmed", "to be cancelled", "cancelled"},
	},
	{
		title: "The customer thinks again",
		told: []string{
			"Eli cancels while the bank is still thinking. The money is held only",
			"after the order has ended, and goes straight back.",
		},
		quantity: 1, token: "tok_slow", street: "5 Main St", cancel: true,
		facts: []string{
			"OrderPlaced", "OrderCancellationRequested", "StockReleased", "OrderCancelled", "PaymentAuthorized", "PaymentVoided",
		},
		state: cancelled, reason: orderv1.CancelReason_CANCEL_REASON_CUSTOMER,
		mails: []string{"received", "to be cancelled", "cancelled"},
	},
}
