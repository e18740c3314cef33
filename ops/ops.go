package ops

import (
	"log/slog"
	"time"

	"google.golang.org/grpc"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/wire"
)

// Config is what a Desk stands on.
type Config struct {
	Name   string // of the service
	Store  eventlog.Store
	Bus    bus.Bus
	Now    func() time.Time
	Holder string // identity of this process, the same after a restart
	// Steps are the service's own, which are asked how far they are behind.
	Steps []loop.Step

	// Says reports whether a kind of event is a fact that the service says; nil
	// if it says none. Terminal is as in outbox.Config.
	Says     func(kind string) bool
	Terminal func(kind string) bool

	// Hears are the facts that the service hears. Its dead letters are Letters,
	// and Heed handles them again.
	Hears   wire.Kinds
	Letters *deadletter.Letters
	Heed    deadletter.Handler
	// On returns what Letters and Heed would be on another log.
	On func(log eventlog.Log) (*deadletter.Letters, deadletter.Handler)
}

// A Desk answers operators for one service.
type Desk struct {
	opsv1.UnimplementedOpsServiceServer
	Config
	log     *slog.Logger
	listing *deadletter.Listing
}

// New returns the desk of a service.
func New(c Config) *Desk {
	return &Desk{
		Config: c, log: slog.Default().With("service", c.Name),
		listing: deadletter.NewListing(c.Name, c.Store, c.Holder, c.Now),
	}
}

// Loops returns what a service must run besides its own steps: one keeps the list of
// letters up to date, the other sees to those that wait for nothing any more.
func (d *Desk) Loops() []loop.Step {
	return []loop.Step{d.listing, deadletter.NewFollower(d.Letters, d.listing, d.Heed)}
}

// Register lets g answer for d.
func (d *Desk) Register(g grpc.ServiceRegistrar) { opsv1.RegisterOpsServiceServer(g, d) }
