package provider

import (
	"net/http"

	"orpheus.example/sandbox/internal/wire"
)

// routes stands the API behind the provider's switch. The ledger stands before
// it: it is for auditors, who must be able to count while the provider is down.
func (p *Provider) routes() *http.ServeMux {
	api := http.NewServeMux()
	api.HandleFunc("POST /authorizations", p.authorize)
	api.HandleFunc("POST /authorizations/{id}/capture", p.on("capture", p.capture, checkAmount))
	api.HandleFunc("POST /authorizations/{id}/void", p.on("void", p.void, anyAmount))
	api.HandleFunc("POST /authorizations/{id}/refunds", p.on("refund", p.refund, checkAmount))
	api.HandleFunc("GET /authorizations", p.showByKey)
	api.HandleFunc("GET /authorizations/{id}", p.show)

	mux := http.NewServeMux()
	mux.Handle("/", p.faults.Gate(Switch, api))
	mux.HandleFunc("GET /ledger", p.showLedger)
	return mux
}

func (p *Provider) show(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	a, ok := p.Authorization(id)
	if !ok {
		wire.WriteError(w, unknown(id))
		return
	}
	wire.Write(w, http.StatusOK, a)
}

// showByKey says what became of a call whose answer was lost. Not found means
// that it was never carried out, so far: it may still be on its way.
func (p *Provider) showByKey(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	if key == "" {
		wire.WriteError(w, wire.Refuse(http.StatusBadRequest, "key_missing", "say which: ?key=KEY"))
		return
	}
	a, ok := p.ByKey(key)
	if !ok {
		wire.WriteError(w, wire.Refuse(http.StatusNotFound, "key_not_found", "no call with that key was carried out"))
		return
	}
	wire.Write(w, http.StatusOK, a)
}

func (p *Provider) showLedger(w http.ResponseWriter, r *http.Request) {
	wire.Write(w, http.StatusOK, p.Ledger(r.URL.Query().Get("reference")))
}

// Authorization returns the payment with that id.
func (p *Provider) Authorization(id string) (a Authorization, ok bool) {
	p.book.Look(func() {
		var kept payment
		kept, ok = p.payments[id]
		a = kept.Authorization
	})
	return a, ok
}

// ByKey returns the payment that the call with that key was about.
func (p *Provider) ByKey(key string) (a Authorization, ok bool) {
	p.book.Look(func() {
		var id string
		id, ok = p.byKey[key]
		a = p.payments[id].Authorization
	})
	return a, ok
}

// token returns the token of the payment with that id.
func (p *Provider) token(id string) (token string, err error) {
	p.book.Look(func() {
		kept, ok := p.payments[id]
		if !ok {
			err = unknown(id)
		}
		token = kept.Token
	})
	return token, err
}

func unknown(id string) *wire.Refusal {
	return wire.Refuse(http.StatusNotFound, "authorization_not_found", "there is no authorization %q", id)
}
