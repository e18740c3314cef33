package load_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox"
	"orpheus.example/onebox/load"
	"orpheus.example/onebox/verify"
)

// The tests that run a shop do so one after the other: each wants the machine
// for itself, as much of it as there is.

// TestMain keeps the services quiet: they log to the process's logger.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// openShop opens a shop that runs until the test ends, with parcels that take
// next to no time.
func openShop(t *testing.T) *onebox.Box {
	t.Helper()
	box, err := onebox.Open(t.Context(), onebox.Config{Speed: 1000, TrackEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, box.Close(context.Background())); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return box
}

// config is a small load on box.
func config(box *onebox.Box) load.Config {
	return load.Config{
		Orders: []orderv1.OrderServiceClient{box.Orders()}, Stock: box.Stock(),
		Rate: 50, Duration: time.Second, SKUs: 5, Lines: 2, Seed: 1, WatchShare: 1,
		Deadline: 20 * time.Second, // other tests want the machine too
	}
}

func mustRun(t *testing.T, c load.Config) load.Report {
	t.Helper()
	r, err := load.Run(t.Context(), c, nil)
	if err != nil {
		t.Fatalf("Run() = %v", err)
	}
	return r
}

func checkBooks(t *testing.T, box *onebox.Box, received map[string]int64) {
	t.Helper()
	books, err := verify.Run(t.Context(), verify.Config{
		Orders: box.Orders(), Payments: box.Payments(), Stock: box.Stock(), Shipments: box.Shipments(), Mails: box.Mails(),
		Sandbox: onebox.World, Transport: box.Transport(), Received: received, Patience: time.Minute,
	})
	if err := errors.Join(err, books.Err()); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// TestOrdersEndAsTheyAreMeantTo places orders of all outcomes and sees that as
// many are delivered and cancelled as were meant to be, and that all books agree.
func TestOrdersEndAsTheyAreMeantTo(t *testing.T) {
	box := openShop(t)
	c := config(box)
	for o := range c.Mix {
		c.Mix[o] = 1
	}
	r := mustRun(t, c)
	if err := r.Err(); err != nil || r.Accepted != r.Sent || r.Accepted == 0 || len(r.Asked) != len(c.Mix) {
		t.Fatalf("accepted %d of %d, asked for %v, shed %v, %v; want all, of all outcomes", r.Accepted, r.Sent, r.Asked, r.Shed, err)
	}
	// A customer who cancels may be too late.
	delivered, happy := r.States["delivered"], r.Asked["happy"]
	if delivered < happy || delivered > happy+r.Asked["cancelled"] || delivered+r.States["cancelled"] != r.Accepted {
		t.Errorf("asked for %v, became %v", r.Asked, r.States)
	}
	if r.Watched != r.Accepted || r.Delivered.Count != delivered || r.Confirmed.Count < delivered || r.LostSight != 0 {
		t.Errorf("watched %d, saw %d confirmed and %d delivered; want %d, more, %d",
			r.Watched, r.Confirmed.Count, r.Delivered.Count, r.Accepted, delivered)
	}
	if r.Place.P50 > r.Confirmed.P50 || r.Confirmed.P50 > r.Delivered.P50 {
		t.Errorf("medians are %s, %s, %s; want them ascending", r.Place.P50, r.Confirmed.P50, r.Delivered.P50)
	}
	if len(r.Received) != c.SKUs {
		t.Errorf("received %v; want %d items", r.Received, c.SKUs)
	}
	checkBooks(t, box, r.Received)
}

// TestASecondRunFindsTheShopStocked runs twice in one shop: nothing of the first
// is counted in the second, and nothing has to be listed again.
func TestASecondRunFindsTheShopStocked(t *testing.T) {
	box := openShop(t)
	c := config(box)
	c.Duration = 300 * time.Millisecond
	first := mustRun(t, c)
	c.Stock = nil
	second := mustRun(t, c)
	if first.Sent != second.Sent || second.States["delivered"] != second.Sent || len(second.Received) != 0 {
		t.Errorf("sent %d and %d, became %v, received %v; want the same twice, all delivered, nothing received",
			first.Sent, second.Sent, second.States, second.Received)
	}
	if err := errors.Join(first.Err(), second.Err()); err != nil {
		t.Error(err)
	}
}

// TestRateIsKept sees that as many orders are sent in a time as were asked for.
func TestRateIsKept(t *testing.T) {
	c := config(openShop(t))
	c.Rate, c.Uniform, c.WatchShare = 60, true, 0
	c.Warmup, c.Duration = 500*time.Millisecond, 1500*time.Millisecond
	var ticks []load.Tick
	r, err := load.Run(t.Context(), c, func(tick load.Tick) { ticks = append(ticks, tick) })
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 120 || r.Place.Count != 90 {
		t.Errorf("sent %d, measured %d; want 120, 90", r.Sent, r.Place.Count)
	}
	if r.Sending < c.Warmup+c.Duration {
		t.Errorf("sent for %s; want %s", r.Sending, c.Warmup+c.Duration)
	}
	if len(ticks) == 0 || ticks[0].Phase != "steady" || ticks[0].Sent == 0 {
		t.Errorf("ticks = %+v; want one of the steady time", ticks)
	}
}

// TestWindowIsKeptFull sees that the orders under way are about as many as asked
// for, and never many more, until three windows of them have ended.
func TestWindowIsKeptFull(t *testing.T) {
	const window = 20
	c := config(openShop(t))
	c.Rate, c.Window, c.WatchShare, c.Duration = 0, window, 0.1, time.Hour
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := load.Run(ctx, c, func(tick load.Tick) {
		if tick.Ended >= 3*window {
			stop()
		}
	})
	if err := errors.Join(err, r.Err()); err != nil || r.Accepted != r.Sent || r.DeliveredRate <= 0 {
		t.Errorf("accepted %d of %d, delivered %g/s, %v", r.Accepted, r.Sent, r.DeliveredRate, err)
	}
	if r.UnderWay < window/4 || r.UnderWay > window+1 {
		t.Errorf("%g orders were under way; want about %d", r.UnderWay, window)
	}
}

// TestInterruptedRunSeesItsOrdersThrough ends a long load early.
func TestInterruptedRunSeesItsOrdersThrough(t *testing.T) {
	box := openShop(t)
	for name, change := range map[string]func(*load.Config){
		"rate":   func(*load.Config) {},
		"window": func(c *load.Config) { c.Rate, c.Window = 0, 10 },
	} {
		c := config(box)
		c.Duration = time.Hour
		change(&c)
		ctx, stop := context.WithCancel(t.Context())
		r, err := load.Run(ctx, c, func(load.Tick) { stop() })
		if err != nil || r.Err() != nil || !r.Interrupted || r.Sent == 0 || r.States["delivered"] != r.Sent {
			t.Errorf("%s: Run() = sent %d, became %v, interrupted %t, %v, %v; want all delivered",
				name, r.Sent, r.States, r.Interrupted, err, r.Err())
		}
	}
}

// A front is a server before the order service. It hands calls on.
type front struct {
	orderv1.UnimplementedOrderServiceServer
	orders orderv1.OrderServiceClient
}

func (f front) PlaceOrder(ctx context.Context, r *orderv1.PlaceOrderRequest) (*orderv1.PlaceOrderResponse, error) {
	return f.orders.PlaceOrder(ctx, r)
}

func (f front) GetOrderStats(ctx context.Context, r *orderv1.GetOrderStatsRequest) (*orderv1.GetOrderStatsResponse, error) {
	return f.orders.GetOrderStats(ctx, r)
}

// behind returns a client of box's order service that goes through a server on
// which place stands before PlaceOrder. The orders that try the shop are let
// through: their card is declined.
func behind(t *testing.T, box *onebox.Box, place grpc.UnaryServerInterceptor) orderv1.OrderServiceClient {
	t.Helper()
	server := grpc.NewServer(grpc.UnaryInterceptor(
		func(ctx context.Context, r any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if p, ok := r.(*orderv1.PlaceOrderRequest); !ok || p.GetPaymentToken() != "tok_ok" {
				return next(ctx, r)
			}
			return place(ctx, r, info, next)
		}))
	orderv1.RegisterOrderServiceServer(server, front{orders: box.Orders()})
	l := bufconn.Listen(64 << 10)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///front", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return orderv1.NewOrderServiceClient(conn)
}

// TestAStallIsInTheLatencies has the server answer nothing for a while, and the
// generator make one call at a time, so that it cannot even send what arrives
// meanwhile. A generator that measured from the moment of sending would show one
// slow order; here all that should have been sent during the stall are slow.
func TestAStallIsInTheLatencies(t *testing.T) {
	const stall, rate = 600 * time.Millisecond, 100
	box := openShop(t)
	var calls atomic.Int64
	c := config(box)
	c.Orders = []orderv1.OrderServiceClient{behind(t, box,
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if calls.Add(1) == 20 {
				answerAt := time.NewTimer(stall)
				defer answerAt.Stop()
				<-answerAt.C
			}
			return next(ctx, r)
		})}
	c.Rate, c.Uniform, c.WatchShare, c.AtOnce = rate, true, 0, 1
	r := mustRun(t, c)
	if r.Place.Max < stall {
		t.Errorf("slowest order took %s; want %s or more", r.Place.Max, stall)
	}
	slow := int64(0)
	for _, bar := range r.Place.Histogram().Distribution() {
		if bar.From >= (stall / 2).Microseconds() {
			slow += bar.Count
		}
	}
	// Of the orders of 600 ms those of the first 300 wait for 300 ms or more.
	if want := int64(rate * (stall / 2).Seconds()); slow < want {
		t.Errorf("%d orders took %s or more; want %d or more", slow, stall/2, want)
	}
}

// TestALostAnswerIsAskedForAgain has the server carry out orders and then say
// that it is not there: the same request is made again, and no order is placed
// twice.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	box := openShop(t)
	var calls atomic.Int64
	c := config(box)
	c.Orders = []orderv1.OrderServiceClient{behind(t, box,
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			answer, err := next(ctx, r)
			if calls.Add(1)%5 == 0 {
				return nil, status.Error(codes.Unavailable, "gone")
			}
			return answer, err
		})}
	c.WatchShare = 0
	r := mustRun(t, c)
	if r.Retried == 0 || r.Accepted != r.Sent || r.States["delivered"] != r.Sent || r.Err() != nil {
		t.Errorf("sent %d, made again %d, became %v, %v; want each delivered once", r.Sent, r.Retried, r.States, r.Err())
	}
}

// TestRefusedOrdersAreCounted has every other order refused.
func TestRefusedOrdersAreCounted(t *testing.T) {
	box := openShop(t)
	var calls atomic.Int64
	c := config(box)
	c.Orders = []orderv1.OrderServiceClient{behind(t, box,
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if calls.Add(1)%2 == 0 {
				return nil, status.Error(codes.ResourceExhausted, "too much")
			}
			return next(ctx, r)
		})}
	c.Rate, c.Window, c.WatchShare = 0, 10, 0
	r := mustRun(t, c)
	shed := r.Shed["ResourceExhausted"]
	if shed == 0 || r.Accepted+shed != r.Sent || r.States["delivered"] != r.Accepted || r.Unknown != 0 || r.Err() != nil {
		t.Errorf("sent %d, accepted %d, shed %v, became %v, %v", r.Sent, r.Accepted, r.Shed, r.States, r.Err())
	}
}

// TestAnOrderThatIsNotThereIsLost has the server accept an order and forget it.
func TestAnOrderThatIsNotThereIsLost(t *testing.T) {
	box := openShop(t)
	var calls atomic.Int64
	c := config(box)
	c.Orders = []orderv1.OrderServiceClient{behind(t, box,
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if calls.Add(1) == 3 {
				return &orderv1.PlaceOrderResponse{}, nil
			}
			return next(ctx, r)
		})}
	c.WatchShare, c.Drain = 0, 2*time.Second
	r := mustRun(t, c)
	if !errors.Is(r.Err(), load.ErrLost) || r.Lost != 1 || r.Drained {
		t.Errorf("Err() = %v, lost %d, drained %t; want one lost", r.Err(), r.Lost, r.Drained)
	}
}

// TestNobodyThere sees that a load on nothing says so at once.
func TestNobodyThere(t *testing.T) {
	conn, err := grpc.NewClient("passthrough:///nobody", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return nil, errors.New("nobody there") }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := load.Config{Orders: []orderv1.OrderServiceClient{orderv1.NewOrderServiceClient(conn)}, Rate: 1, Duration: time.Hour}
	if _, err := load.Run(t.Context(), c, nil); status.Code(err) != codes.Unavailable {
		t.Errorf("Run() = %v; want unavailable", err)
	}
}
