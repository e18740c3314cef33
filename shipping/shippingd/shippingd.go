// Package shippingd is the shipping service as a value: it acts on what package
// shipping decides. It answers gRPC, says what has happened, hears what others
// say, calls the carriers for whoever owes a call, and shows what is known.
//
// Any number of replicas may run on one database and one broker. What the
// service promises when one of them, the broker, the database or a carrier stops
// is in docs/guarantees.md.
package shippingd

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/duty"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/ops"
	"orpheus.example/shipping"
)

// Name is the service's name: of its queue, its marks and its steps.
const Name = "shipping"

// DefaultTrackEvery is how often a carrier is asked where a parcel is, unless
// configured.
const DefaultTrackEvery = time.Second

// Config is what the service stands on. All fields but the last three are required.
type Config struct {
	Store    eventlog.Store
	Bus      bus.Bus
	Carriers []Named // that may be asked, the preferred first; no two of one name
	Holder   string  // identity of this process, the same after a restart
	Now      func() time.Time

	// TrackEvery is how often a carrier is asked where a parcel is;
	// DefaultTrackEvery if 0.
	TrackEvery time.Duration

	// Stepped makes each step finish what it takes up, one after the other, for
	// whoever calls the steps by hand. The zero value is for running them.
	Stepped bool
	// Rand returns a random duration below its argument, by which pauses are
	// spread. The default is rand.N; a simulation has its own.
	Rand func(below time.Duration) time.Duration
}

// A Named is a carrier and the name that it goes by, in facts and for ever.
type Named struct {
	Name string
	Carrier
}

// A Server is the service. Register it with a gRPC server and run its steps.
type Server struct {
	methods *methods
	steps   []loop.Step
	desk    *ops.Desk
}

type host = decider.Host[shipping.State, shipping.Command, shipping.Event, shipping.Call]

// newHost returns what decides, and keeps what happens in log.
func newHost(c Config, log eventlog.Log) *host {
	return decider.NewHost(decider.Decider[shipping.State, shipping.Command, shipping.Event, shipping.Call]{
		Decide: shipping.Decide, Evolve: shipping.Evolve, Owe: owe,
	}, decider.Config[shipping.Event]{Log: log, Codec: codec, Now: c.Now, Rand: c.Rand, Exchange: bus.Exchange, Says: says.Has})
}

// hear returns what handles facts with decides, and what becomes of those that
// cannot be handled. Both keep what happens in log.
func hear(c Config, decides *host, log eventlog.Log, h hearer) (*deadletter.Letters, deadletter.Handler) {
	return deadletter.New(deadletter.Config{Consumer: Name, Log: log, Now: c.Now, Rand: c.Rand}), inbox.Heed(Name, decides, h.react)
}

// New returns the service, which does nothing until its steps are run. The
// broker may be down: the queue is then made when it is back.
func New(ctx context.Context, c Config) (*Server, error) {
	c.TrackEvery = cmp.Or(c.TrackEvery, DefaultTrackEvery)
	shipments := newHost(c, c.Store)
	queue, err := c.Bus.Subscribe(ctx, bus.Subscription{Queue: Name, Types: hears.Names(), Prefetch: inbox.Prefetch})
	if err != nil {
		return nil, err
	}
	clerk := newClerk(c.Carriers, c.TrackEvery, c.Now)
	hearer := hearer{names(c.Carriers), clerk.first}
	letters, heed := hear(c, shipments, c.Store, hearer)
	s := &Server{
		methods: &methods{host: shipments, store: c.Store},
		steps: []loop.Step{
			outbox.New(outbox.Config{
				Name: Name, Store: c.Store, Bus: c.Bus, Holder: c.Holder, Now: c.Now, Says: says.Has, Inline: c.Stepped,
			}),
			inbox.New(inbox.Config{
				Name: Name, Queue: queue, Now: c.Now, Rand: c.Rand, Inline: c.Stepped,
				Heed: heed, Letters: letters,
			}),
			duty.New(duty.Config[shipping.State, shipping.Command, shipping.Event, shipping.Call]{
				Name: Name, Store: c.Store, Host: shipments, Holder: c.Holder, Now: c.Now, Rand: c.Rand, Inline: c.Stepped,
				Do: clerk.do, Every: c.TrackEvery,
			}),
			projection.New(view, c.Store, c.Holder, c.Now),
		},
	}
	s.desk = ops.New(ops.Config{
		Name: Name, Store: c.Store, Bus: c.Bus, Holder: c.Holder, Now: c.Now, Steps: s.steps, Says: says.Has,
		Hears: hears, Letters: letters, Heed: heed,
		On: func(log eventlog.Log) (*deadletter.Letters, deadletter.Handler) {
			return hear(c, newHost(c, log), log, hearer)
		},
	})
	s.steps = append(s.steps, s.desk.Loops()...)
	return s, nil
}

func names(carriers []Named) []string {
	var names []string
	for _, c := range carriers {
		names = append(names, c.Name)
	}
	return names
}

// Register lets g answer for the service, callers and operators alike.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	shippingv1.RegisterShippingServiceServer(g, s.methods)
	s.desk.Register(g)
}

// Table says what callers are told of errors.
func (s *Server) Table() rpc.Table { return table }

// Steps returns the loops of the service: say, hear, do and show. There is none
// to wake: a shipment has no deadlines of its own.
func (s *Server) Steps() []loop.Step { return s.steps }
