package provider

import (
	"net/http"
	"strings"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wire"
)

// A State says how far a payment has come.
type State string

// The states of a payment.
const (
	Authorized State = "authorized"
	Declined   State = "declined"
	Captured   State = "captured" // and maybe refunded in part
	Voided     State = "voided"
	Refunded   State = "refunded" // all that was captured
)

// An Authorization is one payment as callers see it. A declined one is kept as
// well, so that who lost the answer can still learn of it by key.
type Authorization struct {
	ID        string    `json:"id"`
	Reference string    `json:"reference"` // the caller's, here the order id
	State     State     `json:"state"`
	Amount    int64     `json:"amount"` // authorized, minor units
	Currency  string    `json:"currency"`
	Captured  int64     `json:"captured"`
	Refunded  int64     `json:"refunded"`
	Created   time.Time `json:"created"`
	Code      string    `json:"code,omitempty"`    // why it was declined
	Message   string    `json:"message,omitempty"` // the same, for people
}

// payment is an authorization as it is stored. The token stays inside.
type payment struct {
	Authorization
	Token string `json:"token"`
}

// order is the body of POST /authorizations.
type order struct {
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Token     string `json:"token"`
}

// maxAmount bounds one payment, so that a million of them add up within int64.
const maxAmount = 1_000_000_000_000

func (o order) check() error {
	switch {
	case o.Reference == "" || len(o.Reference) > 255:
		return wire.Refuse(http.StatusUnprocessableEntity, "invalid_reference", "a reference has 1 to 255 bytes")
	case len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return wire.Refuse(http.StatusUnprocessableEntity, "invalid_currency", "a currency is three capital letters (ISO 4217)")
	}
	return checkAmount(o.Amount)
}

func checkAmount(amount int64) error {
	if amount < 1 || amount > maxAmount {
		return wire.Refuse(http.StatusUnprocessableEntity, "invalid_amount", "an amount is 1 to %d minor units", int64(maxAmount))
	}
	return nil
}

// base returns the part of a token that a payment behaves by.
func base(text string) string {
	name, _, _ := strings.Cut(text, "-")
	return name
}

// quirk returns how the calls of a payment with that token misbehave.
func quirk(text string) faults.Quirk {
	switch base(text) {
	case "tok_slow":
		return faults.SlowAnswer
	case "tok_flaky":
		return faults.Flaky
	case "tok_timeout_after":
		return faults.LoseAnswer
	case "tok_hang":
		return faults.NoAnswer
	}
	return faults.NoQuirk
}

// decline returns why the card behind the token is refused, or nil.
func decline(text string) *wire.Refusal {
	switch base(text) {
	case "tok_ok", "tok_slow", "tok_flaky", "tok_timeout_after", "tok_hang", "tok_capture_fails":
		return nil
	case "tok_insufficient_funds":
		return wire.Refuse(http.StatusPaymentRequired, "insufficient_funds", "the card has not that much")
	case "tok_declined":
		return wire.Refuse(http.StatusPaymentRequired, "card_declined", "the bank declines the card")
	}
	// A token that nobody issued is a card that nobody has. It is a decline and
	// not a malformed call, so that an order with a mistyped token ends.
	return wire.Refuse(http.StatusPaymentRequired, "card_declined", "the token is not known")
}
