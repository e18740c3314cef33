package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox"
	"orpheus.example/sandbox/internal/wire"
	"orpheus.example/sandbox/internal/wiretest"
	"orpheus.example/sandbox/mailbox"
)

const (
	payment = `{"reference":"o-1","amount":100,"currency":"EUR","token":"tok_ok"}`
	parcel  = `{"reference":"s-1","name":"Ada","address":{"line1":"Main St 1"}}`
	hanging = `{"reference":"o-9","amount":100,"currency":"EUR","token":"tok_hang"}`
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	_, addr, _ := start(t, sandbox.Config{Carriers: []string{"snail"}})
	c := wiretest.New("http://" + addr)
	for path, want := range map[string]int{
		"/healthz":               http.StatusOK,
		"/switches":              http.StatusOK,
		"/provider/ledger":       http.StatusOK,
		"/carriers/snail/ledger": http.StatusOK,
		"/carriers/swift/ledger": http.StatusNotFound,
		"/mailbox":               http.StatusOK,
		"/mailbox/":              http.StatusOK,
		"/mailbox/messages":      http.StatusOK,
		"/":                      http.StatusNotFound,
	} {
		if got := c.Get(t, path); got.Status != want {
			t.Errorf("GET %s = %s; want %d", path, got, want)
		}
	}
	large := `{"a":"` + strings.Repeat("x", wire.MaxBody) + `"}`
	for _, path := range []string{"/provider/authorizations", "/carriers/snail/labels", "/switches"} {
		if got := c.Post(t, path, "k", large); got.String() != "413 body_too_large" {
			t.Errorf("POST %s of %d bytes = %s; want 413 body_too_large", path, len(large), got)
		}
	}
}

// TestHandlerNeedsNoPort: the world inside another program, where a closed
// connection is a panic with http.ErrAbortHandler.
func TestHandlerNeedsNoPort(t *testing.T) {
	t.Parallel()
	w, err := sandbox.Open(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	post := func(token string) (status int, lost bool) {
		defer func() {
			err, _ := recover().(error)
			lost = errors.Is(err, http.ErrAbortHandler)
		}()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/provider/authorizations", strings.NewReader(strings.ReplaceAll(payment, "tok_ok", token)))
		r.Header.Set("Idempotency-Key", token)
		answer := httptest.NewRecorder()
		w.Handler().ServeHTTP(answer, r)
		return answer.Code, false
	}
	if status, lost := post("tok_ok"); status != http.StatusCreated || lost {
		t.Errorf("tok_ok = %d, lost %v; want 201", status, lost)
	}
	if _, lost := post("tok_timeout_after"); !lost {
		t.Error("tok_timeout_after was answered; want it lost")
	}
	if status, lost := post("tok_timeout_after"); status != http.StatusCreated || lost {
		t.Errorf("tok_timeout_after again = %d, lost %v; want 201", status, lost)
	}
}

// TestCrash opens a second world on what a crash of the first would leave: its
// journal as it is, without a close, and half a line behind it.
func TestCrash(t *testing.T) {
	t.Parallel()
	clock := wiretest.NewClock()
	path := filepath.Join(t.TempDir(), "journal")
	before, addr, mail := start(t, sandbox.Config{Journal: path, Now: clock.Now})
	c := wiretest.New("http://" + addr)
	c.Post(t, "/provider/authorizations", "k", payment)
	c.Post(t, "/carriers/steady/labels", "k", parcel)
	if err := smtp.SendMail(mail, nil, "a@b.example", []string{"c@d.example"}, []byte("Message-ID: <m>\r\n\r\nHi\r\n")); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(torn, append(left, left[:len(left)/5]...), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without its newline: the rest of the first line would be a whole one.
	after, err := sandbox.Open(sandbox.Config{Journal: torn, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = after.Close() }()
	for _, book := range []struct{ before, after any }{
		{before.Provider.Ledger(""), after.Provider.Ledger("")},
		{before.Carriers.Carrier("steady").Ledger(""), after.Carriers.Carrier("steady").Ledger("")},
		{before.Mailbox.Messages(mailbox.Query{}), after.Mailbox.Messages(mailbox.Query{})},
	} {
		if diff := cmp.Diff(book.before, book.after); diff != "" {
			t.Errorf("%T after the crash, -before +after:\n%s", book.before, diff)
		}
	}
}

// TestStopDuringHangs stops a world in which calls of every kind hang.
func TestStopDuringHangs(t *testing.T) {
	t.Parallel()
	w, err := sandbox.Open(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	web, mail := listen(t), listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Serve(ctx, web, mail) }()
	c := wiretest.New("http://" + web.Addr().String())
	c.Post(t, "/switches", "", `{"swift":{"mode":"hang"},"smtp":{"mode":"hang"}}`)

	callers := make(chan string, 3)
	go func() { callers <- "token: " + c.Post(t, "/provider/authorizations", "k", hanging).String() }()
	go func() { callers <- "switch: " + c.Post(t, "/carriers/swift/labels", "k", parcel).String() }()
	go func() {
		err := smtp.SendMail(mail.Addr().String(), nil, "a@b.example", []string{"c@d.example"}, nil)
		callers <- fmt.Sprint("mail: ", err != nil)
	}()
	select {
	case got := <-callers:
		t.Fatalf("%s before the stop; want no end", got)
	case <-time.After(300 * time.Millisecond): // time for all three to be under way
	}
	begin := time.Now()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v; want nil", err)
	}
	if took := time.Since(begin); took > wiretest.Patience {
		t.Errorf("stop took %v; want %v at most", took, wiretest.Patience)
	}
	got := map[string]bool{<-callers: true, <-callers: true, <-callers: true}
	want := map[string]bool{"token: lost": true, "switch: lost": true, "mail: true": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what callers saw, -want +got:\n%s", diff)
	}
}

// TestOneListenerFails: when one server cannot go on, neither does the other.
func TestOneListenerFails(t *testing.T) {
	t.Parallel()
	w, err := sandbox.Open(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	web, mail := listen(t), listen(t)
	if err := mail.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Serve(t.Context(), web, mail); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve = %v; want %v", err, net.ErrClosed)
	}
}

func TestDefaultsAreLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{sandbox.DefaultListen, sandbox.DefaultSMTP} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("default address %s is not on loopback", addr)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{-1, sandbox.MinSpeed / 2, math.NaN()} {
		if _, err := sandbox.Open(sandbox.Config{Speed: speed}); !errors.Is(err, sandbox.ErrSpeed) {
			t.Errorf("Open at speed %v = %v; want %v", speed, err, sandbox.ErrSpeed)
		}
	}
	path := filepath.Join(t.TempDir(), "no", "such", "folder")
	if _, err := sandbox.Open(sandbox.Config{Journal: path}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of a journal in no folder = %v; want %v", err, os.ErrNotExist)
	}
}
