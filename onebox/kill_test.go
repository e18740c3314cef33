package onebox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/onebox"
	"orpheus.example/onebox/verify"
)

const (
	childVariable = "ORPHEUS_ONEBOX_TEST_DATA" // set in the child: its data folder
	orders        = 200
	atOnce        = 16
	endWithin     = 5 * time.Minute // under the race detector, on a busy machine
)

// TestMain is the shop in a process of its own, if it is started as a child.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(dir))
		os.Exit(1) // it is to be killed, so any other end is a failure
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) error {
	ctx := context.Background()
	box, err := onebox.Open(ctx, onebox.Config{Data: dir, Speed: 100, TrackEvery: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	at := onebox.Addresses{Services: map[string]string{}, Sandbox: "127.0.0.1:0", SMTP: "127.0.0.1:0"}
	for _, name := range onebox.Names {
		at.Services[name] = "127.0.0.1:0"
	}
	l, err := box.Listen(ctx, at)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.Go(func() error { return box.Run(ctx) })
	group.Go(func() error { return l.Serve(ctx) })
	if err := json.NewEncoder(os.Stdout).Encode(l.Addresses); err != nil {
		return err
	}
	return group.Wait()
}

// A child is a shop in a process of its own.
type child struct {
	onebox.Addresses
	cmd *exec.Cmd
}

func start(t *testing.T, dir string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childVariable+"="+dir)
	log, err := os.OpenFile(dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.cmd.Stderr = log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c.Addresses)
	}
	if err != nil {
		said, _ := os.ReadFile(dir + ".log")
		t.Fatalf("the shop does not start: %v\n%s", err, said)
	}
	return c
}

// kill ends the shop as kill -9 does, and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // gone already is well
	_ = c.cmd.Wait()
}

func (c *child) dial(t *testing.T, name string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(c.Services[name], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestKill kills the shop in the middle of its orders, twice, and opens it again
// on what is left. Every order that was acknowledged is there under its id, all
// orders end, and all books agree.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/data"
	acknowledged := &sync.Map{}

	first := start(t, dir)
	sell(t, first, orders*3)
	place(t, first, acknowledged, orders/2)

	second := start(t, dir)
	place(t, second, acknowledged, orders/4)

	third := start(t, dir)
	place(t, third, acknowledged, never)
	checkEnd(t, third, orders*3)
}

// never is when a shop is killed that is not.
const never = 1 << 30

// place places all orders, those too that were placed before, and kills the shop
// once so many more of them are acknowledged, with others under way.
func place(t *testing.T, c *child, acknowledged *sync.Map, killAfter int64) {
	t.Helper()
	client := orderv1.NewOrderServiceClient(c.dial(t, "order"))
	var done atomic.Int64
	var group errgroup.Group
	group.SetLimit(atOnce)
	for n := range orders {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(t.Context(), endWithin)
			defer cancel()
			answer, err := client.PlaceOrder(ctx, request(n))
			if err != nil {
				if killAfter == never {
					return fmt.Errorf("PlaceOrder %d: %w", n, err)
				}
				return nil // the shop is gone
			}
			if before, known := acknowledged.LoadOrStore(n, answer.GetOrderId()); known && before != answer.GetOrderId() {
				return fmt.Errorf("order %d is %s; was acknowledged as %s", n, answer.GetOrderId(), before)
			}
			if done.Add(1) == killAfter {
				c.kill()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if killAfter != never && done.Load() < killAfter {
		t.Fatalf("only %d orders were acknowledged; want %d before the shop is killed", done.Load(), killAfter)
	}
}

// request is that of order n, the same each time: most go well, the others fail
// in all the ways there are.
func request(n int) *orderv1.PlaceOrderRequest {
	tokens := []string{"tok_ok", "tok_ok", "tok_declined", "tok_timeout_after", "tok_capture_fails"}
	streets := []string{"1 Main St", "1 Main St", "REFUSE 1 Main St", "REFUSE SWIFT 1 Main St"}
	return &orderv1.PlaceOrderRequest{
		RequestId:  uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "kill/%d", n)).String(),
		CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: streets[n%len(streets)], City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "TEAPOT", Quantity: int64(n%3 + 1)}},
		PaymentToken: tokens[n%len(tokens)],
	}
}

// sell puts teapots on sale, and waits until an order of them is priced.
func sell(t *testing.T, c *child, pieces int64) {
	t.Helper()
	stock := inventoryv1.NewInventoryServiceClient(c.dial(t, "inventory"))
	if _, err := stock.AddItem(t.Context(), &inventoryv1.AddItemRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Name: "Teapot", Price: euros(21),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := stock.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Quantity: pieces,
	}); err != nil {
		t.Fatal(err)
	}
	client := orderv1.NewOrderServiceClient(c.dial(t, "order"))
	eventually(t, "order knows the price", func(ctx context.Context) error {
		_, err := client.PlaceOrder(ctx, request(0))
		return err
	})
}

// checkEnd waits until all orders have ended, and compares all books. A mail may
// have come once more for each time that the shop was killed.
func checkEnd(t *testing.T, c *child, received int64) {
	t.Helper()
	report, err := verify.Run(t.Context(), verify.Config{
		Orders:    orderv1.NewOrderServiceClient(c.dial(t, "order")),
		Payments:  paymentv1.NewPaymentServiceClient(c.dial(t, "payment")),
		Stock:     inventoryv1.NewInventoryServiceClient(c.dial(t, "inventory")),
		Shipments: shippingv1.NewShippingServiceClient(c.dial(t, "shipping")),
		Mails:     notifyv1.NewNotifyServiceClient(c.dial(t, "notify")),
		Sandbox:   "http://" + c.Sandbox, Received: map[string]int64{"TEAPOT": received}, Copies: 3, Patience: endWithin,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil || report.Open > 0 || report.Orders != orders {
		t.Errorf("verify = %v; %d orders, %d open; want nil, %d and 0", err, report.Orders, report.Open, orders)
	}
	if report.Delivered == 0 || report.Cancelled == 0 {
		t.Errorf("%d delivered, %d cancelled; want some of each", report.Delivered, report.Cancelled)
	}
}
