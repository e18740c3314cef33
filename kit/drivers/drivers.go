// Package drivers opens what a service stands on, as its settings say: a store in
// PostgreSQL and a bus on RabbitMQ. It is the only place that chooses drivers.
package drivers

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/daemon"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/telemetry"
)

// A Stand is what a service stands on.
type Stand struct {
	Store  eventlog.Store
	Bus    bus.Bus
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time
}

// A Server is a service as a value.
type Server interface {
	Register(g grpc.ServiceRegistrar)
	Table() rpc.Table
	Steps() []loop.Step
}

// Serve returns what daemon.Run needs to run a service by name: it opens the
// stand, waiting for the database if it is not there, and lets build make the
// service on it. The broker is not waited for: what the service has to say waits
// in its log.
func Serve(name string, s daemon.Settings, build func(context.Context, Stand) (Server, error)) func(context.Context) (daemon.Service, error) {
	return func(ctx context.Context) (daemon.Service, error) {
		store, err := daemon.Await(ctx, "the database "+s.DatabaseURL.String(), func(ctx context.Context) (*pglog.Log, error) {
			return pglog.Open(ctx, pglog.Config{
				URL: s.DatabaseURL.Reveal(), Name: name, Patience: s.Patience, Traced: !telemetry.Quiet(),
			})
		})
		if err != nil {
			return daemon.Service{}, err
		}
		closers := []daemon.Closer{{Name: "store", Close: func(context.Context) error { return store.Close() }}}
		b, err := rabbitbus.Open(ctx, rabbitbus.Config{
			URL: s.AMQPURL.Reveal(), Source: name, Partitions: s.Partitions, Bundle: s.Bundle,
		})
		if err != nil {
			return daemon.Service{Close: closers}, err
		}
		closers = append([]daemon.Closer{{Name: "bus", Close: b.Close}}, closers...)
		server, err := build(ctx, Stand{Store: store, Bus: b, Holder: s.Instance, Now: time.Now})
		if err != nil {
			return daemon.Service{Close: closers}, err
		}
		if err := projection.Prepare(ctx, server.Steps()); err != nil {
			return daemon.Service{Close: closers}, err
		}
		return daemon.Service{
			Register: server.Register, Table: server.Table(), Loops: runners(server.Steps()),
			Ready: ready(store, server.Steps()), Close: closers,
		}, nil
	}
}

// ready asks the store, and then each step that has something to say about it.
func ready(store eventlog.Store, steps []loop.Step) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := store.Ready(ctx); err != nil {
			return err
		}
		for _, s := range steps {
			if s, ok := s.(interface {
				Ready(ctx context.Context) error
			}); ok {
				if err := s.Ready(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func runners(steps []loop.Step) []daemon.Runner {
	runners := make([]daemon.Runner, len(steps))
	for i, s := range steps {
		runners[i] = loop.Runner{Step: s}
	}
	return runners
}
