package order

import "time"

// Heard is a fact of another service, in our words and with what we use of it.
// The set is closed: every kind is in this file.
//
//sumtype:decl
type Heard interface{ isHeard() }

// Names of the facts that an order records.
const (
	PaymentWasAuthorized = "payment.v1.PaymentAuthorized"
	PaymentWasDeclined   = "payment.v1.PaymentDeclined"
	PaymentWasCaptured   = "payment.v1.PaymentCaptured"
	PaymentCaptureFailed = "payment.v1.PaymentCaptureFailed"
	PaymentWasVoided     = "payment.v1.PaymentVoided"
	PaymentWasRefunded   = "payment.v1.PaymentRefunded"
	StockWasUnavailable  = "inventory.v1.StockUnavailable"
	ShipmentWasBooked    = "shipping.v1.ShipmentBooked"
	ShipmentWasRefused   = "shipping.v1.ShipmentRefused"
	ShipmentWasCancelled = "shipping.v1.ShipmentCancelled"
)

type (
	// HeardForRecord is any fact that changes nothing but our record.
	HeardForRecord struct {
		Order string
		Fact  Fact
	}

	// PaymentDeclined says that the bank has refused.
	PaymentDeclined struct {
		Order string
		Fact  Fact
	}

	// PaymentNotCaptured says that promised money could not be taken.
	PaymentNotCaptured struct {
		Order string
		Fact  Fact
	}

	// StockReserved says that all goods are held.
	StockReserved struct{ Order string }

	// StockUnavailable says that not all goods could be held.
	StockUnavailable struct {
		Order string
		Fact  Fact
	}

	// StockReleased says that no goods are held any more.
	StockReleased struct{ Order string }

	// StockReleaseRefused says that the goods have left already.
	StockReleaseRefused struct{ Order string }

	// StockDispatched says that the goods have left.
	StockDispatched struct{ Order string }

	// ShipmentRefused says that no carrier takes the parcel.
	ShipmentRefused struct {
		Order string
		Fact  Fact
	}

	// ShipmentShipped says that the parcel is with its carrier.
	ShipmentShipped struct{ Order string }

	// ShipmentDelivered says that the parcel has arrived.
	ShipmentDelivered struct{ Order string }

	// PriceHeard is what inventory says of an item.
	PriceHeard struct {
		SKU   string
		Price Price
	}
)

func (HeardForRecord) isHeard()      {}
func (PaymentDeclined) isHeard()     {}
func (PaymentNotCaptured) isHeard()  {}
func (StockReserved) isHeard()       {}
func (StockUnavailable) isHeard()    {}
func (StockReleased) isHeard()       {}
func (StockReleaseRefused) isHeard() {}
func (StockDispatched) isHeard()     {}
func (ShipmentRefused) isHeard()     {}
func (ShipmentShipped) isHeard()     {}
func (ShipmentDelivered) isHeard()   {}
func (PriceHeard) isHeard()          {}

// A Reaction asks Do of the thing whose stream is To.
type Reaction struct {
	To string
	Do Command
}

// React returns what we do about h. This table is our whole part in the dance.
func React(h Heard) []Reaction {
	switch h := h.(type) {
	case HeardForRecord:
		return ask(h.Order, Record{h.Fact})
	case PaymentDeclined:
		return ask(h.Order, Decline{h.Fact})
	case PaymentNotCaptured:
		return ask(h.Order, Cancel{Reason: CaptureFailed, Fact: h.Fact})
	case StockReserved:
		return ask(h.Order, Confirm{})
	case StockUnavailable:
		return ask(h.Order, RunOut{h.Fact})
	case StockReleased:
		return ask(h.Order, Close{})
	case StockReleaseRefused:
		return ask(h.Order, Resume{})
	case StockDispatched:
		return ask(h.Order, Dispatch{})
	case ShipmentRefused:
		return ask(h.Order, Cancel{Reason: CarrierRefused, Fact: h.Fact})
	case ShipmentShipped:
		return ask(h.Order, Ship{})
	case ShipmentDelivered:
		return ask(h.Order, Deliver{})
	case PriceHeard:
		return []Reaction{{PriceStream(h.SKU), NotePrice(h)}}
	}
	panic("order: heard a fact of unknown kind")
}

func ask(order string, c Command) []Reaction { return []Reaction{{Stream(order), c}} }

// Wake returns what an order in state s must be asked, and when, if nobody
// speaks before. It reports false if the order is content to wait for ever.
func Wake(s State) (at time.Time, question Command, ok bool) {
	at, _, ok = deadline(s)
	return at, Expire{at}, ok
}

// deadline returns by when the next step must have been taken, and for what
// reason the order is cancelled if it was not.
func deadline(s State) (time.Time, Reason, bool) {
	switch {
	case s.Phase == Placed:
		return s.PayBy, Expired, true
	case s.Phase == Confirmed && !s.Leaving:
		return s.FulfilBy, Overdue, true
	}
	return time.Time{}, NoReason, false
}

// A Duty is a call to the outside that an order owes. There is none: an order
// only ever listens and speaks.
type Duty struct {
	Key string
	Do  struct{}
}

// Owe returns nothing: an order calls nobody.
func Owe(State) []Duty { return nil }
