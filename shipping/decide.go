package shipping

import "slices"

// Decide returns what happens to a shipment in state s when c is asked of it.
//
// Asking twice is the same as asking once: if the effect of c already holds,
// Decide returns no events and no error. Brokers redeliver, callers retry, and
// two replicas may bring the same answer of a carrier. Commands that come from
// React or from a call are never refused, because there is nobody to read it,
// except with ErrImpossible.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Open:
		return open(s, c), nil
	case HandOver:
		return handOver(s)
	case Cancel:
		return cancel(s, c)
	case Track:
		return track(s, c)
	case Choose:
		return choose(s, c), nil
	case NoteBooked:
		return noteBooked(s, c), nil
	case NoteRefused:
		return noteRefused(s, c), nil
	case NoteAccepted:
		return noteAccepted(s), nil
	case NoteCancelled:
		return noteCancelled(s), nil
	}
	panic("shipping: command of unknown kind")
}

func open(s State, c Open) []Event {
	if s.Phase != None {
		// Heard before; or closed, because the cancellation came first: no
		// parcel is ever to be booked for that order.
		return nil
	}
	opened := WasOpened(c)
	if !slices.Contains(c.Carriers, c.Chosen) {
		opened.Chosen = ""
	}
	if len(c.Carriers) == 0 {
		return []Event{opened, WasRefused{Order: c.Order}}
	}
	return []Event{opened}
}

// choose needs no key and no care: nothing is asked of the carrier before the
// choice is kept, and of two choices made at once the log keeps the first.
func choose(s State, c Choose) []Event {
	if s.Phase != Booking || s.Carrier != "" || !slices.Contains(s.candidates(), c.Carrier) {
		return nil
	}
	return []Event{CarrierChosen{s.Order, c.Carrier}}
}

// noteBooked, like those that follow, takes an answer of a carrier. One to a call
// that is not owed any more is a repeat: another replica brought it first.
func noteBooked(s State, c NoteBooked) []Event {
	if s.Phase != Booking || s.Carrier != c.Carrier {
		return nil
	}
	// Also if the order was cancelled meanwhile: payment may have heard nothing
	// of it yet, takes the money, and gives it back when it does.
	return []Event{WasBooked{s.Order, c.Carrier, c.Tracking, c.Label}}
}

func noteRefused(s State, c NoteRefused) []Event {
	if s.Phase != Booking || s.Carrier != c.Carrier {
		return nil
	}
	no := CarrierRefused{s.Order, c.Carrier, c.Code, c.Message}
	after := Evolve(s, no)
	switch {
	case len(after.candidates()) == 0:
		return []Event{no, WasRefused{s.Order, after.Refusals}}
	case s.Cancelled: // nobody else is asked
		return []Event{no, WasClosed{s.Order}}
	}
	return []Event{no}
}

func handOver(s State) ([]Event, error) {
	switch s.Phase {
	case Booked:
		return []Event{WasHandedOver{s.Order}}, nil
	case HandedOver, Shipped, Delivered:
		return nil, nil // heard before
	case None, Booking, Refused, Cancelling, Cancelled:
	}
	// Goods leave only after their money is taken, which is only after we have
	// said that a parcel is booked; and never if the order is cancelled.
	return nil, ErrImpossible
}

func noteAccepted(s State) []Event {
	if s.Accepted || s.Phase != HandedOver && s.Phase != Shipped {
		return nil
	}
	return []Event{WasAccepted{s.Order}}
}

func track(s State, c Track) ([]Event, error) {
	switch s.Phase {
	case None:
		return nil, ErrUnknown
	case Booking, Booked, Refused, Cancelling, Cancelled:
		return nil, StateError{s.Phase, ErrNotHandedOver}
	case HandedOver, Shipped, Delivered:
	}
	switch c.Status {
	case InTransit:
		return reach(s, Shipped), nil
	case Arrived:
		return reach(s, Delivered), nil
	case Missing:
		return lose(s, c)
	case NoWord:
	}
	return nil, nil
}

// reach says all that lies between where the parcel is and to: a carrier that is
// asked now and then may have gone further than one step.
func reach(s State, to Phase) []Event {
	var events []Event
	if s.Phase < Shipped {
		events = append(events, WasShipped{s.Order, s.Carrier, s.Tracking})
	}
	if s.Phase < Delivered && to == Delivered {
		events = append(events, WasDelivered{s.Order, s.Carrier, s.Tracking})
	}
	return events
}

func lose(s State, c Track) ([]Event, error) {
	switch {
	case s.Phase == Delivered:
		return nil, StateError{s.Phase, ErrDelivered}
	case s.Lost:
		return nil, nil
	}
	return []Event{WasLost{s.Order, c.Note}}, nil
}

func cancel(s State, c Cancel) ([]Event, error) {
	switch s.Phase {
	case None:
		return []Event{WasClosed(c)}, nil
	case Booking:
		return cancelBooking(s), nil
	case Booked:
		return []Event{CancellationNoted(c)}, nil
	case Refused, Cancelling, Cancelled:
		return nil, nil // no label is left, or soon none will be
	case HandedOver, Shipped, Delivered:
	}
	// Inventory releases goods or dispatches them, not both, and an order is
	// cancelled only once they are released.
	return nil, ErrImpossible
}

func cancelBooking(s State) []Event {
	switch {
	case s.Cancelled:
		return nil
	case s.Carrier == "":
		// Nothing is asked of a carrier: who asks keeps the choice first.
		return []Event{WasClosed{s.Order}}
	}
	return []Event{CancellationNoted{s.Order}}
}

func noteCancelled(s State) []Event {
	if s.Phase != Cancelling {
		return nil
	}
	return []Event{WasCancelled{s.Order, s.Carrier, s.Tracking}}
}
