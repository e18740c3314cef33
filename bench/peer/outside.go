package peer

import (
	"context"
	"strings"
)

// The world outside, which answers at once. As adapters to real ones would be,
// they are called while the transaction is open: the simplest way that is
// right, if the world takes no time.

// The tokens of cards that the bank says no to, as those of the sandbox.
const (
	declined = "tok_declined"
	empty    = "tok_insufficient_funds"
)

// A bank holds and takes customers' money.
type bank interface {
	Authorize(ctx context.Context, order, token string, amount int64) (reference string, ok bool, err error)
	Capture(ctx context.Context, reference string) (capture string, err error)
	Void(ctx context.Context, reference string) (void string, err error)
}

// A carrier carries parcels.
type carrier interface {
	Book(ctx context.Context, order string) (label label, err error)
	HandOver(ctx context.Context, label string) error
}

// A label is what a carrier gives for a parcel.
type label struct{ carrier, tracking, id string }

// A postman takes mails.
type postman interface {
	Send(ctx context.Context, to, subject, body string) error
}

// instant is a bank, a carrier and a postman who agree to everything, but to
// the tokens above.
type instant struct{}

func (instant) Authorize(_ context.Context, order, token string, _ int64) (string, bool, error) {
	return "auth_" + short(order), token != declined && token != empty, nil
}

func (instant) Capture(_ context.Context, reference string) (string, error) {
	return strings.Replace(reference, "auth_", "cap_", 1), nil
}

func (instant) Void(_ context.Context, reference string) (string, error) {
	return strings.Replace(reference, "auth_", "void_", 1), nil
}

func (instant) Book(_ context.Context, order string) (label, error) {
	return label{carrier: "swift", tracking: "SW" + strings.ToUpper(short(order)), id: "label_" + short(order)}, nil
}

func (instant) HandOver(context.Context, string) error { return nil }

func (instant) Send(context.Context, string, string, string) error { return nil }

// short is the part of an order's id that people are shown.
func short(order string) string { return strings.ReplaceAll(order, "-", "")[16:] }
