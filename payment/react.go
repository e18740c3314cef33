package payment

import "time"

// Heard is a fact of another service, in our words and with what we use of it.
// The set is closed: every kind is in this file.
//
//sumtype:decl
type Heard interface{ isHeard() }

type (
	// OrderPlaced says that there is an order to be paid for.
	OrderPlaced struct {
		Order, Transaction, Token string
		Total                     Money
		Lines                     []Line
	}

	// ShipmentBooked says that a carrier will take the parcel.
	ShipmentBooked struct{ Order string }

	// StockUnavailable says that goods are short. OrderCancelled will follow;
	// it is heard all the same, because the customer's money is free sooner.
	StockUnavailable struct{ Order string }

	// OrderCancelled says that the order has ended without delivery.
	OrderCancelled struct{ Order string }
)

func (OrderPlaced) isHeard()      {}
func (ShipmentBooked) isHeard()   {}
func (StockUnavailable) isHeard() {}
func (OrderCancelled) isHeard()   {}

// A Reaction asks Do of the thing whose stream is To.
type Reaction struct {
	To string
	Do Command
}

// React returns what we do about h. This table is our whole part in the dance.
func React(h Heard) []Reaction {
	switch h := h.(type) {
	case OrderPlaced:
		return ask(h.Order, Open(h))
	case ShipmentBooked:
		return ask(h.Order, Capture{})
	case StockUnavailable:
		return ask(h.Order, Release{})
	case OrderCancelled:
		return ask(h.Order, Cancel(h))
	}
	panic("payment: heard a fact of unknown kind")
}

func ask(order string, c Command) []Reaction { return []Reaction{{Stream(order), c}} }

// Wake reports false: a payment is content to wait for ever. It is the order
// that has deadlines, and a payment hears of its end.
func Wake(State) (at time.Time, question Command, ok bool) { return at, nil, false }

// A Call is a call to the provider. The set is closed: every kind is in this
// file. Key is its idempotency key: the provider does the work of one key once,
// and answers a repeat as it answered first.
//
//sumtype:decl
type Call interface{ isCall() }

type (
	// CallAuthorize asks the provider to hold the total.
	CallAuthorize struct {
		Key, Order, Transaction, Token string
		Amount                         Money
	}

	// CallCapture asks it to take what it holds.
	CallCapture struct {
		Key, Authorization string
		Amount             Money
	}

	// CallVoid asks it to let go of what it holds.
	CallVoid struct{ Key, Authorization string }

	// CallRefund asks it to give back of what it took.
	CallRefund struct {
		Key, ID, Authorization string
		Amount                 Money
	}
)

func (CallAuthorize) isCall() {}
func (CallCapture) isCall()   {}
func (CallVoid) isCall()      {}
func (CallRefund) isCall()    {}

// A Duty is a call that a payment owes. Key names it within the payment.
type Duty struct {
	Key string
	Do  Call
}

// Owe returns the calls that a payment in state s owes: one at a time, except
// that any number of refunds may be under way.
func Owe(s State) []Duty {
	switch s.Phase {
	case Authorizing:
		return duty("authorize", CallAuthorize{s.key("authorize"), s.Order, s.Transaction, s.Token, s.Total})
	case Capturing:
		return duty("capture", CallCapture{s.key("capture"), s.Authorization, s.Total})
	case Voiding:
		return duty("void", CallVoid{s.key("void"), s.Authorization})
	case Refunding:
		return refunds(s)
	case None, Authorized, Declined, Captured, CaptureFailed, Voided, Refunded, Closed:
	}
	return nil
}

func refunds(s State) []Duty {
	var duties []Duty
	for _, r := range s.Refunds {
		if r.State == Pending {
			key := "refund-" + r.ID
			duties = append(duties, Duty{key, CallRefund{s.key(key), r.ID, s.Authorization, r.Amount}})
		}
	}
	return duties
}

// key returns the idempotency key of a duty.
func (s State) key(duty string) string { return s.Order + "/" + duty }

func duty(key string, do Call) []Duty { return []Duty{{key, do}} }
