package sandboxcarrier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"orpheus.example/kit/telemetry"
	"orpheus.example/shipping/shippingd"
)

// Limits of the client. Each call's own time comes with its context.
const (
	maxAnswer    = 256 << 10 // bytes of one answer: it repeats all lines of the parcel
	maxIdle      = 32        // connections that are kept for the next calls
	idleTimeout  = 90 * time.Second
	headerWithin = 10 * time.Second // before the caller's patience, if it has none
)

// errUnclear says that it is not known what became of a call.
var errUnclear = errors.New("outcome of the call is unknown")

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		MaxIdleConns:          maxIdle,
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       idleTimeout,
		ResponseHeaderTimeout: headerWithin,
	}
}

// A request is one call on its way.
type request struct {
	method string
	path   []string
	key    string // idempotency key; only bookings have one, and only they can be refused
	body   any    // nil if the path says it all
}

// An answer is what the carrier says, whether it is yes or no.
type answer struct {
	status         int
	ID             string `json:"label_id"`
	TrackingNumber string `json:"tracking_number"`
	State          string `json:"state"`
	Code           string `json:"code"`
	Message        string `json:"message"`
}

// call makes one call and returns the label in its answer.
func (c *Client) call(ctx context.Context, r request) (answer, error) {
	a, err := c.send(ctx, r)
	what := r.path[len(r.path)-1]
	switch {
	case err != nil:
		return answer{}, err
	case a.status < 300 && a.ID != "":
		return a, nil
	case a.status == http.StatusUnprocessableEntity && r.key != "" && a.Code != "idempotency_key_reused":
		return answer{}, shippingd.Refusal{Code: a.Code, Message: a.Message}
	case a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests && a.status != http.StatusRequestTimeout:
		return answer{}, fmt.Errorf("%s (%d %s): %w", what, a.status, a.Code, shippingd.ErrUnfit)
	}
	return answer{}, fmt.Errorf("%s (%d %s): %w", what, a.status, a.Code, errUnclear)
}

func (c *Client) send(ctx context.Context, r request) (answer, error) {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return answer{}, fmt.Errorf("make call: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err // says which call, and where
	}
	defer func() { _ = res.Body.Close() }() // all that matters of it has been read
	return read(res)
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.JoinPath(r.path...).String(), body)
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if trace := telemetry.Traceparent(ctx); trace != "" {
		req.Header.Set("Traceparent", trace)
	}
	return req, nil
}

// read takes in the whole answer, so that its connection serves the next call.
func read(res *http.Response) (answer, error) {
	a := answer{status: res.StatusCode}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		// A proxy in between, perhaps, that does not speak for the carrier.
		return a, fmt.Errorf("read answer (%d): %w", res.StatusCode, errUnclear)
	}
	return a, nil
}
