package keyed

import (
	"net/http"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wire"
)

// A Call is one request over HTTP, understood and not yet decided.
type Call[E any] struct {
	Key     string                     // empty: Decide is idempotent by itself
	Request string                     // fingerprint
	Try     string                     // what a flaky call counts its tries by
	Quirk   faults.Quirk               // how it misbehaves
	Decide  func() (Outcome[E], error) // called under the book's lock, at most once
}

// Serve has c done once and answers, with the quirk before and after it. A key
// that has an answer gets it without any quirk: repeating is how callers
// recover, and what they recover is certain.
func (b *Book[E]) Serve(w http.ResponseWriter, r *http.Request, board *faults.Board, c Call[E]) {
	a, ok, err := b.Kept(c.Key, c.Request)
	if !ok && err == nil {
		if !board.Before(w, r, c.Quirk, c.Try) {
			return
		}
		var first bool
		a, first, err = b.Once(c.Key, c.Request, c.Decide)
		if first && c.Quirk == faults.LoseAnswer {
			faults.Drop()
		}
	}
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	wire.WriteRaw(w, a.Status, a.Body)
}
