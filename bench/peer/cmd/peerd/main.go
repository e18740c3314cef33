// Peerd runs the peer: the same shop, written with Watermill, for comparison.
// All five services are in this one process.
//
// Settings come from the environment, or from flags; peerd --help lists them.
// With --check it runs nothing, but compares the books that a run has left.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"orpheus.example/bench/peer"
	"orpheus.example/kit/daemon"
)

type settings struct {
	Listen   string     `env:"ORPHEUS_LISTEN"    envDefault:"127.0.0.1:7009" envDoc:"address to answer gRPC on"`
	Admin    string     `env:"ORPHEUS_ADMIN"     envDefault:"127.0.0.1:7109" envDoc:"address for livez, readyz, metrics and pprof"`
	LogLevel slog.Level `env:"ORPHEUS_LOG_LEVEL" envDefault:"warn"           envDoc:"debug, info, warn or error"`

	PostgresURL daemon.URL `env:"ORPHEUS_POSTGRES_URL,required" envDoc:"PostgreSQL server, postgres://user:password@host:port/postgres; five databases are made in it"`
	AMQPURL     daemon.URL `env:"ORPHEUS_AMQP_URL,required"     envDoc:"RabbitMQ, amqp://user:password@host:port/vhost"`
	Name        string     `env:"ORPHEUS_NAME"                  envDoc:"begins the names of databases, exchanges and queues" envDefault:"peer"`

	Copies      int           `env:"ORPHEUS_COPIES"       envDefault:"8"     envDoc:"copies of each handler"`
	Prefetch    int           `env:"ORPHEUS_PREFETCH"     envDefault:"1"     envDoc:"messages that a copy has at hand"`
	Poll        time.Duration `env:"ORPHEUS_POLL"         envDefault:"10ms"  envDoc:"how long a forwarder waits when its outbox is empty"`
	Batch       int           `env:"ORPHEUS_BATCH"        envDefault:"100"   envDoc:"messages that a forwarder reads at a time"`
	Channels    int           `env:"ORPHEUS_CHANNELS"     envDefault:"4"     envDoc:"channels in the pool of each publisher"`
	Connections int           `env:"ORPHEUS_CONNECTIONS"  envDefault:"12"    envDoc:"connections to each of the five databases"`
	Quorum      bool          `env:"ORPHEUS_QUORUM"       envDefault:"false" envDoc:"quorum queues instead of classic ones"`
	QueueSchema bool          `env:"ORPHEUS_QUEUE_SCHEMA" envDefault:"false" envDoc:"outbox in the queue schema, which may lose messages when it is closed"`

	Check bool `env:"ORPHEUS_CHECK" envDefault:"false" envDoc:"compare the books that a run has left, and end"`
}

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	var s settings
	if err := daemon.Parse(&s); err != nil {
		return err
	}
	config := peer.Config{
		AMQPURL: s.AMQPURL.Reveal(), PostgresURL: s.PostgresURL.Reveal(), Name: s.Name,
		Copies: s.Copies, Prefetch: s.Prefetch, Poll: s.Poll, Batch: s.Batch, Channels: s.Channels,
		Connections: s.Connections, Quorum: s.Quorum, QueueSchema: s.QueueSchema,
	}
	if s.Check {
		return check(ctx, config)
	}
	return daemon.Run(ctx, daemon.Config{
		Name:     "peer",
		Settings: daemon.Settings{Listen: s.Listen, Admin: s.Admin, LogLevel: s.LogLevel, Instance: s.Name},
		Open:     func(ctx context.Context) (daemon.Service, error) { return open(ctx, config) },
	})
}

func open(ctx context.Context, c peer.Config) (daemon.Service, error) {
	p, err := peer.Open(ctx, c)
	if err != nil {
		return daemon.Service{}, err
	}
	return daemon.Service{
		Register: p.Register, Loops: []daemon.Runner{p}, Ready: p.Ready,
		Close: []daemon.Closer{{Name: "peer", Close: func(context.Context) error { return p.Close() }}},
	}, nil
}

// check prints the books, and fails if they do not add up.
func check(ctx context.Context, c peer.Config) error {
	books, err := peer.Check(ctx, c)
	if err != nil {
		return err
	}
	fmt.Println(books)
	return books.Err()
}
