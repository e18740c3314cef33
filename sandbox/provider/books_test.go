package provider_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"orpheus.example/sandbox/provider"
)

// checkBooks checks the laws of the books: every entry sums to 0, so do all
// accounts, the totals are those of the payments, and nothing is held but what
// is authorized and neither captured nor voided.
func checkBooks(t *testing.T, p *provider.Provider) {
	t.Helper()
	l := p.Ledger("")
	seen := map[string]bool{}
	held := map[string]int64{}
	for i, e := range l.Entries {
		var sum int64
		for _, posting := range e.Postings {
			sum += posting.Amount
		}
		if sum != 0 || e.Number != i+1 {
			t.Errorf("entry %d has number %d and sums to %d; want %d and 0", i, e.Number, sum, i+1)
		}
		if a, ok := p.Authorization(e.Authorization); ok && !seen[a.ID] {
			seen[a.ID] = true
			checkAmounts(t, a)
			if a.State == provider.Authorized {
				held[a.Currency] += a.Amount
			}
		}
	}
	for currency, total := range l.Totals {
		if total.Sum != 0 {
			t.Errorf("%s accounts sum to %d; want 0", currency, total.Sum)
		}
		if got := total.Accounts[provider.Held]; got != held[currency] {
			t.Errorf("%s held = %d; want %d", currency, got, held[currency])
		}
		if got, want := total.Accounts[provider.Merchant], total.Captured-total.Refunded; got != want {
			t.Errorf("%s merchant = %d; want captured - refunded = %d", currency, got, want)
		}
	}
}

func checkAmounts(t *testing.T, a provider.Authorization) {
	t.Helper()
	if a.Refunded < 0 || a.Refunded > a.Captured || a.Captured > a.Amount {
		t.Errorf("%s: refunded %d, captured %d, authorized %d; want them in that order", a.ID, a.Refunded, a.Captured, a.Amount)
	}
}

// TestBooksUnderRandomCalls makes a thousand calls, legal or not, with keys that
// repeat, in two currencies. The seed is fixed: a failure is there again.
func TestBooksUnderRandomCalls(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	chance := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for i := range 1000 {
		key := fmt.Sprint("k", chance.IntN(700))
		if i < 10 || chance.IntN(3) == 0 {
			currency := []string{"EUR", "JPY"}[chance.IntN(2)]
			token := []string{"tok_ok", "tok_ok", "tok_declined", "tok_capture_fails"}[chance.IntN(4)]
			c.Post(t, "/authorizations", key, fmt.Sprintf(`{"reference":"o%d","amount":%d,"currency":%q,"token":%q}`, i, 1+chance.IntN(999), currency, token))
			if a, ok := p.ByKey(key); ok {
				ids = append(ids, a.ID)
			}
			continue
		}
		verb := []string{"capture", "refunds", "refunds", "void"}[chance.IntN(4)]
		path := "/authorizations/" + ids[chance.IntN(len(ids))] + "/" + verb
		if a := c.Post(t, path, key, fmt.Sprintf(`{"amount":%d}`, 1+chance.IntN(500))); a.Lost || a.Status >= http.StatusInternalServerError {
			t.Fatalf("POST %s = %s; want an answer below 500", path, a)
		}
	}
	checkBooks(t, p)
	for _, kind := range []provider.Kind{provider.Authorize, provider.Capture, provider.Void, provider.Refund} {
		if count(p.Ledger(""), kind) == 0 {
			t.Errorf("no %s in a thousand calls; the test shows too little", kind)
		}
	}
}

func count(l provider.Ledger, kind provider.Kind) (n int) {
	for _, e := range l.Entries {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
