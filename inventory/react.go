package inventory

import "time"

// Heard is a fact of another service, in our words and with what we use of it.
// The set is closed: every kind is in this file.
//
//sumtype:decl
type Heard interface{ isHeard() }

type (
	// PaymentAuthorized says that the money for an order is promised.
	PaymentAuthorized struct {
		Order string
		Lines []Line
	}

	// PaymentCaptured says that it is taken.
	PaymentCaptured struct{ Order string }

	// CancellationRequested says that an order is to be cancelled, if its goods
	// can still be kept.
	CancellationRequested struct{ Order string }

	// OrderCancelled says that an order has ended without goods.
	OrderCancelled struct{ Order string }
)

func (PaymentAuthorized) isHeard()     {}
func (PaymentCaptured) isHeard()       {}
func (CancellationRequested) isHeard() {}
func (OrderCancelled) isHeard()        {}

// A Reaction asks Do of the thing whose stream is To.
type Reaction struct {
	To string
	Do Command
}

// React returns what we do about h. This table is our whole part in the dance.
func React(h Heard) []Reaction {
	switch h := h.(type) {
	case PaymentAuthorized:
		return []Reaction{{Stream(h.Order), Reserve(h)}}
	case PaymentCaptured:
		return []Reaction{{Stream(h.Order), Dispatch(h)}}
	case CancellationRequested:
		return []Reaction{{Stream(h.Order), Release(h)}}
	case OrderCancelled:
		return []Reaction{{Stream(h.Order), Close(h)}}
	}
	panic("inventory: heard a fact of unknown kind")
}

// Wake reports that the warehouse is content to wait for ever: what is reserved
// stays so until the order says otherwise, which has deadlines of its own.
func Wake(State) (at time.Time, question Command, ok bool) { return time.Time{}, nil, false }

// A Duty is a call to the outside that the warehouse owes. There is none: it
// only ever listens and speaks.
type Duty struct {
	Key string
	Do  struct{}
}

// Owe returns nothing: the warehouse calls nobody.
func Owe(State) []Duty { return nil }
