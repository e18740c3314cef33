package payment

import (
	"errors"
	"fmt"
)

// A Phase says how far a payment has come.
type Phase int

// The phases of a payment. In those that end in -ing the provider is being
// asked.
const (
	None Phase = iota
	Authorizing
	Authorized
	Declined
	Capturing
	Captured
	CaptureFailed
	Voiding
	Voided
	Refunding
	Refunded
	Closed
)

// String returns the phase's name as people read it.
func (p Phase) String() string {
	return [...]string{
		"none", "authorizing", "authorized", "declined", "capturing", "captured", "capture failed",
		"voiding", "voided", "refunding", "refunded", "closed",
	}[p]
}

// Money is an amount in the minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64
	Currency string
}

// A Line is what of an order the money is for. It is carried on to inventory.
type Line struct {
	SKU      string
	Quantity int64
}

// A RefundState says where one refund stands.
type RefundState int

// The states of a refund.
const (
	Pending RefundState = iota // the provider is being asked
	Done
	Failed // the provider has refused for good
)

// A Refund is money given back, or to be given back.
type Refund struct {
	ID      string // unique over all payments
	Request string // that asked for it; empty if a cancellation did
	Amount  Money
	// All is set if no amount was asked for, but all that was left.
	All    bool
	Reason string
	Actor  string // who asked
	State  RefundState
}

// State is what is known of one payment. The zero State is the payment of an
// order that was never heard of.
type State struct {
	Phase       Phase
	Order       string
	Transaction string // that was attached to the order
	Token       string // for the customer's card
	Total       Money  // what the order costs, and all that is ever held
	Lines       []Line

	// Authorization is what the provider calls the money it holds, or held.
	Authorization string
	Captured      int64 // what was taken, in minor units of Total's currency
	Refunds       []Refund

	// Cancelled is set once the order's cancellation has been heard while
	// something could still come of a call, or has led to a refund.
	Cancelled bool

	Code, Message string // why it was declined, or not captured
}

// Refunded returns what was given back, in minor units.
func (s State) Refunded() int64 { return s.sum(Done) }

// Left returns what was taken and is neither given back nor about to be, in
// minor units.
func (s State) Left() int64 { return s.Captured - s.sum(Done) - s.sum(Pending) }

// sum cannot overflow: pending and done refunds together are at most Captured.
func (s State) sum(state RefundState) int64 {
	var sum int64
	for _, r := range s.Refunds {
		if r.State == state {
			sum += r.Amount.Amount
		}
	}
	return sum
}

// refund returns the refund with that id.
func (s State) refund(id string) (Refund, bool) {
	for _, r := range s.Refunds {
		if r.ID == id {
			return r, true
		}
	}
	return Refund{}, false
}

// Stream returns the name of the stream that an order's payment is kept in.
func Stream(order string) string { return "payment-" + order }

// Why a command is refused.
var (
	ErrUnknown       = errors.New("payment is not known")
	ErrNotCaptured   = errors.New("no money has been taken")
	ErrNothingLeft   = errors.New("everything taken is given back, or about to be")
	ErrTooMuch       = errors.New("refund is more than what is left")
	ErrBadAmount     = errors.New("refund must be more than zero")
	ErrOtherCurrency = errors.New("refund is in another currency than the payment")
	ErrReused        = errors.New("request id was used for another refund")
	// ErrImpossible says that the facts contradict each other: what was heard
	// cannot follow from what this payment has said. People must look at it.
	ErrImpossible = errors.New("cannot follow from what the payment has said")
)

// A StateError is a refusal because of where the payment stands.
type StateError struct {
	Phase Phase
	Left  int64 // what could be refunded, in minor units
	Err   error
}

// Error says where the payment stands.
func (e StateError) Error() string { return fmt.Sprintf("payment is %v: %v", e.Phase, e.Err) }

// Unwrap returns what is wrong with that.
func (e StateError) Unwrap() error { return e.Err }
