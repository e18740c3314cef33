// Package loop runs the background work of a service, one bounded step at a
// time.
//
// A step does what is there to be done and says whether there was anything. The
// same steps are run by Run in production and called by hand in tests and in
// simulation, so there is nothing in them that only a goroutine could do.
package loop

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// A Step is work that comes again and again.
type Step interface {
	// Name says in logs which step it is, as in "order.relay".
	Name() string

	// Once does one bounded piece of work and reports whether there was any.
	// It does not wait for work to come. After an error it is called again
	// later; whatever it had begun must then be taken up or begun anew.
	Once(ctx context.Context) (worked bool, err error)

	// Wait returns when there may be work again, or ctx is done. Returning
	// early is harmless.
	Wait(ctx context.Context)
}

// Limits of the pause after an error. The pause grows from the first to the
// second by half each time, and is spread at random, by half of itself either way,
// so that replicas do not beat in time. Who waits for a server to come back may wait
// for two of them, this one and that of its connection, and has 5 s for both.
const (
	FirstPause   = 50 * time.Millisecond
	LongestPause = 1500 * time.Millisecond
)

// A Drainer is a step that starts work which it does not wait for.
type Drainer interface {
	// Drain waits for that work. It is called once no more is started.
	Drain()
}

// A Rester is a step that does better with much at a time than with little.
type Rester interface {
	// Rest lets work pile up. It is called after Once had something to do, and
	// returns when Once may be called again, or ctx is done.
	Rest(ctx context.Context)
}

// A Runner runs one step until it is told to stop.
type Runner struct{ Step Step }

// Name returns the step's name.
func (r Runner) Name() string { return r.Step.Name() }

// Run calls the step until ctx is done, and returns nil then. Errors of the step
// are logged, the first of a row and each change, and answered with a growing
// pause; no error ends it, because what the step needs may come back.
func (r Runner) Run(ctx context.Context) error {
	if d, ok := r.Step.(Drainer); ok {
		defer d.Drain()
	}
	pause := newPause()
	var last string
	for ctx.Err() == nil {
		worked, err := r.Step.Once(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			last = complain(ctx, r.Step.Name(), last, err)
			_ = Sleep(ctx, pause.NextBackOff()) // the loop looks at ctx itself
			continue
		case last != "":
			slog.InfoContext(ctx, "working again", "step", r.Step.Name())
			last = ""
			pause.Reset()
		}
		switch rester, ok := r.Step.(Rester); {
		case !worked:
			r.Step.Wait(ctx)
		case ok:
			rester.Rest(ctx)
		}
	}
	return nil
}

// Until calls Once until it has nothing more to do. It is for tests and
// simulation, where nothing happens by itself.
func Until(ctx context.Context, s Step) error {
	for {
		worked, err := s.Once(ctx)
		if err != nil || !worked {
			return err
		}
	}
}

func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = FirstPause, LongestPause, 1.5
	return b
}

// complain logs err unless it is what was logged last: a dependency that is away
// for an hour is worth a line, not a thousand.
func complain(ctx context.Context, step, last string, err error) string {
	text := err.Error()
	if text != last && !errors.Is(err, context.Canceled) {
		slog.WarnContext(ctx, "cannot work, trying again", "step", step, "error", text)
	}
	return text
}

// Unending returns ctx for work that is finished once it has begun, even if ctx
// ends meanwhile.
func Unending(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx // it never ends
	}
	return context.WithoutCancel(ctx)
}

// Sleep returns nil when d has passed, at once if d is not above 0, or the error
// of ctx when that is done first.
func Sleep(ctx context.Context, d time.Duration) error {
	if IsVirtual(ctx) { // nobody would move the time meanwhile
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
