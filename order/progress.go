package order

import "time"

// An Await is a fact that an order waits for.
type Await struct {
	Fact string // full name
	From string // the service that will say it
	// After is the fact since which it is awaited: the last of those named that
	// has happened.
	After []string
	// Deadline is when the order stops waiting; zero if it never does.
	Deadline time.Time
}

// Names of facts that are only awaited, or only said by an order itself.
const (
	stockReserved     = "inventory.v1.StockReserved"
	stockDispatched   = "inventory.v1.StockDispatched"
	stockReleased     = "inventory.v1.StockReleased"
	shipmentShipped   = "shipping.v1.ShipmentShipped"
	shipmentDelivered = "shipping.v1.ShipmentDelivered"
	orderPlaced       = "order.v1.OrderPlaced"
	orderConfirmed    = "order.v1.OrderConfirmed"
	orderDispatched   = "order.v1.OrderDispatched"
	orderShipped      = "order.v1.OrderShipped"
	orderRequested    = "order.v1.OrderCancellationRequested"
	orderCancelled    = "order.v1.OrderCancelled"
)

// Awaited returns what an order in state s waits for, and from whom. It observes
// and drives nothing: whoever is awaited acts by itself on what it has heard.
func Awaited(s State) []Await {
	switch s.Phase {
	case Placed:
		return []Await{awaitedWhenPlaced(s)}
	case Confirmed:
		return []Await{awaitedWhenConfirmed(s)}
	case Dispatched:
		return []Await{{Fact: shipmentShipped, From: "shipping", After: []string{orderDispatched}}}
	case Shipped:
		return []Await{{Fact: shipmentDelivered, From: "shipping", After: []string{orderShipped}}}
	case Cancelling:
		return []Await{{Fact: stockReleased, From: "inventory", After: []string{orderRequested}}}
	case Cancelled:
		return awaitedWhenCancelled(s)
	case Unplaced, Delivered:
	}
	return nil
}

func awaitedWhenPlaced(s State) Await {
	if s.Money.Authorized == 0 {
		return Await{PaymentWasAuthorized, "payment", []string{orderPlaced}, s.PayBy}
	}
	return Await{stockReserved, "inventory", []string{PaymentWasAuthorized}, s.PayBy}
}

func awaitedWhenConfirmed(s State) Await {
	by := s.FulfilBy
	if s.Leaving {
		by = time.Time{}
	}
	switch {
	case s.Leaving, s.Money.Captured > 0:
		return Await{stockDispatched, "inventory", []string{orderConfirmed, PaymentWasCaptured}, by}
	case s.Label == NoLabel:
		return Await{ShipmentWasBooked, "shipping", []string{orderConfirmed}, by}
	}
	return Await{PaymentWasCaptured, "payment", []string{orderConfirmed, ShipmentWasBooked}, by}
}

// awaitedWhenCancelled returns what must still be undone, as far as the order
// has heard of what was done.
func awaitedWhenCancelled(s State) []Await {
	var awaited []Await
	switch since := []string{orderCancelled, PaymentWasAuthorized, PaymentWasCaptured}; {
	case s.Money.Captured > s.Money.Refunded:
		awaited = append(awaited, Await{Fact: PaymentWasRefunded, From: "payment", After: since})
	case s.Money.Captured == 0 && s.Money.Authorized > 0 && !s.Money.Voided:
		awaited = append(awaited, Await{Fact: PaymentWasVoided, From: "payment", After: since})
	}
	if s.Label == LabelBooked {
		since := []string{orderCancelled, ShipmentWasBooked}
		awaited = append(awaited, Await{Fact: ShipmentWasCancelled, From: "shipping", After: since})
	}
	return awaited
}
