package provider_test

import (
	"net/http"
	"testing"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/provider"
)

// TestTokens posts each authorization three times with one key and looks at
// what came of it.
func TestTokens(t *testing.T) {
	t.Parallel()
	const busy = "503 unavailable"
	tests := []struct {
		token   string
		answers [3]string
		entries int
	}{
		{"tok_ok", [3]string{"201", "201", "201"}, 1},
		{"tok_ok-4711", [3]string{"201", "201", "201"}, 1},
		{"tok_declined", [3]string{"402 card_declined", "402 card_declined", "402 card_declined"}, 0},
		{"tok_insufficient_funds", [3]string{"402 insufficient_funds", "402 insufficient_funds", "402 insufficient_funds"}, 0},
		{"tok_slow", [3]string{"201", "201", "201"}, 1},
		{"tok_flaky", [3]string{busy, busy, "201"}, 1},
		{"tok_timeout_after", [3]string{"lost", "201", "201"}, 1},
		{"tok_capture_fails", [3]string{"201", "201", "201"}, 1},
		{"tok_never_heard_of", [3]string{"402 card_declined", "402 card_declined", "402 card_declined"}, 0},
		{"", [3]string{"402 card_declined", "402 card_declined", "402 card_declined"}, 0},
	}
	for _, tt := range tests {
		t.Run("token_"+tt.token, func(t *testing.T) {
			t.Parallel()
			p, _, c := open(t, nil)
			for i, want := range tt.answers {
				if got := c.Post(t, "/authorizations", "k", body("o", 1000, tt.token)); got.String() != want {
					t.Errorf("try %d = %s; want %s", i+1, got, want)
				}
			}
			if got := len(p.Ledger("o").Entries); got != tt.entries {
				t.Errorf("entries = %d; want %d", got, tt.entries)
			}
		})
	}
}

// TestTokenRulesLaterCalls: the token goes on to matter in capture and refund,
// and each call has tries of its own.
func TestTokenRulesLaterCalls(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	for range 3 {
		c.Post(t, "/authorizations", "f", body("o", 10, "tok_flaky"))
	}
	kept, _ := p.ByKey("f")
	flaky := kept.ID
	lossy := authorize(t, p, c, "l", "tok_timeout_after")
	for _, tt := range []struct{ id, verb, key, body, want string }{
		{flaky, "capture", "f2", `{"amount":10}`, "503 unavailable"},
		{flaky, "capture", "f2", `{"amount":10}`, "503 unavailable"},
		{flaky, "capture", "f2", `{"amount":10}`, "200"},
		{flaky, "capture", "f2", `{"amount":10}`, "200"}, // has its answer: no quirk any more
		{lossy, "capture", "l2", `{"amount":10}`, "lost"},
		{lossy, "capture", "l2", `{"amount":10}`, "200"},
		{lossy, "refunds", "l3", `{"amount":10}`, "lost"},
		{lossy, "refunds", "l3", `{"amount":10}`, "201"},
	} {
		if got := c.Post(t, "/authorizations/"+tt.id+"/"+tt.verb, tt.key, tt.body); got.String() != tt.want {
			t.Errorf("%s with %s = %s; want %s", tt.verb, tt.key, got, tt.want)
		}
	}
	if got := p.Ledger("").Totals["EUR"]; got.Captured != 20 || got.Refunded != 10 {
		t.Errorf("captured, refunded = %d, %d; want 20, 10", got.Captured, got.Refunded)
	}
}

func TestLostVoidIsDone(t *testing.T) {
	t.Parallel()
	p, _, c := open(t, nil)
	id := authorize(t, p, c, "k", "tok_timeout_after")
	if got := c.Post(t, "/authorizations/"+id+"/void", "v", ""); !got.Lost {
		t.Errorf("void = %s; want lost", got)
	}
	// The answer can also be asked for, instead of the call repeated.
	var a provider.Authorization
	c.Read(t, "/authorizations?key=v", &a)
	if a.State != provider.Voided {
		t.Errorf("state by the key of the void = %s; want %s", a.State, provider.Voided)
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	t.Parallel()
	_, b, c := open(t, nil)
	start := time.Now()
	c.Post(t, "/authorizations", "k", body("o", 1, "tok_slow"))
	if took := time.Since(start); took < b.Scale(faults.SlowFor) {
		t.Errorf("tok_slow took %v; want %v or more", took, b.Scale(faults.SlowFor))
	}
}

func TestHangDoesNothing(t *testing.T) {
	t.Parallel()
	_, _, c := open(t, nil)
	if !c.Hangs(t, "/authorizations", "k", body("o", 1, "tok_hang"), patience) {
		t.Error("tok_hang was answered; want no end")
	}
	if got := c.Get(t, "/authorizations?key=k"); got.Status != http.StatusNotFound {
		t.Errorf("GET by the key of a hang = %s; want 404", got)
	}
}
