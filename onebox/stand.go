package onebox

import (
	"context"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/membus"
	"orpheus.example/kit/sqlitelog"
)

// openBroker opens the one broker that all services are connected to.
func (b *Box) openBroker() (err error) {
	b.broker, err = membus.Open(membus.Config{
		Path: b.config.path("bus.journal"), NoSync: !b.config.Durable, Log: b.config.Log,
	})
	if err != nil {
		return err
	}
	b.onClose("broker", func(context.Context) error { return b.broker.Stop() })
	return nil
}

// openBus connects a service to the broker.
func (b *Box) openBus(name string) bus.Bus {
	var way bus.Bus = b.broker.Connect(name)
	if b.config.Bus != nil {
		way = b.config.Bus(way)
	}
	b.onClose(name+"'s bus", way.Close)
	return way
}

// openStore opens what a service keeps: a file of its own, or memory.
func (b *Box) openStore(ctx context.Context, name string) (eventlog.Store, error) {
	path := b.config.path(name + ".db")
	store, err := sqlitelog.Open(ctx, sqlitelog.Config{
		Path: path, Memory: path == "", Durable: b.config.Durable, Now: b.now,
	})
	if err != nil {
		return nil, err
	}
	b.onClose(name+"'s store", func(context.Context) error { return store.Close() })
	return store, nil
}
