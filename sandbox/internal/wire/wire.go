// Package wire reads and writes the JSON that the sandboxes speak over HTTP.
//
// It is a tolerant reader: unknown fields are ignored, so that an adapter may
// send more than a sandbox looks at. It is strict about the rest: one value,
// valid JSON, at most MaxBody bytes.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

const (
	// MaxBody is the most bytes that a request's body may have.
	MaxBody = 64 << 10

	// MaxKey is the most bytes that an Idempotency-Key may have.
	MaxKey = 255
)

// A Refusal is an answer that says no. Code is for programs and stays as it is
// for ever; Message is for people.
type Refusal struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refuse returns a refusal; the rest is as for fmt.Sprintf.
func Refuse(status int, code, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns the code and the message.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// Read decodes the body of r into v. An empty body leaves v as it is: some
// calls say everything in their path. The error is a Refusal.
func Read(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return Refuse(http.StatusRequestEntityTooLarge, "body_too_large", "the body has more than %d bytes", MaxBody)
	case err != nil:
		return Refuse(http.StatusBadRequest, "body_unreadable", "the body ended early")
	case len(body) == 0:
		return nil
	}
	// Unmarshal, unlike a Decoder, also refuses what follows the first value.
	if err := json.Unmarshal(body, v); err != nil {
		return Refuse(http.StatusBadRequest, "body_malformed", "the body is not the expected JSON: %v", err)
	}
	return nil
}

// Key returns the Idempotency-Key of r. The error is a Refusal: a call that
// changes something must carry one.
func Key(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return "", Refuse(http.StatusBadRequest, "idempotency_key_missing", "the call needs an Idempotency-Key header")
	}
	if len(key) > MaxKey || !printable(key) {
		return "", Refuse(http.StatusBadRequest, "idempotency_key_invalid",
			"an Idempotency-Key has at most %d printable ASCII characters", MaxKey)
	}
	return key, nil
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Write answers with v as JSON.
func Write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("wire: answer cannot be encoded: " + err.Error()) // unreachable: answers are plain structs
	}
	WriteRaw(w, status, body)
}

// WriteRaw answers with body, which is JSON already. Two answers with equal
// bodies are equal to the byte.
func WriteRaw(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(slices.Clip(body), '\n')) // a caller who hung up asks again by key
}

// WriteError answers with err. An error that is no Refusal is the sandbox's own
// trouble (its journal): 500, and the caller cannot know whether it was done.
func WriteError(w http.ResponseWriter, err error) {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		refusal = Refuse(http.StatusInternalServerError, "sandbox_broken", "%v", err)
	}
	Write(w, refusal.Status, refusal)
}
