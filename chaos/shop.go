package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"orpheus.example/chaos/proxy"
	"orpheus.example/deploy/devstack"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	opsv1 "orpheus.example/gen/go/ops/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/loop"
	"orpheus.example/onebox/verify"
)

// services are the five, in the order in which an order meets them.
var services = []string{"order", "payment", "inventory", "shipping", "notify"}

const (
	// replicas is how many processes of one service there may be.
	replicas = 3
	// patience is how long anything may take that must come to pass, on a machine
	// that is far slower than it should be. What is asked for is in the table of
	// faults, and what it took is in the report.
	patience = 3 * time.Minute
	// orderConns is how many connections carry orders.
	orderConns = 2
)

// A shop is everything that runs, with a proxy between each daemon and each
// server.
type shop struct {
	*devstack.Stack
	conns   map[string]*grpc.ClientConn // by service
	ways    map[string]*way             // by daemon
	witness *witness
	pulse   *pulse
	normal  map[string]vitals // by service, while nothing is wrong
	bound   []string          // what leads to queues, while nothing is wrong
}

// A way is how one daemon gets to the servers.
type way struct{ broker, database *proxy.Proxy }

// daemons returns all of the shop's, and replicas that are not started with them.
func daemons() []devstack.Daemon {
	var all []devstack.Daemon
	for _, d := range devstack.Daemons() {
		all = append(all, d)
		if d.Name == devstack.SandboxName {
			continue
		}
		for i := 2; i <= replicas; i++ {
			twin := d
			twin.Name, twin.Service, twin.Idle = replica(d.Name, i), d.Name, true
			all = append(all, twin)
		}
	}
	return all
}

// replica is the name of the i-th process of a service.
func replica(service string, i int) string { return service + "-" + strconv.Itoa(i) }

// openShop starts everything.
func openShop(ctx context.Context, c Config) (_ *shop, err error) {
	s := &shop{conns: map[string]*grpc.ClientConn{}, ways: map[string]*way{}, normal: map[string]vitals{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	all := daemons()
	if err := s.openWays(all); err != nil {
		return nil, err
	}
	s.Stack, err = devstack.Start(ctx, devstack.Config{
		Dir: c.Dir, Bin: c.Bin, Daemons: all, Via: s.via,
		Env: map[string][]string{"": {
			// Parcels arrive at once; what they do is the same.
			"ORPHEUS_SANDBOX_SPEED=100",
			"OTEL_METRICS_EXPORTER=none", "OTEL_TRACES_EXPORTER=none",
		}},
		// Several replicas, and connections of which the server has not heard
		// that they are dead.
		Postgres: map[string]string{"max_connections": "400"},
	})
	if err != nil {
		return nil, fmt.Errorf("start the shop: %w", err)
	}
	if err := s.dial(); err != nil {
		return nil, err
	}
	s.pulse = newPulse(s.Stack)
	return s, s.learnQueues(ctx)
}

// openWays makes proxies, which learn later where the servers are.
func (s *shop) openWays(all []devstack.Daemon) error {
	for _, d := range all {
		if d.Name == devstack.SandboxName {
			continue
		}
		w := &way{}
		var err error
		if w.broker, err = proxy.Open(); err != nil {
			return err
		}
		if w.database, err = proxy.Open(); err != nil {
			return err
		}
		s.ways[d.Name] = w
	}
	return nil
}

// via leads a daemon to a server through its proxy.
func (s *shop) via(daemon, server string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // unreachable: the stack makes these
	}
	p := s.ways[daemon].database
	if u.Scheme == "amqp" {
		p = s.ways[daemon].broker
	}
	p.Aim(u.Host)
	u.Host = p.Addr()
	return u.String()
}

// Close ends everything.
func (s *shop) Close() error {
	var errs []error
	for _, c := range s.conns {
		errs = append(errs, c.Close())
	}
	if s.pulse != nil {
		s.pulse.close()
	}
	if s.Stack != nil {
		errs = append(errs, s.Stack.Close())
	}
	for _, w := range s.ways {
		errs = append(errs, w.broker.Close(), w.database.Close())
	}
	return errors.Join(errs...)
}

// dial connects to every service, and to the one that takes orders twice.
func (s *shop) dial() error {
	connect := func(name string) (*grpc.ClientConn, error) {
		// A client that has given up for two minutes would not see that a
		// service is back.
		often := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 500 * time.Millisecond}
		return grpc.NewClient(s.Addr(name), grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: often, MinConnectTimeout: 2 * time.Second}))
	}
	for _, name := range services {
		conn, err := connect(name)
		if err != nil {
			return err
		}
		s.conns[name] = conn
	}
	var orders []orderv1.OrderServiceClient
	for i := range orderConns {
		conn, err := connect("order")
		if err != nil {
			return err
		}
		s.conns["order connection "+strconv.Itoa(i+1)] = conn
		orders = append(orders, orderv1.NewOrderServiceClient(conn))
	}
	s.witness = newWitness(orders)
	return nil
}

// books says where all books are.
func (s *shop) books() verify.Config {
	return verify.Config{
		Orders:    orderv1.NewOrderServiceClient(s.conns["order"]),
		Payments:  paymentv1.NewPaymentServiceClient(s.conns["payment"]),
		Stock:     inventoryv1.NewInventoryServiceClient(s.conns["inventory"]),
		Shipments: shippingv1.NewShippingServiceClient(s.conns["shipping"]),
		Mails:     notifyv1.NewNotifyServiceClient(s.conns["notify"]),
		Sandbox:   s.Sandbox(),
	}
}

// ops is the client of an operator of a service.
func (s *shop) ops(service string) opsv1.OpsServiceClient {
	return opsv1.NewOpsServiceClient(s.conns[service])
}

// learnQueues waits until the broker has the queues of all services and no more
// comes, and remembers what leads to them.
func (s *shop) learnQueues(ctx context.Context) error {
	err := eventually(ctx, patience, time.Second/2, "all queues are made", func() error {
		before := s.bound
		var err error
		if s.bound, err = s.bindings(ctx); err != nil {
			return err
		}
		for _, name := range services {
			if !slices.ContainsFunc(s.bound, func(b string) bool { return strings.Contains(b, "\t"+name+"\t") }) {
				return fmt.Errorf("nothing leads to the queue of %s", name)
			}
		}
		if !slices.Equal(before, s.bound) {
			return errors.New("bindings still come")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Rabbit.Sync(ctx)
}

// settleQueues waits until the broker has all queues and bindings again, and has
// them on disk: 3.10 forgets a queue that is killed within about a second of being
// made (rabbitmq/ra#443), which is the one thing that we do not promise to survive.
func (s *shop) settleQueues(ctx context.Context) error {
	return eventually(ctx, patience, time.Second/2, "all queues are bound", func() error {
		now, err := s.bindings(ctx)
		if err != nil {
			return err
		}
		for _, b := range s.bound {
			if !slices.Contains(now, b) {
				return fmt.Errorf("%q is missing", b)
			}
		}
		return s.Rabbit.Sync(ctx)
	})
}

// bindings returns what leads to queues: exchange, queue and routing key.
func (s *shop) bindings(ctx context.Context) ([]string, error) {
	list, err := s.Rabbit.Ctl(ctx, "list_bindings", "--no-table-headers", "source_name", "destination_name", "routing_key")
	if err != nil {
		return nil, err
	}
	all := strings.Split(strings.TrimSpace(list), "\n")
	slices.Sort(all)
	return all, nil
}

// eventually calls f every so often until it returns nil, and gives up after
// within.
func eventually(ctx context.Context, within, every time.Duration, what string, f func() error) error {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	again := time.NewTicker(every)
	defer again.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("not within %s: %s: %w", within, what, err)
		case <-again.C:
		}
	}
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	_ = loop.Sleep(ctx, d) // what follows finds ctx done by itself
}
