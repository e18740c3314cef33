// Package notifyd is the notify service as a value: it acts on what package
// notify decides. It hears what others say, sends the mails that are owed, shows
// them over gRPC, and wakes when a wait for a missing fact is over. It says
// nothing to other services.
//
// Any number of replicas may run on one database and one broker. A mail whose
// taking the mail server could not confirm is sent again, under the same
// Message-ID and with the same bytes. What the service promises when a replica,
// the broker, the database or the mail server stops is in docs/guarantees.md.
package notifyd

import (
	"context"
	"time"

	"google.golang.org/grpc"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/alarm"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/duty"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/notify"
	"orpheus.example/ops"
)

// Name is the service's name: of its queue, its marks and its steps.
const Name = "notify"

// DefaultGapWait is a good Config.GapWait: facts overtake each other by
// milliseconds, or by the seconds that a broker takes to come back.
const DefaultGapWait = 30 * time.Second

// Config is what the service stands on. All fields but the last two are required.
type Config struct {
	Store  eventlog.Store
	Bus    bus.Bus
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time

	Mailer Mailer // takes the mails
	From   string // whom they are from: an address, with a name if wanted
	// Domain ends the ids of messages. It must stay the same: a mail that is
	// sent again under another domain is another message.
	Domain  string
	GapWait time.Duration // how long a mail waits for the missing facts before it

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
	heed    deadletter.Handler
	steps   []loop.Step
	desk    *ops.Desk
}

type host = decider.Host[notify.State, notify.Command, notify.Event, notify.Call]

// newHost returns what decides, and keeps what happens in log.
func newHost(c Config, log eventlog.Log) *host {
	return decider.NewHost(decider.Decider[notify.State, notify.Command, notify.Event, notify.Call]{
		Decide: notify.Decide, Evolve: notify.Evolve, Owe: owe, Wake: notify.Wake,
	}, decider.Config[notify.Event]{Log: log, Codec: codec, Now: c.Now, Rand: c.Rand})
}

// hear returns what handles facts with decides, and what becomes of those that
// cannot be handled. Both keep what happens in log.
func hear(c Config, decides *host, log eventlog.Log) (*deadletter.Letters, deadletter.Handler) {
	return deadletter.New(deadletter.Config{Consumer: Name, Log: log, Now: c.Now, Rand: c.Rand}), inbox.Heed(Name, decides, ears{c.Now, c.GapWait}.react)
}

// New returns the service, which does nothing until its steps are run. The
// broker may be down: the queue is then made when it is back.
func New(ctx context.Context, c Config) (*Server, error) {
	mails := newHost(c, c.Store)
	queue, err := c.Bus.Subscribe(ctx, bus.Subscription{Queue: Name, Types: hears.Names(), Prefetch: inbox.Prefetch})
	if err != nil {
		return nil, err
	}
	letters, heed := hear(c, mails, c.Store)
	s := &Server{
		methods: &methods{store: c.Store},
		heed:    heed,
		steps: []loop.Step{
			inbox.New(inbox.Config{
				Name: Name, Queue: queue, Now: c.Now, Rand: c.Rand, Inline: c.Stepped, Heed: heed, Letters: letters,
			}),
			duty.New(duty.Config[notify.State, notify.Command, notify.Event, notify.Call]{
				Name: Name, Store: c.Store, Host: mails, Holder: c.Holder, Now: c.Now, Rand: c.Rand, Inline: c.Stepped, Do: newPostman(c).do,
			}),
			projection.New(view, c.Store, c.Holder, c.Now),
			alarm.New(alarm.Config[notify.State, notify.Command, notify.Event, notify.Call]{
				Name: Name, Store: c.Store, Host: mails, Holder: c.Holder, Now: c.Now, Rand: c.Rand, Inline: c.Stepped,
			}),
		},
	}
	s.desk = ops.New(ops.Config{
		Name: Name, Store: c.Store, Bus: c.Bus, Holder: c.Holder, Now: c.Now, Steps: s.steps,
		Hears: hears, Letters: letters, Heed: heed,
		On: func(log eventlog.Log) (*deadletter.Letters, deadletter.Handler) { return hear(c, newHost(c, log), log) },
	})
	s.steps = append(s.steps, s.desk.Loops()...)
	return s, nil
}

// Register lets g answer for the service, callers and operators alike.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	notifyv1.RegisterNotifyServiceServer(g, s.methods)
	s.desk.Register(g)
}

// Table says what callers are told of errors.
func (s *Server) Table() rpc.Table { return table }

// Steps returns the loops of the service: hear, do, show and wake.
func (s *Server) Steps() []loop.Step { return s.steps }
