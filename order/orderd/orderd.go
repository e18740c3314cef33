// Package orderd is the order service as a value: it acts on what package order
// decides. It answers gRPC, says what has happened, hears what others say, shows
// what is known, and wakes when a deadline passes.
//
// Any number of replicas may run on one database and one broker. What the
// service promises when one of them, the broker or the database stops is in
// docs/guarantees.md.
package orderd

import (
	"context"
	"time"

	"google.golang.org/grpc"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/alarm"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/watch"
	"orpheus.example/ops"
	"orpheus.example/order"
)

// Name is the service's name: of its queue, its marks and its steps.
const Name = "order"

// Config is what the service stands on. All fields but the last two are required.
type Config struct {
	Store  eventlog.Store
	Bus    bus.Bus
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time

	PayWithin    time.Duration // how long an order may wait for money and stock
	FulfilWithin time.Duration // how long it may wait to leave, from when it was placed

	// Stepped makes each step finish what it takes up, one after the other, for
	// whoever calls the steps by hand. The zero value is for running them.
	Stepped bool
	// Rand returns a random duration below its argument, by which pauses are
	// spread. The default is rand.N; a simulation has its own.
	Rand func(below time.Duration) time.Duration
}

// A Server is the service. Register it with a gRPC server and run its steps.
type Server struct {
	methods *methods
	steps   []loop.Step
	desk    *ops.Desk
}

type (
	host = decider.Host[order.State, order.Command, order.Event, struct{}]
)

// newHost returns what decides, and keeps what happens in log.
func newHost(c Config, log eventlog.Log) *host {
	return decider.NewHost(decider.Decider[order.State, order.Command, order.Event, struct{}]{
		Decide: order.Decide, Evolve: order.Evolve, Wake: order.Wake, Needs: order.Needs, Join: order.Join,
	}, decider.Config[order.Event]{Log: log, Codec: codec, Now: c.Now, Rand: c.Rand, Exchange: bus.Exchange, Says: says.Has})
}

// hear returns what handles facts with decides, and what becomes of those that
// cannot be handled. Both keep what happens in log.
func hear(c Config, decides *host, log eventlog.Log) (*deadletter.Letters, deadletter.Handler) {
	return deadletter.New(deadletter.Config{Consumer: Name, Log: log, Now: c.Now, Rand: c.Rand}), inbox.Heed(Name, decides, react)
}

// New returns the service, which does nothing until its steps are run. The
// broker may be down: the queue is then made when it is back.
func New(ctx context.Context, c Config) (*Server, error) {
	orders := newHost(c, c.Store)
	queue, err := c.Bus.Subscribe(ctx, bus.Subscription{Queue: Name, Types: hears.Names(), Prefetch: inbox.Prefetch})
	if err != nil {
		return nil, err
	}
	hub := watch.New(Name, c.Store)
	letters, heed := hear(c, orders, c.Store)
	s := &Server{
		methods: &methods{host: orders, store: c.Store, hub: hub, Config: c},
		steps: []loop.Step{
			outbox.New(outbox.Config{
				Name: Name, Store: c.Store, Bus: c.Bus, Holder: c.Holder, Now: c.Now, Says: says.Has, Inline: c.Stepped,
			}),
			inbox.New(inbox.Config{
				Name: Name, Queue: queue, Now: c.Now, Rand: c.Rand, Inline: c.Stepped,
				Heed: heed, Letters: letters,
			}),
			projection.New(view, c.Store, c.Holder, c.Now),
			alarm.New(alarm.Config[order.State, order.Command, order.Event, struct{}]{
				Name: Name, Store: c.Store, Host: orders, Holder: c.Holder, Now: c.Now, Rand: c.Rand, Inline: c.Stepped,
			}),
			hub,
		},
	}
	s.desk = ops.New(ops.Config{
		Name: Name, Store: c.Store, Bus: c.Bus, Holder: c.Holder, Now: c.Now, Steps: s.steps, Says: says.Has,
		Hears: hears, Letters: letters, Heed: heed,
		On: func(log eventlog.Log) (*deadletter.Letters, deadletter.Handler) { return hear(c, newHost(c, log), log) },
	})
	s.steps = append(s.steps, s.desk.Loops()...)
	return s, nil
}

// Register lets g answer for the service, callers and operators alike.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	orderv1.RegisterOrderServiceServer(g, s.methods)
	s.desk.Register(g)
}

// Table says what callers are told of errors.
func (s *Server) Table() rpc.Table { return table }

// Steps returns the loops of the service: say, hear, show, wake, and tell those
// who watch.
func (s *Server) Steps() []loop.Step { return s.steps }
