package main_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/onebox/verify"
)

const (
	// orders is how many are placed, half of them before the kill.
	orders = 200
	// within is how long anything may take on a busy machine.
	within = 2 * time.Minute
)

// TestKillInTheMiddle kills the shop with -9 while two hundred orders are placed
// and under way, starts it again on its data, and compares all books. Nobody who
// places an order knows of it: they ask again under the same request id.
func TestKillInTheMiddle(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("two hundred orders in two processes")
	}
	s := &shop{t: t, program: build(t), data: t.TempDir(), base: freeBase(t)}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	first := s.start(ctx)
	books := s.dial()

	var placed atomic.Int64
	half := make(chan struct{})
	g, placing := errgroup.WithContext(ctx)
	g.SetLimit(16)
	restarted := make(chan error, 1)
	go func() {
		<-half
		restarted <- errors.Join(first.Process.Kill(), ignore(first.Wait()))
		s.start(ctx)
	}()
	for i := range orders {
		g.Go(func() error {
			err := place(placing, books.Orders, i)
			if placed.Add(1) == orders/2 {
				close(half)
			}
			return err
		})
	}
	if err := errors.Join(g.Wait(), <-restarted); err != nil {
		t.Fatal(err)
	}
	s.check(ctx, books)
}

// ignore drops the error of a process that was killed.
func ignore(error) error { return nil }

// place places order i until there is an answer.
func place(ctx context.Context, c orderv1.OrderServiceClient, i int) error {
	// None that fails for a while: many of them open the breaker, and then all
	// wait for half a minute and more.
	tokens := []string{"tok_ok", "tok_ok", "tok_capture_fails", "tok_declined"}
	r := &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "CUP", Quantity: 1}},
		PaymentToken: tokens[i%len(tokens)],
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		_, err := c.PlaceOrder(ctx, r)
		// A new shop does not know its prices at once.
		if code := status.Code(err); code != codes.Unavailable && code != codes.InvalidArgument {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("place order %d: %w", i, err)
		case <-again.C:
		}
	}
}

// A shop is the program on its data.
type shop struct {
	t       *testing.T
	program string
	data    string
	base    int
}

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orpheus")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// freeBase returns a base all of whose ports are free, for now.
func freeBase(t *testing.T) int {
	t.Helper()
	for range 100 {
		base := 20_000 + rand.IntN(8_000) // below what systems give out by themselves
		if free(base+1, base+2, base+3, base+4, base+5, base+200, base+225) {
			return base
		}
	}
	t.Fatal("no ports are free")
	return 0
}

func free(ports ...int) bool {
	for _, p := range ports {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// start starts the program and returns when it has said that it is up.
func (s *shop) start(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.program, "dev", "--data", s.data, "--base", strconv.Itoa(s.base), "--speed", "10", "--log-level", "error")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Errorf("start: %v", err)
		return cmd
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may be dead already
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			return cmd
		}
	}
	s.t.Error("the shop ended before it was up")
	return cmd
}

// dial returns ways to ask everybody.
func (s *shop) dial() verify.Config {
	conn := func(n int) *grpc.ClientConn {
		c, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", s.base+n), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { c.Close() })
		return c
	}
	return verify.Config{
		Orders: orderv1.NewOrderServiceClient(conn(1)), Payments: paymentv1.NewPaymentServiceClient(conn(2)),
		Stock: inventoryv1.NewInventoryServiceClient(conn(3)), Shipments: shippingv1.NewShippingServiceClient(conn(4)),
		Mails: notifyv1.NewNotifyServiceClient(conn(5)), Sandbox: fmt.Sprintf("http://127.0.0.1:%d", s.base+200),
	}
}

// check waits until all orders have ended, and compares the books. The catalogue
// of the program has two hundred cups. One mail may have arrived twice: its
// answer can have been lost in the kill.
func (s *shop) check(ctx context.Context, c verify.Config) {
	s.t.Helper()
	c.Patience, c.Copies, c.Received = within/2, 2, map[string]int64{"CUP": 200}
	r, err := verify.Run(ctx, c)
	if err = errors.Join(err, r.Err()); err != nil {
		s.t.Fatal(err)
	}
	if r.Orders != orders || r.Open != 0 || !r.World || r.Delivered == 0 || r.Cancelled == 0 {
		s.t.Errorf("after the kill there are %d orders: %d delivered, %d cancelled, %d under way; want %d and none under way: %v",
			r.Orders, r.Delivered, r.Cancelled, r.Open, orders, r.Waiting)
	}
}
