package sandboxprovider

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
	"orpheus.example/payment/paymentd"
)

// Limits of the client. Each call's own time comes with its context.
const (
	maxAnswer    = 64 << 10 // bytes of one answer
	maxIdle      = 32       // connections that are kept for the next calls
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

// An answer is what the provider says, whether it is yes or no.
type answer struct {
	status  int
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// post makes one call and returns the id in its answer. Final tells which of the
// provider's noes are for good.
func (c *Client) post(ctx context.Context, key string, body any, final func(answer) bool, path ...string) (string, error) {
	a, err := c.send(ctx, key, body, path)
	switch {
	case err != nil:
		return "", err
	case a.status < 300 && a.ID != "":
		return a.ID, nil
	case final(a):
		return "", paymentd.Refusal{Code: a.Code, Message: a.Message}
	case a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests && a.status != http.StatusRequestTimeout:
		return "", fmt.Errorf("%s (%d %s): %w", path[len(path)-1], a.status, a.Code, paymentd.ErrUnfit)
	}
	return "", fmt.Errorf("%s (%d %s): %w", path[len(path)-1], a.status, a.Code, errUnclear)
}

func (c *Client) send(ctx context.Context, key string, body any, path []string) (answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, fmt.Errorf("encode call: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path...).String(), bytes.NewReader(text))
	if err != nil {
		return answer{}, fmt.Errorf("make call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	if trace := telemetry.Traceparent(ctx); trace != "" {
		req.Header.Set("Traceparent", trace)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err // says which call, and where
	}
	defer func() { _ = res.Body.Close() }() // all that matters of it has been read
	return read(res)
}

// read takes in the whole answer, so that its connection serves the next call.
func read(res *http.Response) (answer, error) {
	a := answer{status: res.StatusCode}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		// A proxy in between, perhaps, that does not speak for the provider.
		return a, fmt.Errorf("read answer (%d): %w", res.StatusCode, errUnclear)
	}
	return a, nil
}
