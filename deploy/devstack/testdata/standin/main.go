// Standin stands in for every program of the stack. As a service it is ready
// once it has reached its database, its broker and the sandbox; as the sandbox
// it answers 200 to everything.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if listen := os.Getenv("ORPHEUS_SANDBOX_LISTEN"); listen != "" {
		sandbox(ctx, listen)
	} else {
		service(ctx)
	}
	log.Print("bye")
}

// sandbox serves HTTP until ctx is done.
func sandbox(ctx context.Context, listen string) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	go func() { log.Fatal(http.ListenAndServe(listen, ok)) }()
	<-ctx.Done()
}

// service says its greeting, reaches for what it was told of, and serves
// health until ctx is done.
func service(ctx context.Context) {
	log.Print(os.Getenv("GREETING"))
	if err := reach(ctx); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", os.Getenv("ORPHEUS_LISTEN"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { <-ctx.Done(); server.GracefulStop() }()
	if err := server.Serve(l); err != nil {
		log.Fatal(err)
	}
}

// reach connects to everything once.
func reach(ctx context.Context) error {
	db, err := pgx.Connect(ctx, os.Getenv("ORPHEUS_DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "CREATE TABLE IF NOT EXISTS mine (n int)"); err != nil {
		return err
	}
	bus, err := amqp.Dial(os.Getenv("ORPHEUS_AMQP_URL"))
	if err != nil {
		return err
	}
	return bus.Close()
}
