package shippingd_test

import (
	"context"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/wire"
	"orpheus.example/sandbox"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/shipping/sandboxcarrier"
	"orpheus.example/shipping/shippingd"
)

// A stage is the shipping service over a real store and the sandbox's carriers,
// called over gRPC. Its steps are run by hand, on a clock of the test's. What
// others say is put into its queue; the way over the broker is tried in kit and
// in e2e.
type stage struct {
	shippingv1.ShippingServiceClient
	world    *sandbox.World
	queue    *queue
	replicas []*shippingd.Server
	clock    clock
}

// open returns a stage with so many replicas of the service.
func open(t *testing.T, replicas int) *stage {
	t.Helper()
	s := &stage{queue: &queue{}, clock: clock{now: time.Now()}}
	var err error
	if s.world, err = sandbox.Open(sandbox.Config{Now: s.clock.Now}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.world.Handler())
	t.Cleanup(web.Close)
	url := servertest.Database(t)
	for range replicas {
		s.replicas = append(s.replicas, s.replica(t, url, web.URL+"/carriers/"))
	}
	s.ShippingServiceClient = shippingv1.NewShippingServiceClient(dial(t, s.replicas[0]))
	s.show(t) // makes the tables
	return s
}

func (s *stage) replica(t *testing.T, url, carriers string) *shippingd.Server {
	t.Helper()
	store, err := pglog.Open(t.Context(), pglog.Config{URL: url, Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	var named []shippingd.Named
	for _, name := range []string{"swift", "steady"} {
		client, err := sandboxcarrier.New(carriers + name)
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, shippingd.Named{Name: name, Carrier: client})
	}
	server, err := shippingd.New(t.Context(), shippingd.Config{
		Store: store, Bus: s.queue, Carriers: named, Holder: uuid.NewString(), Now: s.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func dial(t *testing.T, server *shippingd.Server) *grpc.ClientConn {
	t.Helper()
	g := rpc.NewServer(rpc.Config{Name: shippingd.Name, Table: server.Table()})
	server.Register(g)
	l := bufconn.Listen(1 << 20)
	go g.Serve(l)
	conn, err := grpc.NewClient("passthrough:shippingd",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		g.Stop(ctx)
	})
	return conn
}

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A queue is a bus that brings what the test puts in. Nothing is published.
type queue struct {
	bus.Bus
	mu      sync.Mutex
	waiting []bus.Delivery
	settled int
}

func (q *queue) Subscribe(context.Context, bus.Subscription) (bus.Queue, error) { return q, nil }

func (q *queue) put(m bus.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, bus.Delivery{Message: m})
}

func (q *queue) Receive(int) []bus.Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waiting
	q.waiting = nil
	return all
}

func (q *queue) Ack(d ...bus.Delivery) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settled += len(d)
	return nil
}

func (q *queue) Arrived() <-chan struct{}    { return nil }
func (q *queue) Reject(bus.Delivery) error   { return nil }
func (q *queue) Close(context.Context) error { return nil }

// hear has the service hear a fact, twice, as it may happen.
func (s *stage) hear(t *testing.T, fact proto.Message) {
	t.Helper()
	body, err := proto.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	m := bus.Message{ID: uuid.New(), Type: wire.Kind(fact), Source: bus.Owner(wire.Kind(fact)), Body: body, Time: s.clock.Now()}
	s.queue.put(m)
	s.queue.put(m)
	s.queue.settled = 0
	s.step(t, 0, "shipping.inbox")
	if s.queue.settled != 2 {
		t.Fatalf("%s was settled %d times of 2", m.Type, s.queue.settled)
	}
}

// do has every replica make the calls that are owed now, and then lets time
// pass.
func (s *stage) do(t *testing.T, pass time.Duration) {
	t.Helper()
	var group sync.WaitGroup
	for i := range s.replicas {
		group.Go(func() { s.step(t, i, "shipping.duty") })
	}
	group.Wait()
	s.clock.pass(pass)
}

func (s *stage) show(t *testing.T) {
	t.Helper()
	s.step(t, 0, "shipping.view")
}

// step runs one step of a replica until it has nothing to do.
func (s *stage) step(t *testing.T, replica int, name string) {
	t.Helper()
	for _, step := range s.replicas[replica].Steps() {
		if step.Name() != name {
			continue
		}
		for worked := true; worked; {
			var err error
			if worked, err = step.Once(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if d, ok := step.(loop.Drainer); ok && name != "shipping.view" {
				d.Drain()
			}
		}
	}
}

// confirm has the service hear of a confirmed order to a street, whose name may
// tell the carriers to misbehave, and returns its id.
func (s *stage) confirm(t *testing.T, street string) string {
	t.Helper()
	id := uuid.NewString()
	s.hear(t, &orderv1.OrderConfirmed{OrderId: id, Order: &orderv1.OrderDetails{
		Name: "Ann", ShipTo: &orderv1.Address{Street: street, City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines: []*orderv1.OrderLine{{Sku: "TEAPOT", Quantity: 2}},
	}})
	return id
}

func (s *stage) mustGet(t *testing.T, id string) *shippingv1.Shipment {
	t.Helper()
	got, err := s.GetShipment(t.Context(), &shippingv1.GetShipmentRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetShipment()
}

// checkState checks where a shipment stands.
func (s *stage) checkState(t *testing.T, id string, want shippingv1.ShipmentState) {
	t.Helper()
	if got := s.mustGet(t, id).GetState(); got != want {
		t.Errorf("shipment is %v; want %v", got, want)
	}
}

// checkLedger checks what a carrier's own books say it did for an order.
func (s *stage) checkLedger(t *testing.T, name, id string, want ...carrier.Kind) {
	t.Helper()
	var got []carrier.Kind
	for _, e := range s.world.Carriers.Carrier(name).Ledger(id).Entries {
		got = append(got, e.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the books of %s say %v; want %v", name, got, want)
	}
}
