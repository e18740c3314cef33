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
	// Loops run from when the server listens until its calls have ended. The
	// process does not outlive any of them.
	Loops []Runner
	// Ready says whether the service's own store can be used; nil if it can.
	// Without it the service is always ready. It is asked every second, so it
	// should cost no more than a round trip.
	Ready func(context.Context) error
	// Close lets go of what Open has opened, in this order, once nothing uses it
	// any more.
	Close []Closer
}

// A Closer closes one thing that Open has opened. Its context ends when its time
// is up; if Close does not return soon after, it is left behind.
type Closer struct {
	Name  string // in the log, if it fails or hangs
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

// A running is one run of a daemon. Its parts are there as far as start got;
// end asks of each whether it is.
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
	return errors.Join(err, r.end())
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

// serve begins to answer calls. Health checks are told that it is not serving
// until the store was asked. The server is kept only once it listens: before,
// there is nothing to stop.
func (r *running) serve(ctx context.Context) (net.Listener, error) {
	server := rpc.NewServer(rpc.Config{Name: r.Name, Table: r.service.Table})
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
			err := r.runLoop(ctx, loop)
			switch {
			case err == nil:
			case ctx.Err() != nil:
				// Too late to be the cause of anything, but worth knowing.
				slog.WarnContext(ctx, "loop failed at its end", "error", err)
			default:
				r.fail(err)
			}
		})
	}
}

// runLoop returns an error if the loop ends before it is told to, also by panic.
// A loop answers errors of the world itself, by trying again; one that gives up
// has met something that only a new process may cure.
func (r *running) runLoop(ctx context.Context, loop Runner) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loop %s panicked: %v", nameOf(loop), p)
			slog.ErrorContext(ctx, "loop panicked", "loop", nameOf(loop), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	err = loop.Run(ctx)
	switch {
	case err == nil && ctx.Err() != nil:
		return nil
	case err == nil:
		err = errEnded
	}
	return fmt.Errorf("loop %s: %w", nameOf(loop), err)
}

var errEnded = errors.New("ended by itself")

// nameOf returns the name of a loop if it has one, else its type.
func nameOf(loop Runner) string {
	if named, ok := loop.(interface{ Name() string }); ok {
		return named.Name()
	}
	return fmt.Sprintf("%T", loop)
}

// watchReadiness asks the store once before the process says that it has started,
// so that whoever waits for that line finds it ready, and then goes on asking.
func (r *running) watchReadiness(ctx context.Context) {
	p := &pulse{ready: r.service.Ready, state: r.state, tell: r.server.SetServing}
	if p.ready == nil {
		p.ready = func(context.Context) error { return nil }
	}
	p.beat(ctx)
	r.pulse.run(p.run)
}

// builtVersion returns the version of the program as the Go toolchain knows it:
// of the module it was installed from, or "(devel)".
func builtVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// A group is goroutines that end together, when they are told to and not with
// the context of those who began them: the end has an order of its own.
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

// begin makes the life of the group; also at its end, if it never had a member.
func (g *group) begin() { g.ctx, g.cancel = context.WithCancel(context.Background()) }

// end tells all members to end and waits for them.
func (g *group) end() {
	g.once.Do(g.begin)
	g.cancel()
	g.wg.Wait()
}
