package shippingd

import (
	"context"
	"errors"

	"orpheus.example/shipping"
)

// A Carrier takes parcels to customers. An adapter to a real one is written
// against this interface; calls reach it through a circuit breaker of its own
// and with a deadline.
//
// Calls may be repeated: Book carries an idempotency key, under which the carrier
// makes one label and answers a repeat as it answered first; the others name a
// state, and asking for the state that already is changes nothing.
//
// An error is one of three things. A Refusal is the carrier's no to a
// booking, for good. An error that wraps ErrUnfit says that the carrier is well
// but cannot make sense of the call. With any other error it is unknown whether
// anything was done.
type Carrier interface {
	// Book asks for a label. Only Book is ever refused.
	Book(ctx context.Context, c shipping.CallBook) (Label, error)
	// HandOver says that the parcel waits to be collected.
	HandOver(ctx context.Context, c shipping.CallHandOver) error
	// Track asks how far the parcel is, and returns the carrier's word and its
	// comment, if it has one.
	Track(ctx context.Context, c shipping.CallTrack) (status shipping.Status, note string, err error)
	// Cancel asks for the label to be cancelled.
	Cancel(ctx context.Context, c shipping.CallCancel) error
}

// A Label is a parcel's place with a carrier.
type Label struct {
	ID       string // what the carrier calls the label
	Tracking string // the number that people know the parcel by
}

// A Refusal is a carrier's no to a booking, for good.
type Refusal struct{ Code, Message string }

// Error returns the code and the message.
func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// ErrUnfit says that the carrier answers, but does not take the call as it is: the
// program or a setting is wrong. The call stays owed, so that it is made once that
// is put right, and every try is logged.
var ErrUnfit = errors.New("carrier does not take the call")

// answered reports whether an error is an answer of a carrier that is well.
func answered(err error) bool {
	var no Refusal
	return errors.As(err, &no) || errors.Is(err, ErrUnfit)
}
