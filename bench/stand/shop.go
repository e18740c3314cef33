package stand

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	"orpheus.example/bench/result"
	"orpheus.example/deploy/devstack"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/onebox/verify"
)

// connections is how many connections to the order service there are at least:
// one carries some tens of thousands of calls a second, but not on one core.
const connections = 2

// Settings returns the environment of our daemons in a mode, without addresses.
// Tracing samples one order in a hundred and sends its spans to a collector that
// throws them away; metrics are on.
func Settings(mode result.Mode) map[string]string {
	bundle := "64" // facts in a message, at most
	if mode == result.Single {
		bundle = "1"
	}
	return map[string]string{
		"ORPHEUS_BUNDLE":          bundle,
		"ORPHEUS_PROVIDER_URL":    "instant:",
		"ORPHEUS_CARRIERS":        "swift=instant:,steady=instant:",
		"ORPHEUS_SMTP_ADDR":       "instant:",
		"ORPHEUS_LOG_LEVEL":       "warn",
		"OTEL_TRACES_SAMPLER":     "parentbased_traceidratio",
		"OTEL_TRACES_SAMPLER_ARG": "0.01",
		"OTEL_TRACES_EXPORTER":    "otlp",
		"OTEL_METRICS_EXPORTER":   "prometheus",
		"GOGC":                    "400",
		"GOMAXPROCS":              strconv.Itoa(processors()),
	}
}

// processors returns how many processors each of our daemons uses at a time: its
// share, since all of them together have no more than there are. More only wakes up
// processors that others need.
func processors() int { return max(1, runtime.NumCPU()/len(services())) }

// Daemons returns the daemons of the shop without the sandbox, so many of each.
func Daemons(replicas int) []devstack.Daemon {
	var all []devstack.Daemon
	for _, d := range devstack.Daemons() {
		if d.Name == devstack.SandboxName {
			continue
		}
		d.Service = d.Name
		for i := range replicas {
			if i > 0 {
				d.Name = d.Service + "-" + strconv.Itoa(i+1)
			}
			all = append(all, d)
		}
	}
	return all
}

// OpenShop starts our daemons on servers of their own, so many replicas of each.
// Bin is where they were built.
func OpenShop(ctx context.Context, mode result.Mode, bin string, replicas int) (_ *Stand, err error) {
	s := &Stand{Mode: mode, conns: map[string]*grpc.ClientConn{}}
	defer func() {
		if err != nil {
			_ = s.Close() // the first error says why
		}
	}()
	dir, err := s.scratch()
	if err != nil {
		return nil, err
	}
	sink, err := openSink(ctx)
	if err != nil {
		return nil, err
	}
	s.onClose(sink.Close)
	env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": sink.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
	maps.Copy(env, Settings(mode))
	s.Stack, err = devstack.Start(ctx, devstack.Config{
		Dir: dir, Bin: bin, Daemons: Daemons(replicas), Env: map[string][]string{"": environ(env)},
		Postgres: PostgresSettings(), Rabbit: RabbitSettings(),
	})
	if err != nil {
		return nil, fmt.Errorf("start the shop: %w", err)
	}
	s.onClose(s.Stack.Close)
	s.Rabbit, s.Postgres = s.Stack.Rabbit, s.Stack.Postgres
	s.pids = s.shopPids
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s, s.reach(replicas)
}

// environ returns settings as the environment of a process.
func environ(settings map[string]string) []string {
	var env []string
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}

// reach connects to every service, and to every replica of order.
func (s *Stand) reach(replicas int) error {
	for _, d := range Daemons(replicas) {
		conn, err := s.dial(s.Stack.Addr(d.Name))
		if err != nil {
			return err
		}
		s.conns[d.Name] = conn
		if d.Service == "order" {
			s.Orders = append(s.Orders, orderv1.NewOrderServiceClient(conn))
		}
	}
	for len(s.Orders) < connections {
		conn, err := s.dial(s.Stack.Addr("order"))
		if err != nil {
			return err
		}
		s.Orders = append(s.Orders, orderv1.NewOrderServiceClient(conn))
	}
	s.Stock = inventoryv1.NewInventoryServiceClient(s.conns["inventory"])
	s.books = verify.Config{
		Orders: s.Orders[0], Stock: s.Stock,
		Payments:  paymentv1.NewPaymentServiceClient(s.conns["payment"]),
		Shipments: shippingv1.NewShippingServiceClient(s.conns["shipping"]),
		Mails:     notifyv1.NewNotifyServiceClient(s.conns["notify"]),
	}
	return nil
}

// Serving waits until all daemons say that they serve.
func (s *Stand) Serving(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for name, conn := range s.conns {
		for err := serves(ctx, conn); err != nil; err = serves(ctx, conn) {
			conn.ResetConnectBackoff() // it may have been tried while nobody was there
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("%s does not serve: %w", name, err)
			}
		}
	}
	return nil
}

// shopPids counts replicas for their service.
func (s *Stand) shopPids() map[string][]int {
	all := map[string][]int{}
	for _, name := range s.Stack.Names() {
		if pid := s.Stack.Pid(name); pid != 0 {
			service := serviceOf(name)
			all[service] = append(all[service], pid)
		}
	}
	return s.serverPids(all)
}

// serviceOf returns whose replica a daemon is.
func serviceOf(name string) string {
	service, _, _ := strings.Cut(name, "-")
	return service
}
