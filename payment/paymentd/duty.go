package paymentd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/payment"
)

// A teller makes the calls that payments owe. While the provider is believed to
// be down it makes none: the calls stay owed, and payments wait.
type teller struct {
	provider Provider
	breaker  *breaker.Breaker
}

func newTeller(p Provider, now func() time.Time) teller {
	return teller{p, breaker.New(breaker.Config{Name: "provider", Now: now, Refused: answered})}
}

// do makes one call, and returns what is to be noted of its answer. With an error
// nothing is known: the call is repeated under the same key. There is no other
// provider to turn to, so one payment whose calls fail again and again, as those
// do that the bank never answers, proves nothing against this one.
func (t teller) do(ctx context.Context, stream string, _ payment.State, c payment.Call) (payment.Command, error) {
	ctx = breaker.About(ctx, stream)
	switch c := c.(type) {
	case payment.CallAuthorize:
		held, no, err := call(ctx, t.breaker, t.provider.Authorize, c)
		return either(no, payment.NoteAuthorized{Authorization: held}, payment.NoteDeclined(no)), err
	case payment.CallCapture:
		taken, no, err := call(ctx, t.breaker, t.provider.Capture, c)
		return either(no, payment.NoteCaptured{Reference: taken}, payment.NoteNotCaptured(no)), err
	case payment.CallRefund:
		given, no, err := call(ctx, t.breaker, t.provider.Refund, c)
		return either(no, payment.NoteRefunded{ID: c.ID, Reference: given},
			payment.NoteNotRefunded{ID: c.ID, Code: no.Code, Message: no.Message}), err
	case payment.CallVoid:
		gone, no, err := call(ctx, t.breaker, t.provider.Void, c)
		if err == nil && no != (Refusal{}) {
			// Money may still be held. Somebody has to look, and until then it
			// must not be forgotten.
			err = fmt.Errorf("void is refused: %w", no)
		}
		return payment.NoteVoided{Reference: gone}, err
	}
	panic("paymentd: call of unknown kind")
}

// call makes one call through b. A refusal is not an error here.
func call[C any](ctx context.Context, b *breaker.Breaker, do func(context.Context, C) (string, error), c C) (string, Refusal, error) {
	reference, err := breaker.Call(ctx, b, func(ctx context.Context) (string, error) { return do(ctx, c) })
	if no := (Refusal{}); errors.As(err, &no) {
		return "", no, nil
	}
	return reference, Refusal{}, err
}

func either(no Refusal, yes, ifNot payment.Command) payment.Command {
	if no != (Refusal{}) {
		return ifNot
	}
	return yes
}

// owe returns what a payment owes.
func owe(s payment.State) []decider.Duty[payment.Call] {
	var duties []decider.Duty[payment.Call]
	for _, d := range payment.Owe(s) {
		duties = append(duties, decider.Duty[payment.Call](d))
	}
	return duties
}
