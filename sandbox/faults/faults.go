// Package faults lets the outside world misbehave on demand, in two ways.
//
// A switch makes a whole part misbehave for everybody, until it is switched
// back. Over HTTP:
//
//	GET  /switches   {"provider":{"mode":"ok"},"smtp":{"mode":"down"},…}
//	POST /switches   {"provider":{"mode":"error_rate:0.3"}}   answers like GET
//
// Modes are ok, down, slow, hang and error_rate:P. All of them strike before
// the part looks at the call: what has misbehaved by switch has done nothing.
// Switches are not journaled; a restart sets all of them to ok.
//
// A quirk makes one thing misbehave and leaves the others alone: one payment
// (by its token), one parcel (by its address), one mail (by its recipient).
// Quirks can also strike after the call was carried out (LoseAnswer), which is
// the case that idempotency keys exist for. A quirk never touches the answer to
// a key that has one already: a repeat gets it at once.
//
// A hang ends when the caller hangs up, when the sandbox stops (the context of
// the request ends), or after MaxHang. It ends without an answer.
package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"orpheus.example/sandbox/internal/wire"
)

const (
	// SlowFor is how long a slow answer takes at speed 1.
	SlowFor = 3 * time.Second

	// MaxHang is the longest that a hang holds a connection, whatever the
	// speed. It is far beyond the patience of any caller.
	MaxHang = 2 * time.Minute

	// FlakyTries is how many tries of a flaky call are in vain.
	FlakyTries = 2

	// maxTries bounds the memory for flaky calls that are never repeated.
	maxTries = 10_000
)

var (
	// ErrUnknownMode says that a text is not a Mode.
	ErrUnknownMode = errors.New("unknown mode")

	// ErrUnknownSwitch says that no part of the world has that name.
	ErrUnknownSwitch = errors.New("unknown switch")
)

// A Quirk is how one call misbehaves.
type Quirk string

// The quirks. Not every part knows every one.
const (
	NoQuirk    Quirk = ""
	SlowAnswer Quirk = "slow"        // SlowFor, then as it should
	Flaky      Quirk = "flaky"       // 503 for the first FlakyTries tries
	NoAnswer   Quirk = "hang"        // never answers and does nothing
	LoseAnswer Quirk = "lose answer" // does it, and closes the connection; a repeat is answered
)

// A Config says which switches there are. Names must not be empty.
type Config struct {
	Names  []string
	Speed  float64        // divides SlowFor; default 1
	Random func() float64 // in [0, 1), safe for concurrent use, decides for ErrorRate; default math/rand/v2
}

// A Board holds one switch per part of the outside world. It is safe for
// concurrent use, and it serves /switches.
type Board struct {
	speed  float64
	random func() float64

	mu    sync.Mutex
	modes map[string]Mode
	tries map[string]int // of flaky calls, by what they try
}

// New returns a board with all switches at ok.
func New(c Config) *Board {
	b := &Board{speed: c.Speed, random: c.Random, modes: map[string]Mode{}, tries: map[string]int{}}
	if b.speed <= 0 {
		b.speed = 1
	}
	if b.random == nil {
		b.random = rand.Float64
	}
	for _, name := range c.Names {
		b.modes[name] = Mode{Kind: OK}
	}
	return b
}

// Set sets the named switches and leaves the others. If one name is unknown,
// none is set.
func (b *Board) Set(modes map[string]Mode) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range modes {
		if _, ok := b.modes[name]; !ok {
			return fmt.Errorf("set %q: %w", name, ErrUnknownSwitch)
		}
	}
	maps.Copy(b.modes, modes)
	return nil
}

// Modes returns the position of every switch.
func (b *Board) Modes() map[string]Mode {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.modes)
}

// Now returns how the named part behaves for one call. Chance is decided here:
// ErrorRate means that this call is one of those that fail.
func (b *Board) Now(name string) Kind {
	b.mu.Lock()
	m := b.modes[name]
	b.mu.Unlock()
	lucky := m.Kind == ErrorRate && b.random() >= m.Rate
	if lucky || m.Kind == "" {
		return OK
	}
	return m.Kind
}

// Scale returns d as it is at the board's speed.
func (b *Board) Scale(d time.Duration) time.Duration {
	return time.Duration(float64(d) / b.speed)
}

// FailTry reports whether this try is among the first n, which are in vain.
// After them it says no once and forgets: the call is about to be carried out.
func (b *Board) FailTry(what string, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tries) >= maxTries {
		clear(b.tries) // somebody sees two more failures than promised; nothing grows for ever
	}
	b.tries[what]++
	if b.tries[what] <= n {
		return true
	}
	delete(b.tries, what)
	return false
}

// Wait waits for d, or until ctx is done, and reports whether d has passed.
// This is real time, unlike the Now that the parts are given: a caller's
// patience is real.
func Wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Gate returns next behind the named switch.
func (b *Board) Gate(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch b.Now(name) {
		case Down, ErrorRate:
			unavailable(w, name+" is switched to fail")
			return
		case Slow:
			b.dawdle(r)
		case Hang:
			// The server watches for a hang-up only once the body is read.
			_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, wire.MaxBody))
			hang(w, r)
		case OK:
		}
		next.ServeHTTP(w, r)
	})
}

// Before plays the part of q that comes before the call is carried out, and
// reports whether the call goes on. If not, it has been answered. The body of
// r must have been read. What tells this call's tries from those of others.
func (b *Board) Before(w http.ResponseWriter, r *http.Request, q Quirk, what string) bool {
	switch q {
	case SlowAnswer:
		b.dawdle(r)
	case NoAnswer:
		hang(w, r)
	case Flaky:
		if b.FailTry(what, FlakyTries) {
			unavailable(w, "try again")
			return false
		}
	case NoQuirk, LoseAnswer: // nothing, or only afterwards
	}
	return true
}

// dawdle waits, and drops the call if nobody waits for its answer any more:
// a slow answer that nobody took would otherwise look like LoseAnswer.
func (b *Board) dawdle(r *http.Request) {
	if !Wait(r.Context(), b.Scale(SlowFor)) {
		Drop()
	}
}

// hang holds the call. It does not return.
func hang(w http.ResponseWriter, r *http.Request) {
	// The server's read timeout would end the request's context, and with it
	// the hang. Not every ResponseWriter has a deadline to lift.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	Wait(r.Context(), MaxHang)
	Drop()
}

// Drop ends the call by closing its connection without an answer. It does not
// return. A handler that is called without a server must expect the panic,
// http.ErrAbortHandler, and take it as a closed connection.
func Drop() { panic(http.ErrAbortHandler) }

func unavailable(w http.ResponseWriter, why string) {
	wire.WriteError(w, wire.Refuse(http.StatusServiceUnavailable, "unavailable", "%s", why))
}
