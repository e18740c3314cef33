package stand

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"orpheus.example/bench/result"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
)

// PeerPackage is the peer's program.
const PeerPackage = "./bench/peer/cmd/peerd"

// peerName is what its processor time is counted for.
const peerName = "peer"

// startWithin is how long the peer may take to be ready.
const startWithin = 2 * time.Minute

// wakeful keeps Go's watcher thread from a deep sleep, and so from being woken with
// every message, which is what package quietnet does for our daemons: a trace of the
// scheduler, every 24 days.
const wakeful = "schedtrace=2147483647"

// PeerSettings are those of the peer, without addresses. What is not here is the
// peer's own default, which its README says how it was found.
func PeerSettings(mode result.Mode) map[string]string {
	poll := "10ms"
	if mode == result.PeerCalm {
		poll = "50ms"
	}
	return map[string]string{"GODEBUG": wakeful, "GOGC": "400", "ORPHEUS_POLL": poll}
}

// OpenPeer starts the peer on servers of its own.
func OpenPeer(ctx context.Context, mode result.Mode, bin string) (_ *Stand, err error) {
	s := &Stand{Mode: mode}
	defer func() {
		if err != nil {
			_ = s.Close() // the first error says why
		}
	}()
	if err := s.OpenServers(ctx); err != nil {
		return nil, err
	}
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	admin, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("127.0.0.1:%d", port)
	env := append(environ(PeerSettings(mode)),
		"PATH="+os.Getenv("PATH"), "ORPHEUS_LISTEN="+at, fmt.Sprintf("ORPHEUS_ADMIN=127.0.0.1:%d", admin),
		"ORPHEUS_POSTGRES_URL="+s.Postgres.URL(), "ORPHEUS_AMQP_URL="+s.Rabbit.URL())
	program := filepath.Join(bin, filepath.Base(PeerPackage))
	if err := s.launchPeer(ctx, program, at, env); err != nil {
		return nil, err
	}
	s.check = func(ctx context.Context) error { return checkPeer(ctx, program, env) }
	conn, err := s.dial(at)
	if err != nil {
		return nil, err
	}
	second, err := s.dial(at)
	if err != nil {
		return nil, err
	}
	s.Orders = []orderv1.OrderServiceClient{orderv1.NewOrderServiceClient(conn), orderv1.NewOrderServiceClient(second)}
	s.Stock = inventoryv1.NewInventoryServiceClient(conn)
	return s, s.connect(ctx)
}

// launchPeer starts the peer and returns when it serves.
func (s *Stand) launchPeer(ctx context.Context, program, at string, env []string) error {
	dir := filepath.Dir(s.Rabbit.Dir())
	p, err := process.Start(process.Command{Path: program, Env: env, Dir: dir, Log: filepath.Join(dir, "peer.log")})
	if err != nil {
		return err
	}
	s.onClose(p.Kill)
	s.pids = func() map[string][]int { return s.serverPids(map[string][]int{peerName: pid(p)}) }
	conn, err := s.dial(at)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return p.Await(ctx, func(ctx context.Context) error { return serves(ctx, conn) })
}

func serves(ctx context.Context, conn *grpc.ClientConn) error {
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err == nil && answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		err = fmt.Errorf("it is %s", answer.GetStatus())
	}
	return err
}

// checkPeer has the peer compare its own books, again until mails have come after.
func checkPeer(ctx context.Context, program string, env []string) error {
	for deadline := time.Now().Add(settleWithin); ; {
		cmd := exec.CommandContext(ctx, program, "--check")
		cmd.Env = env
		text, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || loop.Sleep(ctx, checkPause) != nil {
			return fmt.Errorf("the peer's books: %w\n%s", err, text)
		}
	}
}

// checkPause lets the peer go on before its books are looked at again.
const checkPause = 200 * time.Millisecond

// OpenServers starts a broker and a database server, and nothing else, both at
// once because RabbitMQ takes five seconds.
func (s *Stand) OpenServers(ctx context.Context) error {
	dir, err := s.scratch()
	if err != nil {
		return err
	}
	var failed error
	var both sync.WaitGroup
	both.Go(func() {
		s.Rabbit, failed = servers.StartRabbit(ctx, servers.Config{Dir: filepath.Join(dir, "rabbitmq"), Settings: RabbitSettings()})
	})
	s.Postgres, err = servers.StartPostgres(ctx, servers.Config{Dir: filepath.Join(dir, "postgres"), Settings: PostgresSettings()})
	both.Wait()
	if s.Rabbit != nil {
		s.onClose(s.Rabbit.Kill)
	}
	if s.Postgres != nil {
		s.onClose(s.Postgres.Kill)
	}
	s.pids = func() map[string][]int { return s.serverPids(map[string][]int{}) }
	if err != nil {
		return err
	}
	return failed
}
