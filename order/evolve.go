package order

import (
	"maps"
	"slices"
)

// Evolve returns the state after e. It cannot refuse: e has already happened. It
// leaves s alone, so slices and maps are copied before they grow.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case WasPlaced:
		s.Phase, s.Said, s.Details = Placed, e.Number, e.Details
		s.Transaction, s.Token = e.Transaction, e.Token
		s.PlacedAt, s.PayBy, s.FulfilBy = e.PlacedAt, e.PayBy, e.FulfilBy
	case WasConfirmed:
		s.Phase, s.Said, s.Held = Confirmed, e.Number, true
	case CancellationRequested:
		s.Phase, s.Said, s.Reason, s.Note = Cancelling, e.Number, e.Reason, e.Note
	case CancellationRefused:
		s.Phase, s.Said, s.Reason, s.Note, s.Leaving = Confirmed, e.Number, NoReason, "", true
	case WasCancelled:
		s.Phase, s.Said, s.Reason, s.Held = Cancelled, e.Number, e.Reason, false
	case WasDispatched:
		s.Phase, s.Said, s.Held, s.Leaving = Dispatched, e.Number, false, true
	case WasShipped:
		s.Phase, s.Said = Shipped, e.Number
	case WasDelivered:
		s.Phase, s.Said = Delivered, e.Number
	case Recorded:
		return recorded(s, e.Fact)
	case PriceNoted:
		return Join(s, State{Prices: map[string]Price{e.SKU: e.Price}})
	}
	return s
}

// recorded takes from a fact what an order shows of its progress. Amounts add up,
// because there may be several refunds.
func recorded(s State, f Fact) State {
	s.Noted = append(slices.Clip(s.Noted), f.ID)
	switch f.Kind {
	case PaymentWasAuthorized:
		s.Money.Authorized = f.Amount.Amount
	case PaymentWasCaptured:
		s.Money.Captured = f.Amount.Amount
	case PaymentWasRefunded:
		s.Money.Refunded += f.Amount.Amount
	case PaymentWasVoided:
		s.Money.Voided = true
	case ShipmentWasBooked:
		s.Carrier, s.Tracking = f.Carrier, f.Tracking
		s.Label = max(s.Label, LabelBooked) // its cancellation may have been heard first
	case ShipmentWasCancelled:
		s.Label = LabelCancelled
	}
	return s
}

// Join returns a with what b knows of prices.
func Join(a, b State) State {
	if len(b.Prices) == 0 {
		return a
	}
	prices := maps.Clone(a.Prices)
	if prices == nil {
		prices = map[string]Price{}
	}
	maps.Copy(prices, b.Prices)
	a.Prices = prices
	return a
}
