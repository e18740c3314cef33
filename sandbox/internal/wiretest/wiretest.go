// Package wiretest calls the sandboxes in tests as an adapter would: over a
// real connection, a new one for each call.
//
// New ones, because on a connection used before, Go's client repeats a call
// with an Idempotency-Key by itself when the answer is lost (net/http,
// Transport), and tests of lost answers want to see the loss.
package wiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long a test waits for what must happen.
const Patience = 10 * time.Second

// A Caller calls one server. It is safe for concurrent use.
type Caller struct {
	URL    string
	client *http.Client
}

// Start serves h until the test ends, and returns a caller of it. The end
// waits for all handlers: a hang that nobody waits for any more must be over.
func Start(t *testing.T, h http.Handler) *Caller {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return New(s.URL)
}

// New returns a caller of the server at url.
func New(url string) *Caller {
	return &Caller{URL: url, client: &http.Client{
		Timeout:   Patience,
		Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

// An Answer is what a call has come to. Lost means that the connection was
// closed without one.
type Answer struct {
	Status int
	Body   string
	Lost   bool
}

// String returns the status and the code, if there is one: "402 card_declined".
// It is what most tests look at.
func (a Answer) String() string {
	if a.Lost {
		return "lost"
	}
	var refusal struct{ Code string }
	// A body that is not JSON, or a list, has no code.
	if err := json.Unmarshal([]byte(a.Body), &refusal); err != nil || a.Status < 300 {
		return strconv.Itoa(a.Status)
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", refusal.Code))
}

// Post posts body, JSON text, with an Idempotency-Key unless key is empty.
func (c *Caller) Post(t *testing.T, path, key, body string) Answer {
	t.Helper()
	return c.call(t.Context(), t, http.MethodPost, path, key, body)
}

// Get gets path.
func (c *Caller) Get(t *testing.T, path string) Answer {
	t.Helper()
	return c.call(t.Context(), t, http.MethodGet, path, "", "")
}

// Read gets path and decodes the answer, which must be 200, into v.
func (c *Caller) Read(t *testing.T, path string, v any) {
	t.Helper()
	a := c.Get(t, path)
	if a.Status != http.StatusOK {
		t.Fatalf("GET %s = %d %s; want 200", path, a.Status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, a.Body)
	}
}

// Hangs posts body and reports whether there was no answer, and no end of the
// connection either, for as long as patience.
func (c *Caller) Hangs(t *testing.T, path, key, body string, patience time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c.call(ctx, t, http.MethodPost, path, key, body)
	return ctx.Err() != nil
}

func (c *Caller) call(ctx context.Context, t *testing.T, method, path, key, body string) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return Answer{Lost: true}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return Answer{Lost: true}
	}
	return Answer{Status: answer.StatusCode, Body: string(text)}
}

// A Clock is a clock that stands still until it is moved. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at a fixed noon.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)}
}

// Now returns where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock by d, also back.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
