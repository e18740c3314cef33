// Package keyed does a call once for each idempotency key.
//
// A Book is the lock around one sandbox's state, the memory of its answers and
// its pen in the journal. A call decides under the lock what happens; the Book
// writes answer and effect down in one record, applies the effect, and from
// then on has the same answer, to the byte, for everyone who comes with that
// key. Nobody waits for the disk under the lock, but nothing that was seen there
// leaves the sandbox before it is on the disk, unless the disk has failed.
//
// Refusals that the sandbox has decided (a declined card) are answers like
// any other. Errors (a malformed call, an unknown id) are not kept: nothing was
// done, and the next call with the key may be a better one.
//
// After a crash the journal is read back: a record that is there was applied,
// a record that is not there was never answered, nor seen by anybody.
package keyed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"orpheus.example/sandbox/internal/wire"
	"orpheus.example/sandbox/journal"
)

// MaxKeys is how many keys a Book remembers. None is ever forgotten, so a full
// Book refuses new ones; a million are about a gigabyte.
const MaxKeys = 1_000_000

// An Answer is what the first caller with a key was told, and what all later
// ones are told. Request is a fingerprint of what was asked.
type Answer struct {
	Request string          `json:"request"`
	Status  int             `json:"status"`
	Body    json.RawMessage `json:"body"`
}

// An Outcome is what a call has come to: what the caller is told, and the
// effect, which is all that the sandbox's state needs to move on. An outcome
// without an effect changes nothing and is not written down.
type Outcome[E any] struct {
	Status int
	Answer any
	Effect *E
}

// record is one line of the journal.
type record[E any] struct {
	Key    string `json:"key,omitempty"`
	Answer Answer `json:"answer"`
	Effect E      `json:"effect"`
}

// A Book keeps answers by key. E is the effect of one call on the state that
// the Book guards.
type Book[E any] struct {
	mu      sync.Mutex
	journal *journal.Journal
	part    string
	apply   func(E)
	answers map[string]Answer
}

// Open returns the book of part, with all that the journal has of it applied.
// From then on apply is called under the book's lock, once per effect.
func Open[E any](j *journal.Journal, part string, apply func(E)) (*Book[E], error) {
	b := &Book[E]{journal: j, part: part, apply: apply, answers: map[string]Answer{}}
	err := j.Replay(part, func(body json.RawMessage) error {
		var r record[E]
		if err := json.Unmarshal(body, &r); err != nil {
			return fmt.Errorf("%w: %w", journal.ErrCorrupt, err)
		}
		b.learn(r)
		return nil
	})
	return b, err
}

func (b *Book[E]) learn(r record[E]) {
	if r.Key != "" {
		b.answers[r.Key] = r.Answer
	}
	b.apply(r.Effect)
}

// Once has decide called, under the lock, unless there is an answer for key
// already. It reports whether this call was the one that did it. A key that
// came with another request before is refused. With an empty key nothing is
// remembered but the effect: decide itself must then be idempotent.
func (b *Book[E]) Once(key, request string, decide func() (Outcome[E], error)) (a Answer, first bool, err error) {
	a, first, err = b.once(key, request, decide)
	if err := b.journal.Settle(); err != nil {
		return Answer{}, false, err
	}
	return a, first, err
}

func (b *Book[E]) once(key, request string, decide func() (Outcome[E], error)) (a Answer, first bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a, ok, err := b.kept(key, request); ok || err != nil {
		return a, false, err
	}
	if key != "" && len(b.answers) >= MaxKeys {
		return Answer{}, false, wire.Refuse(http.StatusInsufficientStorage, "sandbox_full", "the sandbox remembers %d keys and no more", MaxKeys)
	}
	out, err := decide()
	if err != nil {
		return Answer{}, false, err
	}
	return b.write(key, request, out)
}

// write keeps the outcome: first in the journal, then in memory.
func (b *Book[E]) write(key, request string, out Outcome[E]) (Answer, bool, error) {
	body, err := json.Marshal(out.Answer)
	if err != nil {
		return Answer{}, false, fmt.Errorf("encode answer: %w", err)
	}
	a := Answer{Request: request, Status: out.Status, Body: body}
	if out.Effect == nil {
		return a, false, nil
	}
	r := record[E]{Key: key, Answer: a, Effect: *out.Effect}
	if err := b.journal.Write(b.part, r); err != nil {
		return Answer{}, false, err
	}
	b.learn(r)
	return a, true, nil
}

// Kept returns the answer that was given for key, if there is one.
func (b *Book[E]) Kept(key, request string) (a Answer, ok bool, err error) {
	b.Look(func() { a, ok, err = b.kept(key, request) })
	return a, ok, err
}

func (b *Book[E]) kept(key, request string) (Answer, bool, error) {
	a, ok := b.answers[key]
	if ok && a.Request != request {
		return Answer{}, false, wire.Refuse(http.StatusUnprocessableEntity, "idempotency_key_reused",
			"the key has come before, with another request")
	}
	return a, ok, nil
}

// Look calls look under the lock, to read a consistent state. It must not keep
// what it was shown, only copies.
func (b *Book[E]) Look(look func()) {
	b.mu.Lock()
	look()
	b.mu.Unlock()
	_ = b.journal.Settle() // if it is broken, every call that changes something says so
}

// Fingerprint tells requests apart: what is asked, of whom, with which body.
// The body goes in as it was understood, so that white space and the order of
// fields make no difference.
func Fingerprint(operation string, body any) string {
	text, err := json.Marshal(body)
	if err != nil {
		panic("keyed: request cannot be encoded: " + err.Error()) // unreachable: it was decoded from JSON
	}
	sum := sha256.Sum256(append([]byte(operation+"\n"), text...))
	return hex.EncodeToString(sum[:])
}

// ID derives an identity from a key. The same key makes the same identity in
// every run, which makes ledgers of two runs comparable.
func ID(prefix, key string) string {
	sum := sha256.Sum256([]byte(prefix + "\n" + key))
	return prefix + hex.EncodeToString(sum[:10])
}
