package daemon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	testpb "github.com/grpc-ecosystem/go-grpc-middleware/v2/testing/testvalidate/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(childEnv); kind != "" {
		child(kind)
		return
	}
	goleak.VerifyTestMain(m)
}

// A service answers by its functions.
type methods struct {
	testpb.UnimplementedTestValidateServiceServer
	send func(context.Context) error
}

func (m methods) Send(ctx context.Context, _ *testpb.SendRequest) (*testpb.SendResponse, error) {
	return &testpb.SendResponse{}, m.send(ctx)
}

// SendStream is a watch that has one thing to show and then waits.
func (m methods) SendStream(_ *testpb.SendStreamRequest, s grpc.ServerStreamingServer[testpb.SendStreamResponse]) error {
	if err := s.Send(&testpb.SendStreamResponse{}); err != nil {
		return err
	}
	<-s.Context().Done()
	return s.Context().Err()
}

// A loopFunc is a loop that is one function.
type loopFunc func(context.Context) error

func (f loopFunc) Run(ctx context.Context) error { return f(ctx) }
func (f loopFunc) Name() string                  { return "test.loop" }

var obedient = loopFunc(func(ctx context.Context) error { <-ctx.Done(); return nil })

// A daemon under test. Run is not run side by side: telemetry and the logger are
// global.
type under struct {
	grpc, admin string
	conn        *grpc.ClientConn
	stop        context.CancelFunc
	ended       chan error
	logs        *syncBuffer
}

func config(s Service) Config {
	if s.Register == nil {
		s.Register = func(g grpc.ServiceRegistrar) { testpb.RegisterTestValidateServiceServer(g, methods{}) }
	}
	return Config{
		Name:     "test",
		Settings: Settings{Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Instance: "a"},
		Open:     func(context.Context) (Service, error) { return s, nil },
		logs:     &syncBuffer{},
		bounds: bounds{
			calls: 100 * time.Millisecond, loops: 100 * time.Millisecond,
			close: 100 * time.Millisecond, flush: 100 * time.Millisecond,
		},
	}
}

// run starts a daemon and waits until it has started.
func run(t *testing.T, c Config) *under {
	t.Helper()
	hear(t) // puts the logger back when the test ends
	ctx, cancel := context.WithCancel(context.Background())
	u := &under{stop: cancel, ended: make(chan error, 1), logs: c.logs.(*syncBuffer)}
	started := make(chan struct{})
	c.Started = func(grpc, admin net.Addr) {
		u.grpc, u.admin = grpc.String(), admin.String()
		close(started)
	}
	go func() { u.ended <- Run(ctx, c) }()
	select {
	case <-started:
	case err := <-u.ended:
		t.Fatalf("Run() = %v before it started", err)
	}
	t.Cleanup(cancel)
	u.dial(t)
	return u
}

func (u *under) dial(t *testing.T) {
	t.Helper()
	conn, err := grpc.NewClient(u.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("NewClient() = %v; want nil", err)
	}
	u.conn = conn
	t.Cleanup(func() { _ = conn.Close() }) // nothing is lost with it
}

// wait returns what Run returned, and fails if that takes longer than it may.
func (u *under) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-u.ended:
		return err
	case <-time.After(StopWithin):
		t.Fatalf("Run() did not return within %v\n%s", StopWithin, u.logs)
		return nil
	}
}

func (u *under) client() testpb.TestValidateServiceClient {
	return testpb.NewTestValidateServiceClient(u.conn)
}

func (u *under) health(t *testing.T) healthpb.HealthCheckResponse_ServingStatus {
	t.Helper()
	r, err := healthpb.NewHealthClient(u.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		return healthpb.HealthCheckResponse_UNKNOWN
	}
	return r.GetStatus()
}

// ask returns the answer of the admin listener.
func ask(t *testing.T, method, url, body string) (code int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatalf("NewRequest(%s) = %v; want nil", url, err)
	}
	r.Close = true // no connection outlives the test
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%s %s = %v; want an answer", method, url, err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read %s: %v", url, err)
	}
	return response.StatusCode, strings.TrimSpace(string(all))
}

// A syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestRunServesAndEnds(t *testing.T) {
	u := run(t, config(Service{Loops: []Runner{obedient}}))
	if got := u.health(t); got != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health = %v; want SERVING", got)
	}
	u.stop()
	if err := u.wait(t); err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
	for _, want := range []string{`"started"`, `"service":"test"`, `"stopping"`, `"stopped"`, u.grpc, u.admin} {
		if !strings.Contains(u.logs.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, u.logs)
		}
	}
}

// A loop that fails takes the process with it.
func TestALoopThatEndsEndsTheProcess(t *testing.T) {
	errBroken := errors.New("broken")
	for name, c := range map[string]struct {
		loop loopFunc
		says string
	}{
		"by_error":  {func(context.Context) error { return errBroken }, "loop test.loop: broken"},
		"by_panic":  {func(context.Context) error { panic("boom") }, "loop test.loop panicked: boom"},
		"by_itself": {func(context.Context) error { return nil }, "loop test.loop: ended by itself"},
	} {
		t.Run(name, func(t *testing.T) {
			closed := false
			conf := config(Service{
				Loops: []Runner{obedient, c.loop},
				Close: []Closer{{"store", func(context.Context) error { closed = true; return nil }}},
			})
			hear(t)
			err := Run(t.Context(), conf)
			if err == nil || err.Error() != c.says {
				t.Errorf("Run() = %v; want %s", err, c.says)
			}
			if !closed {
				t.Error("store was not closed")
			}
		})
	}
}

func TestOpenFails(t *testing.T) {
	hear(t)
	errNoSchema := errors.New("schema is newer than this program")
	closed := false
	c := config(Service{})
	c.Open = func(context.Context) (Service, error) {
		return Service{Close: []Closer{{"store", func(context.Context) error { closed = true; return nil }}}}, errNoSchema
	}
	if err := Run(t.Context(), c); !errors.Is(err, errNoSchema) {
		t.Errorf("Run() = %v; want %v", err, errNoSchema)
	}
	if !closed {
		t.Error("store that was opened before the failure was not closed")
	}
}

// While a daemon waits for its store it is alive and not ready, and it can be
// told to stop, which is no fault.
func TestStopWhileWaitingForAStore(t *testing.T) {
	hear(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := config(Service{})
	waiting, ended := make(chan struct{}), make(chan error, 1)
	c.Open = func(ctx context.Context) (Service, error) {
		return Await(ctx, "database", func(context.Context) (Service, error) {
			select {
			case <-waiting:
			default:
				close(waiting)
			}
			return Service{}, errRefused
		})
	}
	go func() { ended <- Run(ctx, c) }()
	<-waiting
	admin := "http://" + between(c.logs.(*syncBuffer).String(), `"admin listens","address":"`, `"`)
	if code, text := ask(t, http.MethodGet, admin+"/livez", ""); code != http.StatusOK {
		t.Errorf("livez = %d %s; want 200", code, text)
	}
	if code, text := ask(t, http.MethodGet, admin+"/readyz", ""); code != http.StatusServiceUnavailable || text != "not ready: starting" {
		t.Errorf("readyz = %d %s; want 503 not ready: starting", code, text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func TestAddressesThatAreTaken(t *testing.T) {
	hear(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, taken := range map[string]func(*Settings){
		"listen for gRPC":  func(s *Settings) { s.Listen = l.Addr().String() },
		"listen for admin": func(s *Settings) { s.Admin = l.Addr().String() },
	} {
		c := config(Service{})
		taken(&c.Settings)
		if err := Run(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("Run() = %v; want an error that begins with %s", err, name)
		}
	}
}
