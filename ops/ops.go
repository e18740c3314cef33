package ops

import (
	"log/slog"
	"time"

	"google.golang.org/grpc"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// Config is what a Desk stands on.
type Config struct {
	Name  string // of the service
	Store eventlog.Store
	Bus   bus.Bus
	Now   func() time.Time
	// Steps are the service's own, which are asked how far they are behind.
	Steps []loop.Step

	// Says reports whether a kind of event is a fact that the service says; nil
	// if it says none. Terminal is as in outbox.Config.
	Says     func(kind string) bool
	Terminal func(kind string) bool
}

// A Desk answers operators for one service.
type Desk struct {
	opsv1.UnimplementedOpsServiceServer
	Config
	log *slog.Logger
}

// New returns the desk of a service.
func New(c Config) *Desk {
	return &Desk{Config: c, log: slog.Default().With("service", c.Name)}
}

// Register lets g answer for d.
func (d *Desk) Register(g grpc.ServiceRegistrar) { opsv1.RegisterOpsServiceServer(g, d) }
