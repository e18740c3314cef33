package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"orpheus.example/kit/gc"
)

// Exit codes, besides 0. A supervisor restarts after a fault; after a mistake in
// the settings it would only meet it again.
const (
	exitFault = 1
	exitUsage = 2
)

// Main is all of a daemon's main function. The context of run ends with SIGTERM
// or SIGINT; the process exits when run returns, or when its time is up, or at
// once with a second signal. Unless GOGC is set, memory is spent to save time.
func Main(run func(ctx context.Context) error) {
	gc.Tune(os.Getenv)
	signals := make(chan os.Signal, 2) // both that count
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	p := process{signals: signals, exit: os.Exit, errors: os.Stderr}
	os.Exit(p.run(run))
}

// A process is what Main needs of the operating system.
type process struct {
	signals <-chan os.Signal
	exit    func(code int)
	errors  io.Writer
}

// run returns the exit code. If run never returns, it is exit that ends the
// process, and the code is that of a fault.
func (p process) run(run func(ctx context.Context) error) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go p.obey(cancel, ended)
	return p.code(run(ctx))
}

// obey waits for a signal and sees to it that the process ends: in order, else
// when its time is up, else at the second signal.
func (p process) obey(stop context.CancelFunc, ended <-chan struct{}) {
	select {
	case s := <-p.signals:
		slog.Info("told to stop", "signal", s.String())
		stop()
	case <-ended:
		return
	}
	late := time.NewTimer(StopWithin)
	defer late.Stop()
	select {
	case s := <-p.signals:
		slog.Warn("told twice to stop, leaving at once", "signal", s.String())
	case <-late.C:
		slog.Error("did not stop in time", "after", StopWithin, "goroutines", goroutines())
	case <-ended:
		return
	}
	p.exit(exitFault)
}

// code tells what has ended the process, to whom it may concern, and returns the
// exit code.
func (p process) code(err error) int {
	switch {
	case err == nil, errors.Is(err, ErrHelp):
		return 0
	case errors.Is(err, ErrUsage):
		// For the one who sits before it, not for the log.
		_, _ = fmt.Fprintf(p.errors, "%s: %v\n", filepath.Base(os.Args[0]), err) // the exit code says it too
		return exitUsage
	default:
		slog.Error("ended by a fault", "error", err)
		return exitFault
	}
}
