package paymentd

import (
	"context"
	"errors"

	"orpheus.example/payment"
)

// A Provider holds, takes and gives back the customers' money. An adapter to a
// real one is written against this interface; calls reach it through a circuit
// breaker and with a deadline.
//
// Each call carries an idempotency key. The provider does the work of one key
// once, and answers a repeat as it answered first: a call whose answer was lost
// is repeated until there is one. Each returns what the provider calls the
// thing that came of it.
//
// An error is one of three things. A Refusal is the provider's no, for good:
// nothing was done and a repeat will not be answered otherwise. An error that
// wraps ErrUnfit says that the provider is well but cannot make sense of the
// call. With any other error it is unknown whether anything was done.
type Provider interface {
	// Authorize asks for money to be held. What it returns is the
	// Authorization of later calls.
	Authorize(ctx context.Context, c payment.CallAuthorize) (authorization string, err error)
	// Capture asks for held money to be taken.
	Capture(ctx context.Context, c payment.CallCapture) (reference string, err error)
	// Void asks for held money to be let go. It is also well if there is
	// nothing held any more. It is never refused.
	Void(ctx context.Context, c payment.CallVoid) (reference string, err error)
	// Refund asks for taken money to be given back.
	Refund(ctx context.Context, c payment.CallRefund) (reference string, err error)
}

// A Refusal is a provider's no, for good.
type Refusal struct{ Code, Message string }

// Error returns the code and the message.
func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// ErrUnfit says that the provider answers, but does not take the call as it is: the
// program or a setting is wrong. The call stays owed, so that it is made once that
// is put right, and every try is logged.
var ErrUnfit = errors.New("provider does not take the call")

// answered reports whether an error is an answer of a provider that is well.
func answered(err error) bool {
	var no Refusal
	return errors.As(err, &no) || errors.Is(err, ErrUnfit)
}
