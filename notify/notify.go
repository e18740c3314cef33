package notify

import (
	"slices"
	"time"
)

// News is what a mail tells the customer.
type News int

// The news of an order, and of its money.
const (
	NoNews News = iota
	Placed
	Confirmed
	CancellationRequested
	CancellationRefused
	Cancelled
	Dispatched
	Shipped
	Delivered
	Refunded
)

// String returns the news as people read it.
func (n News) String() string {
	return [...]string{
		"nothing", "placed", "confirmed", "cancellation requested", "cancellation refused", "cancelled",
		"dispatched", "shipped", "delivered", "refunded",
	}[n]
}

// A Reason says why an order is cancelled, or was to be.
type Reason int

// The reasons for a cancellation.
const (
	NoReason       Reason = iota
	Declined              // the payment was declined
	OutOfStock            // not all lines could be reserved
	ByCustomer            // the customer asked
	Expired               // it was not paid for in time
	CarrierRefused        // no carrier takes the parcel
	CaptureFailed         // the promised money could not be taken
	Overdue               // it did not leave in time
)

// Money is an amount in the minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64
	Currency string
}

// A Line is one line of an order, as a mail shows it.
type Line struct {
	SKU, Name string
	Quantity  int64
	UnitPrice Money
}

// A Mail is what the customer is to be told about one fact. Every fact says of
// its order and customer what the others say; where an event keeps a mail, that is
// left out if the state says it already.
type Mail struct {
	ID    string // the fact's own event id
	Order string
	News  News
	// Number is the fact's place among the facts of its order, from 1; 0 for a
	// refund, which is another service's fact and has no place there.
	Number int64
	At     time.Time // when the fact was recorded; the mail's date

	Email, Name string // of the customer; empty for a refund
	Lines       []Line
	Total       Money

	Reason            Reason // of a cancellation
	Carrier, Tracking string // of a parcel, as far as the fact says
	Refund            Money  // what was given back
}

// An Entry is a mail in the line of those of its order. Lines are copied whenever
// one changes, so an entry is small: the mail is apart, and shared.
type Entry struct {
	ID        string
	News      News
	Number    int64
	WaitUntil time.Time // how long facts before it are waited for
	Mail      *Mail     // nil once it is settled: sent, or refused for good
}

func (e Entry) settled() bool { return e.Mail == nil }

// State is what is known of the mails of one order. The zero State is an order
// of which nothing was heard.
type State struct {
	Order       string
	Email, Name string // of the customer; empty until a fact of the order is heard
	Lines       []Line // what was ordered; known from then on, too
	Total       Money
	// Line holds all mails in the order in which they go.
	Line []Entry
	// Waited is the place among the order's facts up to which nothing is waited
	// for any more.
	Waited int64
	// First is the mail that was sent first. All others refer to it, so that
	// they are shown together.
	First string
}

// Stream returns the name of the stream that the mails of an order are kept in.
func Stream(order string) string { return "mail-" + order }

// through returns the place among the order's facts up to which all are heard or
// no longer waited for. A fact behind it waits.
func (s State) through() int64 {
	through := s.Waited
	for s.heard(through + 1) {
		through++
	}
	return through
}

// heard reports whether the order's fact of that number was. An order has a
// handful.
func (s State) heard(number int64) bool {
	for i := range s.Line {
		if s.Line[i].Number == number {
			return true
		}
	}
	return false
}

// Waits reports whether a mail of the line waits for a fact before its own.
func (s State) Waits(m Mail) bool { return m.Number > s.through() }

// Whole returns a mail with all that the state says of its order and customer. A
// refund gets only the customer from there: it tells of nothing else.
func (s State) Whole(m Mail) Mail {
	m.Order = s.Order
	if m.Email != "" {
		return m
	}
	m.Email, m.Name = s.Email, s.Name
	if m.News != Refunded {
		m.Lines, m.Total = s.Lines, s.Total
	}
	return m
}

// unsaid returns a mail without what the state says already: Whole of it is the
// mail again.
func (s State) unsaid(m Mail) Mail {
	if s.Order != "" {
		m.Order = ""
	}
	if m.News != Refunded && s.says(m) {
		m.Email, m.Name, m.Lines, m.Total = "", "", nil, Money{}
	}
	return m
}

// says reports whether the state says of customer and goods what m does.
func (s State) says(m Mail) bool {
	return s.Email != "" && m.Email == s.Email && m.Name == s.Name && m.Total == s.Total && slices.Equal(m.Lines, s.Lines)
}

// next returns the mail that goes next, and false if none can go now. Only the
// head of the line is looked at: whoever stands behind it waits with it.
func (s State) next() (Mail, bool) {
	i := slices.IndexFunc(s.Line, func(e Entry) bool { return !e.settled() })
	if i < 0 {
		return Mail{}, false
	}
	m := s.Whole(*s.Line[i].Mail)
	return m, m.Email != "" && !s.Waits(m)
}

// find returns the place of a mail in the line, and false if it is not there.
func (s State) find(id string) (int, bool) {
	i := slices.IndexFunc(s.Line, func(e Entry) bool { return e.ID == id })
	return i, i >= 0
}
