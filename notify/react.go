package notify

import "time"

// Heard is a fact of another service, in our words and with what we use of it.
// The set is closed: every kind is in this file.
//
//sumtype:decl
type Heard interface{ isHeard() }

type (
	// OrderSaid is any fact that an order says. They are alike to us: each is
	// news, and carries what a mail needs.
	OrderSaid struct {
		Mail Mail
		// WaitUntil is how long the facts before it are waited for. It counts
		// from when the fact is heard: after an hour without a broker all of
		// them are old, and come in any order.
		WaitUntil time.Time
	}

	// PaymentRefunded says that money was given back. It does not say to whom.
	PaymentRefunded struct {
		ID, Order string
		At        time.Time
		Amount    Money
	}
)

func (OrderSaid) isHeard()       {}
func (PaymentRefunded) isHeard() {}

// A Reaction asks Do of the thing whose stream is To.
type Reaction struct {
	To string
	Do Command
}

// React returns what we do about h. This table is our whole part in the dance.
func React(h Heard) []Reaction {
	switch h := h.(type) {
	case OrderSaid:
		return []Reaction{{Stream(h.Mail.Order), Tell(h)}}
	case PaymentRefunded:
		mail := Mail{ID: h.ID, Order: h.Order, News: Refunded, At: h.At, Refund: h.Amount}
		return []Reaction{{Stream(h.Order), Tell{Mail: mail}}}
	}
	panic("notify: heard a fact of unknown kind")
}

// Wake returns what the mails of an order must be asked, and when, if nobody
// speaks before: whether the first of the waits that are left has lasted long
// enough.
func Wake(s State) (at time.Time, question Command, ok bool) {
	through := s.through()
	for _, e := range s.Line {
		if !e.settled() && e.Number > through && (!ok || e.WaitUntil.Before(at)) {
			at, ok = e.WaitUntil, true
		}
	}
	return at, EndWait{at}, ok
}

// A Call is a call to the mail server: send this mail, as one of the
// conversation that another one has begun.
type Call struct {
	Mail  Mail
	First string // id of that other one; empty if this is it
}

// A Duty is a mail that is owed now. Key names it within its order.
type Duty struct {
	Key string
	Do  Call
}

// Owe returns the mail that goes next, if one does. The others are not owed
// before it is settled: two at a time could overtake each other.
func Owe(s State) []Duty {
	m, ok := s.next()
	if !ok {
		return nil
	}
	return []Duty{{"mail-" + m.ID, Call{m, s.First}}}
}
