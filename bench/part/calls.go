package part

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orpheus.example/bench/proc"
	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
	"orpheus.example/onebox/load"
)

const (
	// callers is how many calls are made at a time.
	callers = 64
	// readyWithin is how long a server may take to answer its first call.
	readyWithin = 2 * time.Minute
	// mostOpen bounds the calls of an open load that nobody has answered yet; who
	// comes then is counted as late as the last one.
	mostOpen = 4096
)

// request is an order like those of the load.
func request() *orderv1.PlaceOrderRequest {
	return &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "BENCH", Quantity: 1}},
		PaymentToken: "tok_ok",
	}
}

// A served is a server in a process of its own, and a way to it.
type served struct {
	orderv1.OrderServiceClient

	process *process.Process
	conn    *grpc.ClientConn
}

func (s *served) close() error { return errors.Join(s.conn.Close(), s.process.Kill()) }

// used returns the processor time of the server so far.
func (s *served) used() (time.Duration, error) {
	u, err := proc.FS("").Time(s.process.ID().Pid)
	return u.CPU, err
}

// start runs this program as a server, with the settings of our daemons, and
// returns when it answers.
func (m *measuring) start(ctx context.Context, kind string) (*served, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("127.0.0.1:%d", port)
	env := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range stand.Settings(result.Single) {
		env = append(env, name+"="+value)
	}
	// Nobody takes the few traces: the exporter drops them.
	env = append(env, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9")
	dir := filepath.Dir(m.stand.Rabbit.Dir())
	p, err := process.Start(process.Command{
		Path: m.Program, Args: []string{"serve", kind, at, m.stand.Postgres.URL()}, Env: env, Dir: dir, Log: filepath.Join(dir, kind+".log"),
	})
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(at, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	s := &served{orderv1.NewOrderServiceClient(conn), p, conn}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	err = p.Await(ctx, func(ctx context.Context) error {
		_, err := s.PlaceOrder(ctx, request())
		return err
	})
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// calls measures how many calls of a method that does nothing are answered, and
// what a call costs each side.
func (m *measuring) calls(ctx context.Context) error {
	s, err := m.start(ctx, Calls)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }() // it has nothing to lose
	before, err := s.used()
	if err != nil {
		return err
	}
	var made int64
	each, rate, err := m.used(ctx, func(ctx context.Context) (int64, error) {
		var err error
		made, err = m.call(ctx, s)
		return made, err
	})
	if err != nil {
		return err
	}
	after, err := s.used()
	if err != nil {
		return err
	}
	m.out.Rates["calls"] = rate
	m.out.Costs.Call = float64((after - before).Microseconds()) / float64(max(1, made))
	// The server is our child, and counted with us.
	m.out.Costs.CallClient = max(0, each[stand.Generator]-m.out.Costs.Call)
	return nil
}

// call makes calls for a while, one after the other by each caller.
func (m *measuring) call(ctx context.Context, s *served) (int64, error) {
	var made atomic.Int64
	until := time.Now().Add(m.Each)
	group, ctx := errgroup.WithContext(ctx)
	for range callers {
		group.Go(func() error {
			r := request()
			for time.Now().Before(until) {
				if _, err := s.PlaceOrder(ctx, r); err != nil {
					return err
				}
				made.Add(1)
			}
			return nil
		})
	}
	err := group.Wait()
	return made.Load(), err
}

// commits measures what a caller waits for when nothing is done but one row kept,
// at each of the rates that are asked for.
func (m *measuring) commits(ctx context.Context) error {
	s, err := m.start(ctx, Commits)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }() // it has nothing to lose
	for _, rate := range m.Commits {
		m.out.Commits = append(m.out.Commits, m.open(ctx, s, rate))
	}
	return nil
}

// open makes calls at a rate that does not wait for answers, spaced as those of
// the load are. A call that fails counts as answered: late is what matters here.
func (m *measuring) open(ctx context.Context, s *served, rate float64) result.Commit {
	took := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	var mu sync.Mutex
	var calls errgroup.Group
	calls.SetLimit(mostOpen)
	begun := time.Now()
	n := 0
	for due := begun; due.Before(begun.Add(m.Each)); n++ {
		due = due.Add(time.Duration(rand.ExpFloat64() / rate * float64(time.Second))) //nolint:gosec // a customer's whim
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait) // the schedule is the measurement
		}
		calls.Go(func() error {
			_, _ = s.PlaceOrder(ctx, request()) // see above
			mu.Lock()
			defer mu.Unlock()
			return took.RecordValue(max(1, time.Since(due).Microseconds()))
		})
	}
	_ = calls.Wait() // a latency of more than an hour
	return result.Commit{Rate: rate, Beat: float64(n) / time.Since(begun).Seconds(), Took: latency(took)}
}

func latency(h *hdrhistogram.Histogram) load.Latency {
	at := func(q float64) time.Duration { return time.Duration(h.ValueAtQuantile(q)) * time.Microsecond }
	text, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase) // written to memory: nothing can go wrong
	return load.Latency{
		Count: h.TotalCount(), Mean: time.Duration(h.Mean() * float64(time.Microsecond)),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: time.Duration(h.Max()) * time.Microsecond, HDR: string(text),
	}
}
