package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wire"
	"orpheus.example/sandbox/internal/wiretest"
	"orpheus.example/sandbox/journal"
	"orpheus.example/sandbox/provider"
)

// open returns a provider at a speed where slow is 30 ms.
func open(t *testing.T, j *journal.Journal) (*provider.Provider, *faults.Board, *wiretest.Caller) {
	t.Helper()
	b := faults.New(faults.Config{Names: []string{provider.Switch}, Speed: 100})
	p, err := provider.Open(provider.Config{Journal: j, Faults: b, Now: wiretest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	return p, b, wiretest.Start(t, p)
}

func body(reference string, amount int64, token string) string {
	return fmt.Sprintf(`{"reference":%q,"amount":%d,"currency":"EUR","token":%q}`, reference, amount, token)
}

// authorize authorizes 1000 with that token and returns the id.
func authorize(t *testing.T, p *provider.Provider, c *wiretest.Caller, key, token string) string {
	t.Helper()
	c.Post(t, "/authorizations", key, body("order-"+key, 1000, token))
	a, ok := p.ByKey(key)
	if !ok {
		t.Fatalf("no authorization with key %q", key)
	}
	return a.ID
}

// A step is one call on a payment: "capture 600".
type step struct{ call, want string }

func (s step) run(t *testing.T, c *wiretest.Caller, id, key string) wiretest.Answer {
	t.Helper()
	verb, amount, _ := strings.Cut(s.call, " ")
	text := ""
	if amount != "" {
		text = `{"amount":` + amount + `}`
	}
	return c.Post(t, "/authorizations/"+id+"/"+verb, key, text)
}

// TestRules: every call in every state, on an authorization of 1000.
func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		token string
		steps []step
		state provider.State
	}{
		{"capture_is_once", "tok_ok", []step{{"capture 1000", "200"}, {"capture 1000", "409 already_captured"}}, provider.Captured},
		{"capture_of_a_part_is_once_too", "tok_ok", []step{{"capture 600", "200"}, {"capture 400", "409 already_captured"}}, provider.Captured},
		{"capture_is_at_most_the_authorized", "tok_ok", []step{{"capture 1001", "409 amount_exceeds_authorized"}}, provider.Authorized},
		{"capture_needs_an_amount", "tok_ok", []step{{"capture", "422 invalid_amount"}, {"capture 0", "422 invalid_amount"}, {"capture -1", "422 invalid_amount"}}, provider.Authorized},
		{"void_is_once", "tok_ok", []step{{"void", "200"}, {"void", "409 already_voided"}}, provider.Voided},
		{"void_only_before_capture", "tok_ok", []step{{"capture 1000", "200"}, {"void", "409 already_captured"}}, provider.Captured},
		{"capture_only_before_void", "tok_ok", []step{{"void", "200"}, {"capture 1000", "409 already_voided"}}, provider.Voided},
		{"refund_only_after_capture", "tok_ok", []step{{"refunds 1", "409 not_captured"}}, provider.Authorized},
		{"refund_in_parts_up_to_the_captured", "tok_ok", []step{{"capture 600", "200"}, {"refunds 400", "201"}, {"refunds 201", "409 amount_exceeds_captured"}, {"refunds 200", "201"}, {"refunds 1", "409 amount_exceeds_captured"}}, provider.Refunded},
		{"refunded_is_not_voided", "tok_ok", []step{{"capture 5", "200"}, {"refunds 5", "201"}, {"void", "409 already_captured"}}, provider.Refunded},
		{"declined_stays_declined", "tok_declined", []step{{"capture 1", "409 authorization_declined"}, {"void", "409 authorization_declined"}, {"refunds 1", "409 not_captured"}}, provider.Declined},
		{"a_failed_capture_can_be_voided", "tok_capture_fails", []step{{"capture 1000", "402 capture_failed"}, {"capture 1000", "402 capture_failed"}, {"void", "200"}}, provider.Voided},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, _, c := open(t, nil)
			id := authorize(t, p, c, "k", tt.token)
			for i, s := range tt.steps {
				if got := s.run(t, c, id, fmt.Sprint("k", i)); got.String() != s.want {
					t.Errorf("%s = %s; want %s", s.call, got, s.want)
				}
			}
			if a, _ := p.Authorization(id); a.State != tt.state {
				t.Errorf("state = %s; want %s", a.State, tt.state)
			}
			checkBooks(t, p)
		})
	}
}

func TestMalformedCalls(t *testing.T) {
	t.Parallel()
	_, _, c := open(t, nil)
	tests := []struct{ name, path, key, body, want string }{
		{"no_key", "/authorizations", "", body("o", 1, "tok_ok"), "400 idempotency_key_missing"},
		{"key_too_long", "/authorizations", strings.Repeat("k", wire.MaxKey+1), body("o", 1, "tok_ok"), "400 idempotency_key_invalid"},
		{"key_not_ascii", "/authorizations", "kl\u00e9", body("o", 1, "tok_ok"), "400 idempotency_key_invalid"},
		{"no_json", "/authorizations", "k", `{`, "400 body_malformed"},
		{"two_values", "/authorizations", "k", `{} {}`, "400 body_malformed"},
		{"fractional_amount", "/authorizations", "k", `{"amount":1.5}`, "400 body_malformed"},
		{"amount_beyond_int64", "/authorizations", "k", `{"amount":9223372036854775808}`, "400 body_malformed"},
		{"body_too_large", "/authorizations", "k", `"` + strings.Repeat("x", wire.MaxBody) + `"`, "413 body_too_large"},
		{"no_reference", "/authorizations", "k", body("", 1, "tok_ok"), "422 invalid_reference"},
		{"no_amount", "/authorizations", "k", body("o", 0, "tok_ok"), "422 invalid_amount"},
		{"negative_amount", "/authorizations", "k", body("o", -5, "tok_ok"), "422 invalid_amount"},
		{"huge_amount", "/authorizations", "k", body("o", 1<<62, "tok_ok"), "422 invalid_amount"},
		{"no_currency", "/authorizations", "k", `{"reference":"o","amount":1,"token":"tok_ok"}`, "422 invalid_currency"},
		{"small_currency", "/authorizations", "k", `{"reference":"o","amount":1,"currency":"eur"}`, "422 invalid_currency"},
		{"unknown_authorization", "/authorizations/auth_x/capture", "k", `{"amount":1}`, "404 authorization_not_found"},
	}
	for _, tt := range tests {
		if got := c.Post(t, tt.path, tt.key, tt.body); got.String() != tt.want {
			t.Errorf("%s: POST = %s; want %s", tt.name, got, tt.want)
		}
	}
	// None of that used up the key.
	if got := c.Post(t, "/authorizations", "k", body("o", 1, "tok_ok")); got.Status != http.StatusCreated {
		t.Errorf("POST with the key of malformed calls = %s; want 201", got)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	id := authorize(t, p, c, "k1", "tok_ok")
	authorize(t, p, c, "k2", "tok_insufficient_funds")
	c.Post(t, "/authorizations/"+id+"/capture", "k3", `{"amount":700}`)
	for _, tt := range []struct {
		path  string
		state provider.State
		code  string
	}{
		{"/authorizations/" + id, provider.Captured, ""},
		{"/authorizations?key=k1", provider.Captured, ""},
		{"/authorizations?key=k3", provider.Captured, ""}, // the key of the capture leads there too
		{"/authorizations?key=k2", provider.Declined, "insufficient_funds"},
	} {
		var got provider.Authorization
		c.Read(t, tt.path, &got)
		if got.State != tt.state || got.Code != tt.code {
			t.Errorf("GET %s = %s %q; want %s %q", tt.path, got.State, got.Code, tt.state, tt.code)
		}
	}
	for path, want := range map[string]string{
		"/authorizations?key=nobody": "404 key_not_found",
		"/authorizations":            "400 key_missing",
		"/authorizations/nobody":     "404 authorization_not_found",
	} {
		if got := c.Get(t, path); got.String() != want {
			t.Errorf("GET %s = %s; want %s", path, got, want)
		}
	}
}

// TestReplay: a provider opened again on the journal of one that was never
// closed knows all that the first one answered.
func TestReplay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p, _, c := open(t, mustJournal(t, path))
	id := authorize(t, p, c, "k1", "tok_ok")
	capture := c.Post(t, "/authorizations/"+id+"/capture", "k2", `{"amount":900}`)
	refused := c.Post(t, "/authorizations/"+id+"/void", "k3", "")
	declined := c.Post(t, "/authorizations", "k4", body("o4", 5, "tok_declined"))

	again, _, c2 := open(t, mustJournal(t, path))
	if diff := cmp.Diff(p.Ledger(""), again.Ledger("")); diff != "" {
		t.Errorf("ledger after replay, -before +after:\n%s", diff)
	}
	for key, tt := range map[string]struct {
		path, body string
		want       wiretest.Answer
	}{
		"k2": {"/authorizations/" + id + "/capture", `{"amount":900}`, capture},
		"k3": {"/authorizations/" + id + "/void", "", refused},
		"k4": {"/authorizations", body("o4", 5, "tok_declined"), declined},
	} {
		if got := c2.Post(t, tt.path, key, tt.body); got != tt.want {
			t.Errorf("repeat of %s after replay = %+v; want %+v", key, got, tt.want)
		}
	}
	checkBooks(t, again)
}

func mustJournal(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// TestBrokenJournal: what cannot be written down is not done.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	j := mustJournal(t, filepath.Join(t.TempDir(), "journal"))
	p, _, c := open(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := c.Post(t, "/authorizations", "k", body("o", 1, "tok_ok")); got.String() != "500 sandbox_broken" {
		t.Errorf("POST = %s; want 500 sandbox_broken", got)
	}
	if _, ok := p.ByKey("k"); ok || len(p.Ledger("").Entries) != 0 {
		t.Error("the call left something behind; want nothing")
	}
}

// TestManyWithOneKey: a hundred callers at once, one authorization, one answer.
func TestManyWithOneKey(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	answers := make([]wiretest.Answer, 100)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = c.Post(t, "/authorizations", "k", body("o", 1000, "tok_ok")) })
	}
	all.Wait()
	for i, a := range answers {
		if a != answers[0] || a.Status != http.StatusCreated {
			t.Errorf("answer %d = %+v; want 201 and equal to the first", i, a)
		}
	}
	if got := len(p.Ledger("o").Entries); got != 1 {
		t.Errorf("entries = %d; want 1", got)
	}
	checkBooks(t, p)
}

// TestManyCaptures: captures race with different keys, and one of them wins.
func TestManyCaptures(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	id := authorize(t, p, c, "k", "tok_ok")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { c.Post(t, "/authorizations/"+id+"/capture", fmt.Sprint("c", i), `{"amount":1000}`) })
	}
	all.Wait()
	if got := p.Ledger("").Totals["EUR"].Captured; got != 1000 {
		t.Errorf("captured = %d; want 1000", got)
	}
}

// TestSameKey: to the byte the same for the same request, refused for another.
func TestSameKey(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	id := authorize(t, p, c, "k", "tok_ok")
	first := c.Post(t, "/authorizations", "d", body("o", 7, "tok_declined"))
	for _, tt := range []struct{ name, path, key, body, want string }{
		{"decline_repeated", "/authorizations", "d", body("o", 7, "tok_declined"), "402 card_declined"},
		{"white_space_and_order_of_fields", "/authorizations", "d", `{ "token":"tok_declined","currency":"EUR", "amount":7,"reference":"o", "new":1}`, "402 card_declined"},
		{"other_amount", "/authorizations", "d", body("o", 8, "tok_declined"), "422 idempotency_key_reused"},
		{"other_token", "/authorizations", "d", body("o", 7, "tok_ok"), "422 idempotency_key_reused"},
		{"other_call", "/authorizations/" + id + "/capture", "d", `{"amount":7}`, "422 idempotency_key_reused"},
		{"first_capture", "/authorizations/" + id + "/capture", "c", `{"amount":7}`, "200"},
		{"capture_repeated", "/authorizations/" + id + "/capture", "c", `{"amount":7}`, "200"},
		{"capture_of_another_amount", "/authorizations/" + id + "/capture", "c", `{"amount":8}`, "422 idempotency_key_reused"},
	} {
		got := c.Post(t, tt.path, tt.key, tt.body)
		if got.String() != tt.want {
			t.Errorf("%s = %s; want %s", tt.name, got, tt.want)
		}
		if tt.want == "402 card_declined" && got != first {
			t.Errorf("%s = %+v; want the first answer %+v", tt.name, got, first)
		}
	}
	if got := p.Ledger("").Totals["EUR"].Captured; got != 7 {
		t.Errorf("captured = %d; want 7", got)
	}
}

func TestSwitchSparesTheLedger(t *testing.T) {
	t.Parallel()
	p, b, c := open(t, nil)
	if err := b.Set(map[string]faults.Mode{provider.Switch: {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	if got := c.Post(t, "/authorizations", "k", body("o", 1, "tok_ok")); got.String() != "503 unavailable" {
		t.Errorf("POST to a provider that is down = %s; want 503 unavailable", got)
	}
	if got := c.Get(t, "/authorizations?key=k"); got.String() != "503 unavailable" {
		t.Errorf("GET from a provider that is down = %s; want 503 unavailable", got)
	}
	if got := c.Get(t, "/ledger"); got.Status != http.StatusOK {
		t.Errorf("GET /ledger of a provider that is down = %s; want 200", got)
	}
	if _, ok := p.ByKey("k"); ok {
		t.Error("a provider that was down has done the call")
	}
}

// patience is how long a hang must last to be taken for one.
const patience = 200 * time.Millisecond
