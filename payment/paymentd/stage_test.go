package paymentd_test

import (
	"context"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/wire"
	"orpheus.example/payment/paymentd"
	"orpheus.example/payment/sandboxprovider"
	"orpheus.example/sandbox"
)

// A stage is the payment service over a real store and the sandbox's provider,
// called over gRPC. Its steps are run by hand, on a clock of the test's. What
// others say is put into its queue; the way over the broker is tried in kit and
// in e2e.
type stage struct {
	paymentv1.PaymentServiceClient
	world    *sandbox.World
	queue    *queue
	replicas []*paymentd.Server
	clock    clock
}

// open returns a stage with so many replicas of the service.
func open(t *testing.T, replicas int) *stage {
	t.Helper()
	s := &stage{queue: &queue{}, clock: clock{now: time.Now()}}
	var err error
	if s.world, err = sandbox.Open(sandbox.Config{Speed: 1000}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.world.Handler())
	t.Cleanup(web.Close)
	url := servertest.Database(t)
	for range replicas {
		s.replicas = append(s.replicas, s.replica(t, url, web.URL+"/provider"))
	}
	s.PaymentServiceClient = paymentv1.NewPaymentServiceClient(dial(t, s.replicas[0]))
	s.show(t) // makes the tables
	return s
}

func (s *stage) replica(t *testing.T, url, provider string) *paymentd.Server {
	t.Helper()
	store, err := pglog.Open(t.Context(), pglog.Config{URL: url, Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	client, err := sandboxprovider.New(provider)
	if err != nil {
		t.Fatal(err)
	}
	server, err := paymentd.New(t.Context(), paymentd.Config{
		Store: store, Bus: s.queue, Provider: client, Holder: uuid.NewString(), Now: s.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func dial(t *testing.T, server *paymentd.Server) *grpc.ClientConn {
	t.Helper()
	g := rpc.NewServer(rpc.Config{Name: paymentd.Name, Table: server.Table()})
	server.Register(g)
	l := bufconn.Listen(1 << 20)
	go g.Serve(l)
	conn, err := grpc.NewClient("passthrough:paymentd",
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
	s.step(t, 0, "payment.inbox")
	if s.queue.settled != 2 {
		t.Fatalf("%s was settled %d times of 2", m.Type, s.queue.settled)
	}
}

// do has every replica make the calls that are owed now, and then lets time
// pass.
func (s *stage) do(t *testing.T) {
	t.Helper()
	var group sync.WaitGroup
	for i := range s.replicas {
		group.Go(func() { s.step(t, i, "payment.duty") })
	}
	group.Wait()
	s.clock.pass(time.Minute)
}

func (s *stage) show(t *testing.T) {
	t.Helper()
	s.step(t, 0, "payment.view")
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
			if d, ok := step.(loop.Drainer); ok && name != "payment.view" {
				d.Drain()
			}
		}
	}
}

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

// place has the service hear of a new order of 42 EUR, and returns its id.
func (s *stage) place(t *testing.T, token string) string {
	t.Helper()
	id := uuid.NewString()
	s.hear(t, &orderv1.OrderPlaced{OrderId: id, TransactionId: "t1", PaymentToken: token, Order: &orderv1.OrderDetails{
		Total: eur(42), Lines: []*orderv1.OrderLine{{Sku: "TEAPOT", Quantity: 2, UnitPrice: eur(21)}},
	}})
	return id
}

func (s *stage) mustGet(t *testing.T, id string) *paymentv1.Payment {
	t.Helper()
	got, err := s.GetPayment(t.Context(), &paymentv1.GetPaymentRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetPayment()
}

// checkState checks where a payment stands.
func (s *stage) checkState(t *testing.T, id string, want paymentv1.PaymentState) {
	t.Helper()
	if got := s.mustGet(t, id).GetState(); got != want {
		t.Errorf("payment is %v; want %v", got, want)
	}
}

// checkLedger checks what the provider's own books say of an order.
func (s *stage) checkLedger(t *testing.T, id string, authorized, captured, voided, refunded int64) {
	t.Helper()
	got := s.world.Provider.Ledger(id).Totals["EUR"]
	if got.Authorized != authorized || got.Captured != captured || got.Voided != voided || got.Refunded != refunded || got.Sum != 0 {
		t.Errorf("the provider's books say %+v; want authorized %d, captured %d, voided %d, refunded %d",
			got, authorized, captured, voided, refunded)
	}
}
