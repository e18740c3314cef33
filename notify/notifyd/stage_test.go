package notifyd_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/wire"
	"orpheus.example/notify/notifyd"
	"orpheus.example/notify/smtpmailer"
	"orpheus.example/sandbox"
	"orpheus.example/sandbox/mailbox"
)

// A stage is the notify service over a real store and a real mail server, called
// over gRPC. Its steps are run by hand, on a clock of the test's. What others say
// is put into its queue; the way over the broker is tried in kit and in e2e.
type stage struct {
	notifyv1.NotifyServiceClient
	world    *sandbox.World
	queue    *queue
	replicas []*notifyd.Server
	clock    clock
	letters  *deadletter.Letters
}

const gapWait = 30 * time.Second

// open returns a stage with so many replicas of the service.
func open(t *testing.T, replicas int) *stage {
	t.Helper()
	s := &stage{queue: &queue{}, clock: clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	var err error
	if s.world, err = sandbox.Open(sandbox.Config{}); err != nil {
		t.Fatal(err)
	}
	server := serveSMTP(t, s.world.Mailbox)
	url := servertest.Database(t)
	for range replicas {
		s.replicas = append(s.replicas, s.replica(t, url, server))
	}
	s.NotifyServiceClient = notifyv1.NewNotifyServiceClient(dial(t, s.replicas[0]))
	s.step(t, 0, "notify.view") // makes the tables
	return s
}

// serveSMTP lets a mailbox take mail until the test ends, and returns where.
func serveSMTP(t *testing.T, m *mailbox.Mailbox) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- m.ServeSMTP(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func (s *stage) replica(t *testing.T, url, server string) *notifyd.Server {
	t.Helper()
	store, err := pglog.Open(t.Context(), pglog.Config{URL: url, Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s.letters = deadletter.New(deadletter.Config{Consumer: notifyd.Name, Log: store, Now: s.clock.Now})
	mailer, err := smtpmailer.New(smtpmailer.Config{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	service, err := notifyd.New(t.Context(), notifyd.Config{
		Store: store, Bus: s.queue, Holder: uuid.NewString(), Now: s.clock.Now,
		Mailer: mailer, From: "Orpheus <shop@orpheus.example>", Domain: "orpheus.example", GapWait: gapWait,
	})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func dial(t *testing.T, server *notifyd.Server) *grpc.ClientConn {
	t.Helper()
	g := rpc.NewServer(rpc.Config{Name: notifyd.Name, Table: server.Table()})
	server.Register(g)
	l := bufconn.Listen(1 << 20)
	go g.Serve(l) // ends with the test
	conn, err := grpc.NewClient("passthrough:notifyd",
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

func (q *queue) Reject(bus.Delivery) error   { return nil }
func (q *queue) Arrived() <-chan struct{}    { return nil }
func (q *queue) Close(context.Context) error { return nil }

// hear has the service hear a fact, twice, as it may happen, and returns the id
// of the mail about it.
func (s *stage) hear(t *testing.T, order string, fact proto.Message) string {
	t.Helper()
	body, err := proto.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	m := bus.Message{ID: uuid.New(), Type: wire.Kind(fact), Source: bus.Owner(wire.Kind(fact)), Body: body, Time: s.clock.Now(), Correlation: order}
	s.queue.put(m)
	s.queue.put(m)
	s.step(t, 0, "notify.inbox")
	return m.ID.String()
}

// send lets every replica send what is owed until nothing goes any more, and
// shows it.
func (s *stage) send(t *testing.T) {
	t.Helper()
	for range 3 { // a try that fails comes up again later
		var group sync.WaitGroup
		for i := range s.replicas {
			group.Go(func() { s.step(t, i, "notify.duty") })
		}
		group.Wait()
		s.clock.pass(time.Second)
	}
	s.step(t, 0, "notify.view")
}

// step runs one step of a replica until it has nothing to do.
func (s *stage) step(t *testing.T, replica int, name string) {
	t.Helper()
	for _, step := range s.replicas[replica].Steps() {
		if step.Name() == name {
			untilDone(t, step)
		}
	}
}

// untilDone also waits for what a step has taken up, which may make more work.
func untilDone(t *testing.T, step loop.Step) {
	t.Helper()
	for worked := true; worked; {
		var err error
		if worked, err = step.Once(t.Context()); err != nil {
			t.Errorf("%s: %v", step.Name(), err)
			return
		}
		if d, ok := step.(interface{ Drain() }); ok && step.Name() != "notify.view" {
			d.Drain()
		}
	}
}

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

func details(email string) *orderv1.OrderDetails {
	return &orderv1.OrderDetails{
		Email: email, Name: "Ann", Total: eur(42),
		Lines: []*orderv1.OrderLine{{Sku: "TEAPOT", Name: "A teapot", Quantity: 2, UnitPrice: eur(21)}},
	}
}

// taken returns what the mail server has taken about an order, oldest first.
func (s *stage) taken(order string) []mailbox.Message {
	list := s.world.Mailbox.Messages(mailbox.Query{Order: order}).Messages
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// checkTaken checks which mails the mail server has taken, in which order, and
// that it has each once.
func (s *stage) checkTaken(t *testing.T, order string, want ...string) {
	t.Helper()
	taken := s.taken(order)
	if len(taken) != len(want) {
		t.Fatalf("the mail server has taken %d mails; want %d", len(taken), len(want))
	}
	for i, m := range taken {
		if m.MessageID != want[i]+"@orpheus.example" || m.Copies != 1 {
			t.Errorf("mail %d is %s, %d times; want %s once", i, m.MessageID, m.Copies, want[i])
		}
	}
}

// checkState checks how a mail is shown.
func (s *stage) checkState(t *testing.T, id string, want notifyv1.MessageState) *notifyv1.Message {
	t.Helper()
	got, err := s.GetMessage(t.Context(), &notifyv1.GetMessageRequest{MessageId: id})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetMessage().GetState() != want {
		t.Errorf("mail is shown as %v; want %v", got.GetMessage().GetState(), want)
	}
	return got.GetMessage()
}
