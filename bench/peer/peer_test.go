package peer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	rabbit "github.com/rabbitmq/amqp091-go"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"orpheus.example/bench/peer"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
)

// patience bounds every wait.
const patience = time.Minute

// A shop is a running peer, and its clients.
type shop struct {
	config peer.Config
	orders orderv1.OrderServiceClient
	stock  inventoryv1.InventoryServiceClient
}

// open runs a peer on real servers until the test ends.
func open(t *testing.T) shop {
	t.Helper()
	s := shop{config: peer.Config{
		AMQPURL: servertest.RabbitURL(t), PostgresURL: servertest.PostgresURL(t),
		Name: "peer" + strings.ToLower(rand.Text()[:8]), Copies: 4, Poll: 10 * time.Millisecond, Connections: 6,
	}}
	p, err := peer.Open(t.Context(), s.config)
	if err != nil {
		t.Fatalf("Open(%+v) = %v; want nil", s.config, err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // calls end before the services do
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, p.Close(), peer.Drop(context.Background(), s.config)); err != nil {
			t.Errorf("end of the peer: %v; want nil", err)
		}
	})
	conn := serve(t, p)
	s.orders, s.stock = orderv1.NewOrderServiceClient(conn), inventoryv1.NewInventoryServiceClient(conn)
	eventually(t, func() error { return p.Ready(t.Context()) })
	return s
}

// serve serves p and returns a connection to it.
func serve(t *testing.T, p *peer.Peer) *grpc.ClientConn {
	t.Helper()
	server := rpc.NewServer(rpc.Config{Name: "peer"})
	p.Register(server)
	server.SetServing(true)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("Listen() = %v; want nil", err)
	}
	go func() { _ = server.Serve(l) }() // it ends with the listener
	t.Cleanup(func() { server.Stop(context.Background()) })
	conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("NewClient(%s) = %v; want nil", l.Addr(), err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// eventually waits until f returns nil.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	late := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-late:
			t.Fatalf("after %v: %v; want nil", patience, err)
		case <-tick.C:
		}
	}
}

// stocked lists an item and waits until it can be ordered.
func (s shop) stocked(t *testing.T, sku string, pieces int64) {
	t.Helper()
	price := &moneypb.Money{CurrencyCode: "EUR", Units: 21}
	add := &inventoryv1.AddItemRequest{RequestId: uuid.NewString(), Sku: sku, Name: "A " + sku, Price: price}
	receive := &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: sku, Quantity: pieces}
	for range 2 { // the second time changes nothing
		if _, err := s.stock.AddItem(t.Context(), add); err != nil {
			t.Fatalf("AddItem(%v) = %v; want nil", add, err)
		}
		if _, err := s.stock.ReceiveStock(t.Context(), receive); err != nil {
			t.Fatalf("ReceiveStock(%v) = %v; want nil", receive, err)
		}
	}
	got, err := s.stock.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: sku})
	if err != nil || got.GetItem().GetAvailable() != pieces {
		t.Fatalf("GetItem(%s) = %v, %v; want %d available", sku, got, err, pieces)
	}
}

// place places an order, twice, and returns its id. It insists until the price
// is known.
func (s shop) place(t *testing.T, sku, token string) string {
	t.Helper()
	request := &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "c1", Email: "ada@example.com", Name: "Ada", PaymentToken: token,
		ShipTo: &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:  []*orderv1.PlaceOrderLine{{Sku: sku, Quantity: 1}},
	}
	var id string
	for range 2 {
		eventually(t, func() error {
			answer, err := s.orders.PlaceOrder(t.Context(), request)
			if status.Code(err) != codes.InvalidArgument && err != nil {
				t.Fatalf("PlaceOrder(%v) = %v; want nil", request, err)
			}
			if err == nil && id != "" && answer.GetOrderId() != id {
				t.Fatalf("PlaceOrder(%v) = %s the second time; want %s", request, answer.GetOrderId(), id)
			}
			id = answer.GetOrderId()
			return err
		})
	}
	return id
}

// counts waits until n orders have ended, and returns the books.
func (s shop) counts(t *testing.T, n int) *peer.Books {
	t.Helper()
	var books *peer.Books
	eventually(t, func() (err error) {
		if books, err = peer.Check(t.Context(), s.config); err != nil {
			return err
		}
		if ended := books.Delivered + books.Cancelled; ended != n {
			return fmt.Errorf("%d orders have ended; want %d", ended, n)
		}
		return books.Err() // mails may still be on their way
	})
	return books
}

// TestAllOrdersEnd places orders that go well and orders that do not, and
// compares the books of all services.
func TestAllOrdersEnd(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.stocked(t, "TEAPOT", 100)
	s.stocked(t, "RARITY", 1)
	const many = 50
	for range many {
		s.place(t, "TEAPOT", "tok_ok")
	}
	s.place(t, "TEAPOT", "tok_declined")
	s.place(t, "RARITY", "tok_ok")
	s.place(t, "RARITY", "tok_ok")
	if got, want := s.counts(t, many+3).String(), "51 delivered, 2 cancelled, 0 open, 0 wrong"; got != want {
		t.Errorf("books = %s; want %s", got, want)
	}
	stats, err := s.orders.GetOrderStats(t.Context(), &orderv1.GetOrderStatsRequest{})
	if err != nil || len(stats.GetStats()) != 2 {
		t.Errorf("GetOrderStats() = %v, %v; want two states", stats, err)
	}
}

// TestEverythingTwice repeats each fact as soon as it is said, under its id.
func TestEverythingTwice(t *testing.T) {
	t.Parallel()
	s := open(t)
	heard := echo(t, s.config)
	s.stocked(t, "TEAPOT", 100)
	const many = 10
	for range many {
		s.place(t, "TEAPOT", "tok_ok")
	}
	eventually(t, func() error {
		if got, want := heard.Load(), int64(2*(14*many+2)); got != want { // two for the item
			return fmt.Errorf("%d facts, repeats included; want %d", got, want)
		}
		return nil
	})
	if got, want := s.counts(t, many).String(), "10 delivered, 0 cancelled, 0 open, 0 wrong"; got != want {
		t.Errorf("books = %s; want %s", got, want)
	}
	if got := poisoned(t, s.config); got != 0 {
		t.Errorf("%d messages in the poison queues; want 0", got)
	}
}

// TestWatch follows one order from its placing to its end.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.stocked(t, "TEAPOT", 1)
	id := s.place(t, "TEAPOT", "tok_ok")
	stream, err := s.orders.WatchOrder(t.Context(), &orderv1.WatchOrderRequest{OrderId: id})
	if err != nil {
		t.Fatalf("WatchOrder(%s) = %v; want nil", id, err)
	}
	var last orderv1.OrderState
	for {
		update, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("Recv() = %v; want nil", err)
		}
		state := update.GetSnapshot().GetState() + update.GetChange().GetOrder().GetState() // one of them is there
		if state <= last {
			t.Errorf("state %v after %v; want a later one", state, last)
		}
		last = state
	}
	if last != orderv1.OrderState_ORDER_STATE_DELIVERED {
		t.Errorf("the watch of %s ended at %v; want delivered", id, last)
	}
}

// What the bare booleans of amqp091 mean.
const (
	durable    = true
	autoDelete = true
	exclusive  = true
	noWait     = false
	autoAck    = true
	noLocal    = false
	mandatory  = false
	immediate  = false
)

// facts are those of orders that go well.
var facts = []string{
	"order.v1.OrderPlaced", "order.v1.OrderConfirmed", "order.v1.OrderDispatched", "order.v1.OrderShipped", "order.v1.OrderDelivered",
	"payment.v1.PaymentAuthorized", "payment.v1.PaymentCaptured",
	"inventory.v1.ItemListed", "inventory.v1.StockLevelChanged", "inventory.v1.StockReserved", "inventory.v1.StockDispatched",
	"shipping.v1.ShipmentBooked", "shipping.v1.ShipmentShipped", "shipping.v1.ShipmentDelivered",
}

// echo publishes every fact that it hears once more. It returns how many it has
// heard, its own ones included.
func echo(t *testing.T, c peer.Config) *atomic.Int64 {
	t.Helper()
	ch := channel(t, c)
	q, err := ch.QueueDeclare("", !durable, autoDelete, exclusive, noWait, nil)
	if err != nil {
		t.Fatalf("QueueDeclare() = %v; want nil", err)
	}
	for _, kind := range facts {
		// As the publisher will declare it: some are heard by nobody.
		if err := ch.ExchangeDeclare(c.Name+"."+kind, "fanout", durable, !autoDelete, false, noWait, nil); err != nil {
			t.Fatalf("ExchangeDeclare(%s) = %v; want nil", kind, err)
		}
		if err := ch.QueueBind(q.Name, "", c.Name+"."+kind, noWait, nil); err != nil {
			t.Fatalf("QueueBind(%s) = %v; want nil", kind, err)
		}
	}
	deliveries, err := ch.Consume(q.Name, "", autoAck, exclusive, noLocal, noWait, nil)
	if err != nil {
		t.Fatalf("Consume() = %v; want nil", err)
	}
	heard := &atomic.Int64{}
	go func() {
		repeated := map[any]bool{}
		for d := range deliveries {
			heard.Add(1)
			id := d.Headers["_watermill_message_uuid"]
			if repeated[id] {
				continue
			}
			repeated[id] = true
			again := rabbit.Publishing{Headers: d.Headers, Body: d.Body}
			_ = ch.PublishWithContext(t.Context(), d.Exchange, "", mandatory, immediate, again) // missed if it fails
		}
	}()
	return heard
}

// poisoned counts what nobody could make sense of.
func poisoned(t *testing.T, c peer.Config) int {
	t.Helper()
	ch := channel(t, c)
	n := 0
	for _, service := range []string{"order", "payment", "inventory", "shipping", "notify"} {
		name := c.Name + ".poison." + service + "_" + service
		q, err := ch.QueueDeclarePassive(name, durable, !autoDelete, !exclusive, noWait, nil)
		if err != nil {
			t.Fatalf("QueueDeclarePassive(%s) = %v; want nil", name, err)
		}
		n += q.Messages
	}
	return n
}

// channel opens a channel that ends with the test.
func channel(t *testing.T, c peer.Config) *rabbit.Channel {
	t.Helper()
	conn, err := rabbit.Dial(c.AMQPURL)
	if err != nil {
		t.Fatalf("Dial(%s) = %v; want nil", c.AMQPURL, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatalf("Channel() = %v; want nil", err)
	}
	return ch
}
