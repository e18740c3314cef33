package provider

import (
	"net/http"

	"orpheus.example/sandbox/internal/keyed"
	"orpheus.example/sandbox/internal/wire"
)

// outcome is what a call on a payment has come to.
type outcome = keyed.Outcome[effect]

// transfer is the body of capture and refunds. Void has none.
type transfer struct {
	Amount int64 `json:"amount"`
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	var o order
	key, err := wire.Key(r)
	if err == nil {
		err = wire.Read(w, r, &o)
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	p.book.Serve(w, r, p.faults, keyed.Call[effect]{
		Key:     key,
		Request: keyed.Fingerprint("authorize", o),
		Try:     key,
		Quirk:   quirk(o.Token),
		Decide:  func() (outcome, error) { return p.open(key, o), nil },
	})
}

// open decides POST /authorizations.
func (p *Provider) open(key string, o order) outcome {
	a := payment{Token: o.Token, Authorization: Authorization{
		ID: keyed.ID("auth_", key), Reference: o.Reference, State: Authorized,
		Amount: o.Amount, Currency: o.Currency, Created: p.now().UTC(),
	}}
	if no := decline(o.Token); no != nil {
		a.State, a.Code, a.Message = Declined, no.Code, no.Message
		return said(no, key, a)
	}
	return p.moved(http.StatusCreated, Authorize, key, a, o.Amount)
}

// A verb decides one kind of call on payment a. It is called under the lock.
type verb func(key string, a payment, amount int64) outcome

// on returns the handler for a verb on the payment in the path.
func (p *Provider) on(name string, decide verb, check func(amount int64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var t transfer
		id := r.PathValue("id")
		token, err := p.token(id)
		var key string
		if err == nil {
			key, err = wire.Key(r)
		}
		if err == nil {
			err = wire.Read(w, r, &t)
		}
		if err == nil {
			err = check(t.Amount)
		}
		if err != nil {
			wire.WriteError(w, err)
			return
		}
		p.book.Serve(w, r, p.faults, keyed.Call[effect]{
			Key:     key,
			Request: keyed.Fingerprint(name+" "+id, t),
			Try:     key,
			Quirk:   quirk(token),
			Decide:  func() (outcome, error) { return decide(key, p.payments[id], t.Amount), nil },
		})
	}
}

// anyAmount is the check of calls that take none.
func anyAmount(int64) error { return nil }

func (p *Provider) capture(key string, a payment, amount int64) outcome {
	switch {
	case a.State == Declined:
		return refused("authorization_declined", "there is nothing to capture", key, a)
	case a.State == Voided:
		return refused("already_voided", "the authorization was voided", key, a)
	case a.State != Authorized:
		return refused("already_captured", "an authorization is captured once", key, a)
	case amount > a.Amount:
		return refused("amount_exceeds_authorized", "only what is authorized can be captured", key, a)
	case base(a.Token) == "tok_capture_fails":
		return said(wire.Refuse(http.StatusPaymentRequired, "capture_failed", "the bank takes its promise back"), key, a)
	}
	a.State, a.Captured = Captured, amount
	return p.moved(http.StatusOK, Capture, key, a, amount)
}

func (p *Provider) void(key string, a payment, _ int64) outcome {
	switch a.State {
	case Declined:
		return refused("authorization_declined", "there is nothing to void", key, a)
	case Voided:
		return refused("already_voided", "an authorization is voided once", key, a)
	case Captured, Refunded:
		return refused("already_captured", "what is captured can only be refunded", key, a)
	case Authorized:
	}
	a.State = Voided
	return p.moved(http.StatusOK, Void, key, a, a.Amount)
}

func (p *Provider) refund(key string, a payment, amount int64) outcome {
	switch {
	case a.State != Captured && a.State != Refunded:
		return refused("not_captured", "only what is captured can be refunded", key, a)
	case amount > a.Captured-a.Refunded:
		return refused("amount_exceeds_captured", "refunds together are at most what was captured", key, a)
	}
	a.Refunded += amount
	if a.Refunded == a.Captured {
		a.State = Refunded
	}
	return p.moved(http.StatusCreated, Refund, key, a, amount)
}

// moved is the outcome of a call that money followed: a is the payment
// afterwards.
func (p *Provider) moved(status int, kind Kind, key string, a payment, amount int64) outcome {
	e := p.entry(kind, key, a, amount)
	return outcome{Status: status, Answer: a.Authorization, Effect: &effect{Key: key, Payment: a, Entry: &e}}
}

// said is the outcome of a refusal. It is kept under its key like any other
// answer; no money moves.
func said(no *wire.Refusal, key string, a payment) outcome {
	return outcome{Status: no.Status, Answer: no, Effect: &effect{Key: key, Payment: a}}
}

// refused is said for what the rules forbid.
func refused(code, message, key string, a payment) outcome {
	return said(wire.Refuse(http.StatusConflict, code, "%s", message), key, a)
}
