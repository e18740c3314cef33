package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"

	"orpheus.example/kit/rpc"
	"orpheus.example/kit/telemetry"
)

// A Runner is one loop of a service: it works until ctx is done, and then
// returns nil.
type Runner interface {
	Run(ctx context.Context) error
}

// A Service is what Open returns: what a daemon answers, runs and closes.
type Service struct {
	// Register lets the server answer for the service.
	Register func(grpc.ServiceRegistrar)
	// Table says what callers are told of errors.
	Table rpc.Table
	// Loops run from when the server listens until its calls have ended.
	Loops []Runner
	// Ready says whether the service's own store can be used; nil if it can.
	// Without it the service is always ready.
	Ready func(context.Context) error
	// Close lets go of what Open has opened, in this order, once nothing uses it
	// any more.
	Close []Closer
}

// A Closer closes one thing.
type Closer struct {
	Name  string
	Close func(context.Context) error
}

// A Config says what is run. Name, Settings and Open are required.
type Config struct {
	Name     string // of the service, in telemetry and in the reasons of refusals
	Version  string // what the build says by default
	Settings Settings

	// Open makes the service, waiting with Await for what it cannot begin
	// without. If it fails, what is in Close of the Service it returns is
	// closed nevertheless.
	Open func(ctx context.Context) (Service, error)

	// Started is called when everything runs, with the addresses that are
	// listened on. It may be nil.
	Started func(grpc, admin net.Addr)

	logs   io.Writer // standard error if nil
	bounds bounds    // those of the package if zero
}

// A running daemon.
type running struct {
	Config
	state    *state
	level    slog.LevelVar
	pipeline *telemetry.Pipeline
	admin    *admin
	service  Service
	server   *rpc.Server
	loops    group
	pulse    group
	fail     context.CancelCauseFunc
}

// Run runs a daemon until ctx is done, and ends it. It returns nil if it ended
// in order, also if ctx was done before everything ran.
func Run(ctx context.Context, c Config) error {
	begun := time.Now()
	life, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r := &running{Config: c, state: newState(), fail: fail}
	r.Version = cmp.Or(c.Version, builtVersion())
	r.bounds = cmp.Or(c.bounds, defaultBounds)
	r.level.Set(c.Settings.LogLevel)

	err := r.start(life)
	switch {
	case err == nil:
		slog.InfoContext(ctx, "started", "service", c.Name, "version", r.Version, "instance", c.Settings.Instance,
			"took", time.Since(begun).Round(time.Millisecond))
		<-life.Done()
		err = faultOf(life, ctx)
	case ctx.Err() != nil:
		err = nil // told to stop before it had started; that is why it could not
	}
	return errors.Join(err, r.end()) //nolint:contextcheck // ctx is done by now; the end has its own time
}

// faultOf returns why a life has ended, nil if it was told to end.
func faultOf(life, told context.Context) error {
	if cause := context.Cause(life); !errors.Is(cause, context.Cause(told)) {
		return cause
	}
	return nil
}

// start brings everything up, in order. Whatever it got to before an error is
// left for end.
func (r *running) start(ctx context.Context) (err error) {
	r.pipeline, err = telemetry.Setup(ctx, telemetry.Config{
		Name: r.Name, Version: r.Version, Instance: r.Settings.Instance,
		Level: &r.level, Logs: cmp.Or[io.Writer](r.logs, os.Stderr),
	})
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	r.admin, err = openAdmin(ctx, r.Settings.Admin, adminHandler(r.state, &r.level, r.pipeline.Metrics))
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "admin listens", "address", r.admin.listener.Addr().String())
	if r.service, err = r.Open(ctx); err != nil {
		return err
	}
	listener, err := r.serve(ctx)
	if err != nil {
		return err
	}
	r.runLoops()
	r.watchReadiness(ctx)
	if r.Started != nil {
		r.Started(listener.Addr(), r.admin.listener.Addr())
	}
	return nil
}

func (r *running) serve(ctx context.Context) (net.Listener, error) {
	server := rpc.NewServer(rpc.Config{Name: r.Name, Table: r.service.Table}) //nolint:contextcheck // its life ends after ctx, with Stop
	r.service.Register(server)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", r.Settings.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for gRPC: %w", err)
	}
	slog.InfoContext(ctx, "gRPC listens", "address", l.Addr().String())
	r.server = server
	go func() {
		if err := server.Serve(l); err != nil {
			r.fail(fmt.Errorf("serve gRPC: %w", err))
		}
	}()
	return l, nil
}

// runLoops runs the loops in a life of their own, that ends after the calls:
// until then they are needed, to tell those who watch and to answer those who
// wait.
func (r *running) runLoops() {
	for _, loop := range r.service.Loops {
		r.loops.run(func(ctx context.Context) {
			if err := r.runLoop(ctx, loop); err != nil {
				r.fail(err)
			}
		})
	}
}

// runLoop returns an error if the loop ends before it is told to, also by panic.
func (r *running) runLoop(ctx context.Context, loop Runner) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loop %s panicked: %v", nameOf(loop), p)
			slog.ErrorContext(ctx, "loop panicked", "loop", nameOf(loop), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	switch err := loop.Run(ctx); {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("loop %s: %w", nameOf(loop), err)
	}
	return fmt.Errorf("loop %s: %w", nameOf(loop), errEnded)
}

var errEnded = errors.New("ended by itself")

// nameOf returns the name of a loop if it has one, else its type.
func nameOf(loop Runner) string {
	if named, ok := loop.(interface{ Name() string }); ok {
		return named.Name()
	}
	return fmt.Sprintf("%T", loop)
}

func (r *running) watchReadiness(ctx context.Context) {
	p := &pulse{ready: r.service.Ready, state: r.state, tell: r.server.SetServing}
	if p.ready == nil {
		p.ready = func(context.Context) error { return nil }
	}
	p.beat(ctx) // the first answer is known before the process says that it has started
	r.pulse.run(p.run)
}

// builtVersion returns the version of the program as the Go toolchain knows it.
func builtVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// A group is goroutines that end together.
type group struct {
	once   sync.Once
	ctx    context.Context //nolint:containedctx // the life of the group, begun by its first member
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// run runs f until the group is ended.
func (g *group) run(f func(ctx context.Context)) {
	g.once.Do(g.begin)
	g.wg.Go(func() { f(g.ctx) })
}

func (g *group) begin() { g.ctx, g.cancel = context.WithCancel(context.Background()) }

// end tells all members to end and waits for them.
func (g *group) end() {
	g.once.Do(g.begin)
	g.cancel()
	g.wg.Wait()
}
