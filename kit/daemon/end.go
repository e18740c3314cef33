package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

// StopWithin is how long the end of a process may take, from the signal to the
// exit. The steps of the end get less than that together: a drain of one second
// at most, and what is in bounds.
const StopWithin = 10 * time.Second

// bounds are how long each step of the end may take. A step that has nothing to
// wait for takes no time at all: an idle process is gone after its drain.
type bounds struct {
	calls time.Duration // for calls under way to finish
	loops time.Duration // for loops to finish the step that they are in
	close time.Duration // for stores to close, all together
	flush time.Duration // for telemetry to be sent
}

var defaultBounds = bounds{ //nolint:gochecknoglobals // a constant, which Go has not for structs
	calls: 2500 * time.Millisecond,
	loops: 2 * time.Second,
	close: 2500 * time.Millisecond, // a second for each of two that hang, and then some
	flush: time.Second,
}

// end brings everything down, in order, as far as start got. A step that does
// not end in its time is left behind: the steps after it still get their chance,
// and the process exits anyway.
func (r *running) end() error {
	begun := time.Now()
	slog.Info("stopping")
	r.pulse.end() // before the state is set for good, so that it has the last word
	r.state.set("stopping")
	r.endCalls()
	err := step("loops", r.bounds.loops, func(context.Context) error { r.loops.end(); return nil })
	err = errors.Join(err, r.close())
	if r.admin != nil {
		r.admin.close()
	}
	slog.Info("stopped", "took", time.Since(begun).Round(time.Millisecond))
	r.flush()
	return err
}

// endCalls says that the process is going, waits for callers to notice, and then
// for the calls under way. Calls that hang are cut off without further ado: it is
// for their deadlines to be shorter than ours.
func (r *running) endCalls() {
	if r.server == nil {
		return
	}
	r.server.Drain()
	pause(r.Settings.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), r.bounds.calls)
	defer cancel()
	if !r.server.Stop(ctx) {
		slog.Warn("calls were cut off", "after", r.bounds.calls)
	}
}

// pause is not cut short by anything but a second signal, which ends the process.
func pause(d time.Duration) {
	if d > 0 {
		<-time.After(d)
	}
}

// close closes stores one after the other. They share their time, so that one
// that hangs leaves little to the next, but each is at least told to close.
func (r *running) close() error {
	deadline := time.Now().Add(r.bounds.close)
	var all error
	for _, c := range r.service.Close {
		all = errors.Join(all, step("close "+c.Name, time.Until(deadline), c.Close))
	}
	return all
}

// flush comes last of all, so that what the end itself has to tell is sent too.
// That it fails is no fault of the service: the collector may be away.
func (r *running) flush() {
	if r.pipeline == nil {
		return
	}
	if err := step("flush telemetry", r.bounds.flush, r.pipeline.Shutdown); err != nil {
		slog.Warn("telemetry is lost", "error", err)
	}
}

// errOverrun says that something did not end in its time.
var errOverrun = errors.New("did not end in its time")

// step runs f and waits for it no longer than within. If it takes longer, the log
// tells what all goroutines are doing, and f is left behind.
func step(name string, within time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return wrap(name, err)
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return wrap(name, err)
	case <-time.After(heed):
		slog.Error("step of the end hangs", "step", name, "after", within, "goroutines", goroutines())
		return wrap(name, errOverrun)
	}
}

// heed is how long after its deadline a step may return that heeds it.
const heed = 100 * time.Millisecond

// wrap names the step in its error.
func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// maxDump bounds what is written of the goroutines: some hundred of them, while a
// process that hangs usually does so in a handful of ways.
const maxDump = 256 << 10

// goroutines tells what each goroutine is doing. The world stops meanwhile, which
// no longer matters to a process that ends.
func goroutines() string {
	dump := make([]byte, maxDump)
	const all = true
	return string(dump[:runtime.Stack(dump, all)])
}
