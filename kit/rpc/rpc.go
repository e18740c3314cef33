// Package rpc is the gRPC server that all services share.
//
// It settles once what is the same for every method, so that a method holds
// nothing but its meaning:
//
//   - A request is checked against the rules declared in its protobuf file
//     before a method sees it.
//   - A refusal always carries a google.rpc.ErrorInfo, and what else a program
//     needs to act on it; which error becomes which code stands in one Table.
//   - What is not in the table is a fault of ours: the caller is told INTERNAL
//     and no more, the log has the rest. A panic is such a fault and ends one
//     call, not the process.
//   - Every single call has a deadline, every size and number a limit. Calls
//     beyond what the server takes are refused at once, with the time after
//     which to try again.
//   - The server ends in order: first it says that it is not serving, then it
//     ends its streams with UNAVAILABLE so that clients go elsewhere, then it
//     waits for the calls under way.
//
// It speaks reflection and grpc.health.v1. Who may call what is not its concern.
package rpc

import (
	"cmp"
	"context"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"orpheus.example/kit/quietnet"
	"orpheus.example/kit/telemetry"
)

// Limits of every server. What goes beyond is refused by grpc-go itself, mostly
// with RESOURCE_EXHAUSTED.
const (
	MaxReceive    = 256 << 10 // bytes of one request; a large order is a tenth of it
	MaxSend       = 4 << 20   // bytes of one response: what clients accept by default
	MaxHeaders    = 16 << 10  // bytes of a call's metadata
	MaxConcurrent = 1000      // streams per connection; further ones wait in the client

	// MaxInHand is how many single calls are worked on at a time, of all
	// connections together. A service answers thousands a second, so the last of
	// these waits for a fraction of one.
	MaxInHand = 1024

	// DefaultDeadline is for single calls that come without one.
	DefaultDeadline = 5 * time.Second
	// LeastTime is what must be left of a call's time for it to be begun.
	LeastTime = 5 * time.Millisecond

	// PingAfter is how long a connection may be silent before it is probed.
	PingAfter = 30 * time.Second
	// PingTimeout is how long the answer may take before it is dropped.
	PingTimeout = 10 * time.Second
	// MinPing is how much time clients must leave between probes of theirs.
	MinPing = 10 * time.Second
	// MaxAge, give or take a tenth, is when a connection is asked to end, so
	// that callers behind a load balancer find new replicas; MaxAgeGrace is what
	// its calls then get to finish.
	MaxAge      = 30 * time.Minute
	MaxAgeGrace = 5 * time.Minute
	// connectWithin bounds the handshake of a new connection.
	connectWithin = 10 * time.Second
)

const scope = "orpheus.example/kit/rpc"

// A Config says what a server is for.
type Config struct {
	Name     string        // of the service: the domain of its reasons
	Table    Table         // of the errors it knows
	Deadline time.Duration // for calls without one; DefaultDeadline if 0
	InHand   int           // single calls at a time; MaxInHand if 0
}

// A Server serves gRPC. Register services with it, then Serve. It answers health
// checks with NOT_SERVING until SetServing says otherwise.
type Server struct {
	*grpc.Server
	name      string
	table     Table
	deadline  time.Duration
	untraced  bool // nothing is recorded: the trace of callers is only passed on
	validator protovalidate.Validator
	health    *health.Server
	inHand    inHand
	panics    metric.Int64Counter
	sheds     metric.Int64Counter

	stopping context.Context //nolint:containedctx // the life of the server, which outlives every call
	stop     context.CancelFunc
}

// NewServer returns a server that does nothing until it is served. A table that
// is not well-formed panics. It is made after telemetry.Setup, from which it
// learns what is recorded.
func NewServer(c Config) *Server {
	c.Table.mustBeWellFormed()
	s := &Server{
		name: c.Name, table: c.Table,
		deadline:  cmp.Or(c.Deadline, DefaultDeadline),
		inHand:    inHand{limit: int64(cmp.Or(c.InHand, MaxInHand))},
		untraced:  telemetry.Quiet(),
		validator: newValidator(),
		health:    health.NewServer(),
	}
	s.panics, _ = otel.Meter(scope).Int64Counter("rpc.server.panics", // constant and valid: no error to see
		metric.WithUnit("{panic}"), metric.WithDescription("Calls that ended in a panic."))
	s.sheds, _ = otel.Meter(scope).Int64Counter("rpc.server.shed",
		metric.WithUnit("{call}"), metric.WithDescription("Calls that were refused because too many were in hand."))
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.Server = grpc.NewServer(s.options()...)
	reflection.Register(s.Server)
	grpc_health_v1.RegisterHealthServer(s.Server, s.health)
	s.SetServing(false)
	return s
}

// options are the same for every server: a service has no say in them.
func (s *Server) options() []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxReceive),
		grpc.MaxSendMsgSize(MaxSend),
		grpc.MaxHeaderListSize(MaxHeaders),
		grpc.MaxConcurrentStreams(MaxConcurrent),
		grpc.ConnectionTimeout(connectWithin),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: PingAfter, Timeout: PingTimeout, MaxConnectionAge: MaxAge, MaxConnectionAgeGrace: MaxAgeGrace,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: MinPing, PermitWithoutStream: true}),
		// Recovery is inside of what makes answers: a panic is answered and
		// logged as any other fault. Validation is inside of recovery: rules are
		// code, too.
		grpc.ChainUnaryInterceptor(s.unary, recovery.UnaryServerInterceptor(s.recovers()), s.validUnary),
		grpc.ChainStreamInterceptor(s.stream, recovery.StreamServerInterceptor(s.recovers()), s.validStream),
	}
	if s.untraced {
		return options // the stats handler costs 15 us a call even if it records nothing
	}
	return append(options, grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithFilter(filters.Not(filters.HealthCheck())))))
}

// recovers turns a panic into an error that knows where it came from. It is for
// answer to keep that from the caller.
func (s *Server) recovers() recovery.Option {
	return recovery.WithRecoveryHandlerContext(func(ctx context.Context, p any) error {
		s.panics.Add(ctx, 1)
		return &recovery.PanicError{Panic: p, Stack: debug.Stack()}
	})
}

// RegisterService lets s answer for a service. Generated code calls it.
func (s *Server) RegisterService(service *grpc.ServiceDesc, methods any) {
	s.Server.RegisterService(service, methods)
	s.health.SetServingStatus(service.ServiceName, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
}

// SetServing answers health checks for the whole server, and for each of its
// services by name, from now on. After Drain it does nothing.
func (s *Server) SetServing(serving bool) {
	now := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if serving {
		now = grpc_health_v1.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", now)
	for name := range s.GetServiceInfo() {
		if !strings.HasPrefix(name, "grpc.") { // reflection and health themselves
			s.health.SetServingStatus(name, now)
		}
	}
}

// Drain says to health checks, once and for all, that the server is not serving.
// Calls are still answered: whoever has not heard it yet may come.
func (s *Server) Drain() { s.health.Shutdown() }

// Serve answers calls that come in through l, until Stop. It returns nil then.
func (s *Server) Serve(l net.Listener) error { return s.Server.Serve(quietnet.Listener(l)) }

// Stop takes no more calls, ends the contexts of streams, and waits for the calls
// under way. A stream's method that then returns an error, as it should, is
// answered with UNAVAILABLE; one that returns nil claims to have said all. When ctx is done it waits no longer: connections are cut, and
// methods that do not heed their context are left behind. It reports whether all
// calls had ended by themselves.
func (s *Server) Stop(ctx context.Context) bool {
	s.Drain()
	s.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.GracefulStop()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		// Not waited for: once all connections are gone GracefulStop waits for
		// the methods with the server's lock held, and Stop would wait for the
		// lock (grpc-go 1.84).
		go s.Server.Stop()
		return false
	}
}
