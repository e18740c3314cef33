package sandboxprovider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"orpheus.example/payment"
	"orpheus.example/payment/paymentd"
)

// A Client calls one provider. It may be used by many at a time.
type Client struct {
	base *url.URL
	http *http.Client
}

// New returns a client of the provider at a URL such as
// http://127.0.0.1:7200/provider.
func New(base string) (*Client, error) { return NewOver(base, newTransport()) }

// NewOver returns a client whose calls go over t: to a provider in the same
// process, for one.
func NewOver(base string, t http.RoundTripper) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("provider: %q is not an http address", base)
	}
	return &Client{base: u, http: &http.Client{Transport: t}}, nil
}

var _ paymentd.Provider = (*Client)(nil)

// Authorize asks for money to be held. Whatever the provider finds wrong with
// the order itself is a decline: a repeat would be no better.
func (c *Client) Authorize(ctx context.Context, a payment.CallAuthorize) (string, error) {
	return c.post(ctx, a.Key, map[string]any{
		"reference": a.Order, "transaction": a.Transaction, "token": a.Token,
		"amount": a.Amount.Amount, "currency": a.Amount.Currency,
	}, func(no answer) bool {
		return no.status == http.StatusPaymentRequired ||
			no.status == http.StatusUnprocessableEntity && no.Code != "idempotency_key_reused"
	}, "authorizations")
}

// Capture asks for held money to be taken. "already_captured" is not for good:
// our own capture, repeated, gets its first answer, so somebody else took the
// money, and people must look before it is called lost.
func (c *Client) Capture(ctx context.Context, a payment.CallCapture) (string, error) {
	return c.post(ctx, a.Key, map[string]any{"amount": a.Amount.Amount}, func(no answer) bool {
		return no.status == http.StatusPaymentRequired || no.status == http.StatusConflict && no.Code != "already_captured"
	}, "authorizations", a.Authorization, "capture")
}

// Void asks for held money to be let go. Where nothing is held that is well, too.
func (c *Client) Void(ctx context.Context, a payment.CallVoid) (string, error) {
	reference, err := c.post(ctx, a.Key, nil, func(no answer) bool {
		return no.Code == "already_voided" || no.Code == "authorization_declined"
	}, "authorizations", a.Authorization, "void")
	if no := (paymentd.Refusal{}); errors.As(err, &no) {
		return a.Authorization, nil
	}
	return reference, err
}

// Refund asks for taken money to be given back.
func (c *Client) Refund(ctx context.Context, a payment.CallRefund) (string, error) {
	return c.post(ctx, a.Key, map[string]any{"amount": a.Amount.Amount}, func(no answer) bool {
		return no.status == http.StatusConflict
	}, "authorizations", a.Authorization, "refunds")
}
