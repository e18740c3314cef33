package shipping

import "slices"

// Evolve returns the state after e. It cannot refuse: e has already happened. It
// leaves s alone, so slices are copied before they grow.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case WasOpened:
		s.Phase, s.Order, s.Name, s.ShipTo = Booking, e.Order, e.Name, e.ShipTo
		s.Lines, s.Carriers, s.Carrier = e.Lines, e.Carriers, e.Chosen
	case CarrierChosen:
		s.Carrier = e.Carrier
	case CarrierRefused:
		s.Refusals = append(slices.Clip(s.Refusals), Refusal{e.Carrier, e.Code, e.Message})
		s.Carrier = ""
	case WasBooked:
		s.Phase, s.Carrier, s.Label, s.Tracking = Booked, e.Carrier, e.Label, e.Tracking
		if s.Cancelled {
			s.Phase = Cancelling
		}
	case WasRefused:
		s.Phase = Refused
	case CancellationNoted:
		s.Cancelled = true
		if s.Phase == Booked {
			s.Phase = Cancelling
		}
	case WasCancelled:
		s.Phase = Cancelled
	case WasClosed:
		s.Phase, s.Order, s.Cancelled = Cancelled, e.Order, true
	case WasHandedOver:
		s.Phase = HandedOver
	case WasAccepted:
		s.Accepted = true
	case WasShipped:
		s.Phase = Shipped
	case WasDelivered:
		s.Phase = Delivered
	case WasLost:
		s.Lost = true
	}
	return s
}
