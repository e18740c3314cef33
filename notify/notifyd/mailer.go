package notifyd

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Mailer hands messages to a mail server. An adapter is written against this
// interface; calls reach it through a circuit breaker and with a deadline.
//
// Send returns nil once the mail server has taken the message: from then on it
// is the mail server's to deliver. An error is one of three things. Refused is
// the mail server's no, for good. Later is its no for now, to this message and
// not to others. With any other error it is unknown what became of the message;
// it is sent again, with the same bytes, and whoever reads it twice sees by its
// id that it is one.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// A Message is a mail as it goes. All of it is made by us; what the customer
// wrote is in ToName and in the two bodies, which are escaped already.
type Message struct {
	ID      string // as in "…@orpheus.example", without brackets
	First   string // id of the message that began the conversation; empty if this is it
	Order   string
	Date    time.Time
	From    string // an address, with a name if wanted
	ToName  string // may be empty
	To      string // one address, without a name
	Subject string
	Text    string
	HTML    string
}

// Refused is the mail server's last word on a message.
type Refused struct {
	Code    int    // of the reply, 500 to 599
	Message string // in the mail server's words
}

// Error says so. The server's words may hold the customer's address, which is
// nothing for logs, and are left out.
func (r Refused) Error() string { return fmt.Sprintf("mail server refuses for good with %d", r.Code) }

// Later is the mail server's word that it may take a message another time, as
// with greylisting.
type Later struct {
	Code int // of the reply, 400 to 499
}

// Error says so.
func (l Later) Error() string { return fmt.Sprintf("mail server refuses for now with %d", l.Code) }

// answered reports whether err is an answer of a mail server that is well.
func answered(err error) bool {
	return errors.As(err, new(Refused)) || errors.As(err, new(Later))
}
