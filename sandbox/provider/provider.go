// Package provider is a payment provider that holds no real money. It
// authorizes, captures, voids and refunds, keeps books of its own that tests
// compare with ours, and misbehaves on demand.
//
//	         ┌─ capture ─▶ captured ── refunds, in parts or whole ─▶ refunded
//	authorized
//	         └─ void ────▶ voided
//	declined (from the start, and for ever)
//
// The provider is the only authority on what was done. A caller that did not
// hear an answer asks again with the same key, or asks what became of the key.
// What has been answered has been journaled: a crash forgets none of it.
//
// # HTTP
//
// Bodies are JSON, at most 64 KiB; amounts are int64 in minor units of an ISO
// 4217 currency. Unknown fields are ignored.
//
//	POST /authorizations               {reference, amount, currency, token}  201 Authorization
//	POST /authorizations/{id}/capture  {amount}                              200 Authorization
//	POST /authorizations/{id}/void                                           200 Authorization
//	POST /authorizations/{id}/refunds  {amount}                              201 Authorization
//	GET  /authorizations?key=KEY       what the call with KEY was about      200 Authorization
//	GET  /authorizations/{id}                                                200 Authorization
//	GET  /ledger[?reference=ORDER]     the books                             200 Ledger
//
// Refusals are {code, message}:
//
//	400  idempotency_key_missing, idempotency_key_invalid, body_malformed, key_missing
//	402  card_declined, insufficient_funds; capture_failed
//	404  authorization_not_found, key_not_found (never carried out)
//	409  already_captured, already_voided, not_captured, authorization_declined,
//	     amount_exceeds_authorized, amount_exceeds_captured
//	413  body_too_large
//	422  invalid_reference, invalid_amount, invalid_currency; idempotency_key_reused
//	503  unavailable (by switch or by token; nothing was done)
//	507  sandbox_full
//
// # Keys
//
// Every POST carries an Idempotency-Key, and all calls share one space of
// keys. The same key with the same request gets the identical stored answer,
// also when it was 402 or 409. The same key with another request is refused
// and does nothing. Answers 400, 404, 413, 422 and 5xx are not stored.
//
// # Rules
//
// At most the authorized amount is captured, once; what is not captured goes
// back to the customer. Void only before capture. All refunds together are at
// most what was captured.
//
// # Tokens
//
// The payment token decides how a payment behaves, in all its calls. Whatever
// follows a hyphen is ignored, so that tokens can be told apart: tok_ok-4711.
//
//	tok_ok                  as it should
//	tok_declined            402 card_declined
//	tok_insufficient_funds  402 insufficient_funds
//	tok_slow                every call takes 3 s, divided by the speed
//	tok_flaky               the first two tries of every call get 503
//	tok_timeout_after       every call is carried out, and the first answer is lost
//	tok_capture_fails       authorized, but capture gets 402 capture_failed
//	tok_hang                never answers, and nothing is done
//	anything else           402 card_declined
package provider

import (
	"net/http"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/keyed"
	"orpheus.example/sandbox/journal"
)

// Switch is the provider's name on the board of switches, and in the journal.
const Switch = "provider"

// A Config says what a provider stands on.
type Config struct {
	Journal *journal.Journal // default journal.Memory()
	Faults  *faults.Board    // default: a board of its own, all ok
	Now     func() time.Time // default time.Now
}

// A Provider is a payment provider as a value. It is safe for concurrent use.
type Provider struct {
	faults *faults.Board
	now    func() time.Time
	mux    *http.ServeMux
	book   *keyed.Book[effect]

	// What follows is guarded by book.
	payments map[string]payment // by authorization id
	byKey    map[string]string  // key to authorization id
	entries  []Entry
}

// Open returns the provider that the journal remembers.
func Open(c Config) (*Provider, error) {
	p := &Provider{faults: c.Faults, now: c.Now, payments: map[string]payment{}, byKey: map[string]string{}}
	if c.Journal == nil {
		c.Journal = journal.Memory()
	}
	if p.faults == nil {
		p.faults = faults.New(faults.Config{Names: []string{Switch}})
	}
	if p.now == nil {
		p.now = time.Now
	}
	var err error
	if p.book, err = keyed.Open(c.Journal, Switch, p.apply); err != nil {
		return nil, err
	}
	p.mux = p.routes()
	return p, nil
}

// ServeHTTP serves the provider's API, relative to where it is mounted.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// An effect is what one call did. It carries the payment as it is afterwards,
// so that a replay needs none of the rules that led there.
type effect struct {
	Key     string  `json:"key"`
	Payment payment `json:"payment"`
	Entry   *Entry  `json:"entry,omitempty"` // nil: the books did not move
}

func (p *Provider) apply(e effect) {
	p.payments[e.Payment.ID] = e.Payment
	p.byKey[e.Key] = e.Payment.ID
	if e.Entry != nil {
		p.entries = append(p.entries, *e.Entry)
	}
}
