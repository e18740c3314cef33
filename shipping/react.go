package shipping

import "time"

// Heard is a fact of another service, in our words and with what we use of it.
// The set is closed: every kind is in this file.
//
//sumtype:decl
type Heard interface{ isHeard() }

type (
	// OrderConfirmed says that there is an order to be shipped. Carriers is not
	// the order's word but ours: those that the service knows at this moment.
	// They are kept with the shipment, so that what is decided later does not
	// depend on a configuration that may have changed. Chosen is the first of
	// them that can be asked at this moment, empty if none can: the choice must be
	// kept before the carrier is asked, and here that costs nothing.
	OrderConfirmed struct {
		Order, Name string
		ShipTo      Address
		Lines       []Line
		Carriers    []string
		Chosen      string
	}

	// StockDispatched says that the goods have left the warehouse.
	StockDispatched struct{ Order string }

	// OrderCancelled says that the order has ended without delivery.
	OrderCancelled struct{ Order string }
)

func (OrderConfirmed) isHeard()  {}
func (StockDispatched) isHeard() {}
func (OrderCancelled) isHeard()  {}

// A Reaction asks Do of the thing whose stream is To.
type Reaction struct {
	To string
	Do Command
}

// React returns what we do about h. This table is our whole part in the dance.
func React(h Heard) []Reaction {
	switch h := h.(type) {
	case OrderConfirmed:
		return ask(h.Order, Open(h))
	case StockDispatched:
		return ask(h.Order, HandOver{})
	case OrderCancelled:
		return ask(h.Order, Cancel(h))
	}
	panic("shipping: heard a fact of unknown kind")
}

func ask(order string, c Command) []Reaction { return []Reaction{{Stream(order), c}} }

// Wake reports false: a shipment is content to wait for ever. It is the order
// that has deadlines, and a shipment hears of its end.
func Wake(State) (at time.Time, question Command, ok bool) { return at, nil, false }

// A Call is what a shipment owes. The set is closed: every kind is in this file.
//
//sumtype:decl
type Call interface{ isCall() }

type (
	// CallChoose is no call to the outside: the first of Carriers that is
	// believed to be up is to be chosen.
	CallChoose struct{ Carriers []string }

	// CallBook asks the carrier to take the parcel. Key is its idempotency key:
	// the carrier makes one label for one key.
	CallBook struct {
		Key, Carrier, Order, Name string
		ShipTo                    Address
		Lines                     []Line
	}

	// CallHandOver tells the carrier that the parcel waits for it. It names a
	// state and needs no key; so do the following.
	CallHandOver struct{ Carrier, Label string }

	// CallTrack asks the carrier how far the parcel is.
	CallTrack struct{ Carrier, Label string }

	// CallCancel asks the carrier to cancel the label.
	CallCancel struct{ Carrier, Label string }
)

func (CallChoose) isCall()   {}
func (CallBook) isCall()     {}
func (CallHandOver) isCall() {}
func (CallTrack) isCall()    {}
func (CallCancel) isCall()   {}

// A Duty is a call that a shipment owes. Key names it within the shipment.
type Duty struct {
	Key string
	Do  Call
}

// Owe returns the calls that a shipment in state s owes, one at a time. Once the
// carrier has taken the parcel over it is asked for its word again and again,
// until the parcel is delivered; also for a lost one, which may turn up.
func Owe(s State) []Duty {
	switch s.Phase {
	case Booking:
		return oweBooking(s)
	case HandedOver, Shipped:
		if !s.Accepted {
			return duty("hand-over", CallHandOver{s.Carrier, s.Label})
		}
		return duty("track", CallTrack{s.Carrier, s.Label})
	case Cancelling:
		return duty("cancel", CallCancel{s.Carrier, s.Label})
	case None, Booked, Refused, Delivered, Cancelled:
	}
	return nil
}

func oweBooking(s State) []Duty {
	if s.Carrier == "" {
		return duty("choose", CallChoose{s.candidates()})
	}
	key := "book-" + s.Carrier
	return duty(key, CallBook{s.Order + "/" + key, s.Carrier, s.Order, s.Name, s.ShipTo, s.Lines})
}

func duty(key string, do Call) []Duty { return []Duty{{key, do}} }
