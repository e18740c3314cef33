// Package instantprovider answers for a payment provider at once, and charges
// nobody. It is for load tests, where the shop itself is to be the limit and not
// somebody else's clock: no connection, no wait, no books.
//
// It remembers nothing. What it answers follows from the call's key, so a repeat
// gets its first answer, as it would from a real provider.
package instantprovider

import (
	"context"
	"strings"

	"orpheus.example/payment"
	"orpheus.example/payment/paymentd"
)

// URL is the provider's address that stands for this package.
const URL = "instant:"

// declined begins the tokens of cards that have no money, as in the sandbox, so
// that a load may be mixed.
const declined = "tok_declined"

// Warning is what has to be said, loudly, where this provider is used.
const Warning = "the payment provider is a stand-in for load tests: it answers at once and charges nobody"

// A Provider takes no money. The zero Provider is ready.
type Provider struct{}

var _ paymentd.Provider = Provider{}

// Is reports whether an address means this provider.
func Is(url string) bool { return strings.HasPrefix(url, URL) }

// Authorize holds nothing and says that it does.
func (Provider) Authorize(_ context.Context, c payment.CallAuthorize) (string, error) {
	if strings.HasPrefix(c.Token, declined) {
		return "", paymentd.Refusal{Code: "card_declined", Message: "the card was declined"}
	}
	return "auth_" + c.Key, nil
}

// Capture takes nothing and says that it does.
func (Provider) Capture(_ context.Context, c payment.CallCapture) (string, error) {
	return "cap_" + c.Key, nil
}

// Void lets go of nothing, which is what there is.
func (Provider) Void(_ context.Context, c payment.CallVoid) (string, error) {
	return "void_" + c.Key, nil
}

// Refund gives nothing back, since nothing was taken.
func (Provider) Refund(_ context.Context, c payment.CallRefund) (string, error) {
	return "ref_" + c.Key, nil
}
