package part

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/daemon"
)

// The servers that Serve can be.
const (
	Calls   = "calls"   // the shop's own server, with a method that does nothing
	Commits = "commits" // a bare server, with a method that keeps one row
)

// Serve is a server to measure against, in a process of its own, until ctx is
// done. Database is used by Commits only.
func Serve(ctx context.Context, kind, address, database string) error {
	switch kind {
	case Calls:
		return serveCalls(ctx, address)
	case Commits:
		return serveCommits(ctx, address, database)
	}
	return fmt.Errorf("%q is no server; want %s or %s", kind, Calls, Commits)
}

// serveCalls runs what a daemon runs, telemetry and all, without a service behind
// it.
func serveCalls(ctx context.Context, address string) error {
	return daemon.Run(ctx, daemon.Config{
		Name:     "order",
		Settings: daemon.Settings{Listen: address, Admin: "127.0.0.1:0", LogLevel: slog.LevelWarn, Instance: "bench"},
		Open: func(context.Context) (daemon.Service, error) {
			return daemon.Service{Register: func(r grpc.ServiceRegistrar) {
				orderv1.RegisterOrderServiceServer(r, idle{})
			}}, nil
		},
	})
}

// idle answers PlaceOrder without an order.
type idle struct {
	orderv1.UnimplementedOrderServiceServer
}

// PlaceOrder places nothing.
func (idle) PlaceOrder(context.Context, *orderv1.PlaceOrderRequest) (*orderv1.PlaceOrderResponse, error) {
	return &orderv1.PlaceOrderResponse{
		OrderId: "00000000-0000-4000-8000-000000000000", State: orderv1.OrderState_ORDER_STATE_PLACED, Version: 1,
	}, nil
}

// commitConnections is what a bare server has towards its database, as many as
// one of the shop's.
const commitConnections = 8

// serveCommits answers PlaceOrder when one row is on disk, and does nothing else:
// no checks, no interceptors, no telemetry.
func serveCommits(ctx context.Context, address, database string) error {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return err
	}
	config.MaxConns = commitConnections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, body bytea NOT NULL)"); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	orderv1.RegisterOrderServiceServer(server, bare{pool: pool})
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	if err := server.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// bare keeps a row for each order.
type bare struct {
	orderv1.UnimplementedOrderServiceServer

	pool *pgxpool.Pool
}

// PlaceOrder keeps one row, in a transaction of its own.
func (b bare) PlaceOrder(ctx context.Context, _ *orderv1.PlaceOrderRequest) (*orderv1.PlaceOrderResponse, error) {
	id := uuid.Must(uuid.NewV7())
	_, err := b.pool.Exec(ctx, "INSERT INTO bare (id, body) VALUES ($1, $2)", [16]byte(id), make([]byte, bodySize))
	return &orderv1.PlaceOrderResponse{OrderId: id.String()}, err
}
