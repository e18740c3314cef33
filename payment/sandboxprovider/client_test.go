package sandboxprovider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"orpheus.example/payment"
	"orpheus.example/payment/paymentd"
	"orpheus.example/payment/sandboxprovider"
	"orpheus.example/sandbox"
	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/provider"
)

// Kinds of outcome that a caller must tell apart.
const (
	done    = "done"
	refused = "refused"
	unfit   = "unfit"
	unclear = "unclear"
)

func outcome(err error) string {
	var no paymentd.Refusal
	switch {
	case err == nil:
		return done
	case errors.As(err, &no):
		return refused
	case errors.Is(err, paymentd.ErrUnfit):
		return unfit
	}
	return unclear
}

func mustOpen(t *testing.T) (*sandboxprovider.Client, *sandbox.World) {
	t.Helper()
	world, err := sandbox.Open(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(world.Handler())
	t.Cleanup(web.Close)
	return mustNew(t, web.URL+"/provider"), world
}

func mustNew(t *testing.T, url string) *sandboxprovider.Client {
	t.Helper()
	c, err := sandboxprovider.New(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func euros(amount int64) payment.Money { return payment.Money{Amount: amount, Currency: "EUR"} }

func authorize(key, token string) payment.CallAuthorize {
	return payment.CallAuthorize{Key: key, Order: "o1", Transaction: "t1", Token: token, Amount: euros(4200)}
}

func mustAuthorize(t *testing.T, c *sandboxprovider.Client, key string) string {
	t.Helper()
	id, err := c.Authorize(t.Context(), authorize(key, "tok_ok"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := outcome(err); got != want {
		t.Errorf("%s = %v, which is %s; want %s", what, err, got, want)
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	c, world := mustOpen(t)
	id := mustAuthorize(t, c, "k1")
	if again := mustAuthorize(t, c, "k1"); again != id || id == "" {
		t.Errorf("authorization is %q, and repeated %q; want the same", id, again)
	}
	if got := world.Provider.Ledger("o1").Totals["EUR"].Authorized; got != 4200 {
		t.Errorf("the provider holds %d; want 4200", got)
	}
	_, err := c.Authorize(t.Context(), authorize("k2", "tok_declined"))
	check(t, "Authorize(declined)", err, refused)
	if no := (paymentd.Refusal{}); !errors.As(err, &no) || no.Code != "card_declined" || no.Message == "" {
		t.Errorf("refused with %+v; want card_declined, with words", no)
	}
	nothing := authorize("k3", "tok_ok")
	nothing.Amount = euros(0)
	_, err = c.Authorize(t.Context(), nothing)
	check(t, "Authorize(nothing)", err, refused)
	_, err = c.Authorize(t.Context(), authorize("k1", "tok_slow"))
	check(t, "Authorize(key of another call)", err, unfit)
	_, err = c.Authorize(t.Context(), authorize("", "tok_ok"))
	check(t, "Authorize(no key)", err, unfit)
}

func TestCaptureAndRefund(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t)
	id := mustAuthorize(t, c, "a")
	for range 2 { // the same key is the same capture
		_, err := c.Capture(t.Context(), payment.CallCapture{Key: "c", Authorization: id, Amount: euros(4200)})
		check(t, "Capture", err, done)
	}
	_, err := c.Capture(t.Context(), payment.CallCapture{Key: "other", Authorization: id, Amount: euros(4200)})
	check(t, "Capture(taken by another key)", err, unfit)
	_, err = c.Capture(t.Context(), payment.CallCapture{Key: "x", Authorization: "auth_none", Amount: euros(1)})
	check(t, "Capture(unknown)", err, unfit)
	_, err = c.Refund(t.Context(), payment.CallRefund{Key: "r1", Authorization: id, Amount: euros(4000)})
	check(t, "Refund", err, done)
	_, err = c.Refund(t.Context(), payment.CallRefund{Key: "r2", Authorization: id, Amount: euros(201)})
	check(t, "Refund(too much)", err, refused)

	broke, err := c.Authorize(t.Context(), authorize("b", "tok_capture_fails"))
	check(t, "Authorize(capture fails)", err, done)
	_, err = c.Capture(t.Context(), payment.CallCapture{Key: "bc", Authorization: broke, Amount: euros(4200)})
	check(t, "Capture(capture fails)", err, refused)
}

func TestVoid(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t)
	id := mustAuthorize(t, c, "a")
	for _, key := range []string{"v", "v", "other"} { // nothing is held any more, whoever let it go
		_, err := c.Void(t.Context(), payment.CallVoid{Key: key, Authorization: id})
		check(t, "Void("+key+")", err, done)
	}
	_, err := c.Capture(t.Context(), payment.CallCapture{Key: "c", Authorization: id, Amount: euros(4200)})
	check(t, "Capture(voided)", err, refused)

	taken := mustAuthorize(t, c, "b")
	_, err = c.Capture(t.Context(), payment.CallCapture{Key: "bc", Authorization: taken, Amount: euros(4200)})
	check(t, "Capture", err, done)
	_, err = c.Void(t.Context(), payment.CallVoid{Key: "bv", Authorization: taken})
	check(t, "Void(taken)", err, unfit)
}

// Whenever it is not certain that nothing was done, and never will be, the call
// has to be made again.
func TestUnclearOutcomes(t *testing.T) {
	t.Parallel()
	c, world := mustOpen(t)
	_, err := c.Authorize(t.Context(), authorize("lost", "tok_timeout_after"))
	check(t, "Authorize(answer lost)", err, unclear)
	_, err = c.Authorize(t.Context(), authorize("lost", "tok_timeout_after"))
	check(t, "Authorize(again)", err, done)
	if err := world.Faults.Set(map[string]faults.Mode{provider.Switch: {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Authorize(t.Context(), authorize("down", "tok_ok"))
	check(t, "Authorize(down)", err, unclear)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	hung, _ := mustOpen(t)
	_, err = hung.Authorize(ctx, authorize("hang", "tok_hang"))
	check(t, "Authorize(hang)", err, unclear)
	_, err = mustNew(t, "http://127.0.0.1:1").Authorize(t.Context(), authorize("gone", "tok_ok"))
	check(t, "Authorize(nobody there)", err, unclear)
}

// What stands between us and the provider does not speak for it.
func TestStrangersAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"page_of_a_proxy":       {http.StatusNotFound, "<html>", unclear},
		"yes_without_an_id":     {http.StatusOK, "{}", unclear},
		"too_many_requests":     {http.StatusTooManyRequests, `{"code":"slow_down"}`, unclear},
		"fault_of_the_provider": {http.StatusInternalServerError, `{"code":"oops"}`, unclear},
		"code_nobody_knows":     {http.StatusGone, `{"code":"moved"}`, unfit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body) // the client has left if it fails
			}))
			t.Cleanup(web.Close)
			_, err := mustNew(t, web.URL).Authorize(t.Context(), authorize("k", "tok_ok"))
			check(t, "Authorize", err, answer.want)
		})
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "provider", "ftp://host/", "http://", "http://\x00"} {
		if _, err := sandboxprovider.New(base); err == nil {
			t.Errorf("New(%q) = nil error; want one", base)
		}
	}
}
