// Package sandbox is the outside world for local runs and tests: a payment
// provider, parcel carriers and a mail server that hold no real money, own no
// lorry and deliver to nobody. They are stateful and honest. Each has books of
// its own, which tests compare with ours, and each misbehaves on demand.
//
// A World is all of it as one value. Process sandboxd serves a World on ports,
// so that it survives a kill -9 of any service; a program that wants the world
// inside takes Handler and calls it without a port. The world must not know
// who calls it, so nothing here imports a service, their kit or their contract.
//
//	/provider/…          package provider
//	/carriers/{name}/…   package carrier
//	/mailbox, /mailbox/… package mailbox, which also speaks SMTP
//	/switches            package faults
//	/healthz             200 "ok" as long as the process answers
//
// Whatever was answered is in the journal first. A World that is killed and
// opened again on its journal goes on where it was, apart from the switches,
// which are all at ok.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/journal"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

// The defaults of Config. Nothing listens beyond loopback unless asked.
const (
	DefaultListen = "127.0.0.1:7200"
	DefaultSMTP   = "127.0.0.1:7225"
)

// A Config says what kind of world is wanted. The zero Config is a good one
// for tests: in memory, at speed 1.
type Config struct {
	Journal  string           // path of a file; empty: memory only
	Speed    float64          // a parcel travels 3 s divided by it; default 1
	Carriers []string         // default swift and steady
	Now      func() time.Time // default time.Now
	Random   func() float64   // decides for error_rate; default math/rand/v2
	Log      *slog.Logger     // default slog.Default()
}

// MinSpeed is the slowest that a world can be: a parcel takes 50 minutes.
const MinSpeed = 0.001

// ErrSpeed says that a speed is not a number, or below MinSpeed.
var ErrSpeed = errors.New("speed is not a number from 0.001")

// A World is the outside world as a value. It is safe for concurrent use.
type World struct {
	Provider *provider.Provider
	Carriers *carrier.Fleet
	Mailbox  *mailbox.Mailbox
	Faults   *faults.Board

	journal *journal.Journal
	log     *slog.Logger
	mux     *http.ServeMux
}

// Open returns the world that the journal remembers. It listens nowhere yet.
func Open(c Config) (_ *World, err error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	w := &World{log: c.Log}
	if w.journal, err = journal.Open(c.Journal); err != nil {
		return nil, err
	}
	if err := w.populate(c); err != nil {
		return nil, errors.Join(err, w.journal.Close())
	}
	w.mux = w.routes()
	return w, nil
}

func (c *Config) complete() error {
	if c.Speed == 0 {
		c.Speed = 1
	}
	if !(c.Speed >= MinSpeed) { // so that NaN fails it too
		return fmt.Errorf("open sandbox at speed %v: %w", c.Speed, ErrSpeed)
	}
	if len(c.Carriers) == 0 {
		c.Carriers = []string{"swift", "steady"}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return nil
}

func (w *World) populate(c Config) (err error) {
	w.Faults = faults.New(faults.Config{
		Names:  append([]string{provider.Switch, mailbox.Switch}, c.Carriers...),
		Speed:  c.Speed,
		Random: c.Random,
	})
	if w.Provider, err = provider.Open(provider.Config{Journal: w.journal, Faults: w.Faults, Now: c.Now}); err != nil {
		return err
	}
	if w.Carriers, err = carrier.Open(carrier.Config{Names: c.Carriers, Journal: w.journal, Faults: w.Faults, Now: c.Now}); err != nil {
		return err
	}
	w.Mailbox, err = mailbox.Open(mailbox.Config{Journal: w.journal, Faults: w.Faults, Now: c.Now, Log: c.Log})
	return err
}

func (w *World) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/provider/", http.StripPrefix("/provider", w.Provider))
	mux.Handle("/carriers/", http.StripPrefix("/carriers", w.Carriers))
	mux.Handle("/mailbox/", http.StripPrefix("/mailbox", w.Mailbox))
	mux.Handle("/mailbox", http.StripPrefix("/mailbox", atRoot(w.Mailbox)))
	mux.Handle("/switches", w.Faults)
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "ok\n") // who asked and left does not matter
	})
	return mux
}

// atRoot gives the empty path that StripPrefix leaves of /mailbox its slash.
func atRoot(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/" // StripPrefix has made r a copy of its own
		h.ServeHTTP(w, r)
	})
}

// Handler returns the world over HTTP. Called without a server it may panic
// with http.ErrAbortHandler, which stands for a closed connection.
func (w *World) Handler() http.Handler { return w.mux }

// Close gives the journal back. Calls that come later fail.
func (w *World) Close() error { return w.journal.Close() }

// Run opens the world, serves it on both addresses until ctx is done, and
// closes it. It returns within 10 s of that, whatever is under way.
func Run(ctx context.Context, c Config, listen, smtp string) (err error) {
	w, err := Open(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return w.Listen(ctx, listen, smtp)
}
