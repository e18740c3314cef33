package daemon

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testpb "github.com/grpc-ecosystem/go-grpc-middleware/v2/testing/testvalidate/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// A chronicle is what happened, in order.
type chronicle struct {
	mu   sync.Mutex
	what []string
}

func (c *chronicle) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.what = append(c.what, what)
}

func (c *chronicle) closer(name string) Closer {
	return Closer{name, func(context.Context) error { c.add("closed " + name); return nil }}
}

// call begins a call in a goroutine and returns how it ends.
func (u *under) call(t *testing.T) <-chan codes.Code {
	t.Helper()
	ended := make(chan codes.Code, 1)
	go func() {
		_, err := u.client().Send(context.Background(), &testpb.SendRequest{Message: "a@b.example"})
		ended <- status.Code(err)
	}()
	return ended
}

// watch opens a stream, waits for its first message, and returns how it ends.
func (u *under) watch(t *testing.T) <-chan codes.Code {
	t.Helper()
	stream, err := u.client().SendStream(context.Background(), &testpb.SendStreamRequest{Message: "a@b.example"})
	if err != nil {
		t.Fatalf("SendStream() = %v; want nil", err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatalf("Recv() = %v; want the first message", err)
	}
	ended := make(chan codes.Code, 1)
	go func() {
		_, err := stream.Recv()
		ended <- status.Code(err)
	}()
	return ended
}

// The order of the end: not serving while a call is still answered, then calls
// and streams, then loops, then stores.
func TestTheOrderOfTheEnd(t *testing.T) {
	var c chronicle
	begun, finish := make(chan struct{}), make(chan struct{})
	conf := config(Service{
		Register: func(g grpc.ServiceRegistrar) {
			testpb.RegisterTestValidateServiceServer(g, methods{send: func(context.Context) error {
				close(begun)
				<-finish
				c.add("call answered")
				return nil
			}})
		},
		Loops: []Runner{loopFunc(func(ctx context.Context) error { <-ctx.Done(); c.add("loop ended"); return nil })},
		Close: []Closer{c.closer("broker"), c.closer("database")},
	})
	conf.bounds.calls = 5 * time.Second
	conf.Settings.Drain = 50 * time.Millisecond
	u := run(t, conf)
	call, watch := u.call(t), u.watch(t)
	<-begun
	u.stop()
	seen := []healthpb.HealthCheckResponse_ServingStatus{u.health(t)}
	for seen[len(seen)-1] != healthpb.HealthCheckResponse_UNKNOWN {
		seen = append(seen, u.health(t)) // until it takes no more calls
	}
	if !slices.Contains(seen, healthpb.HealthCheckResponse_NOT_SERVING) {
		t.Errorf("health while draining = %v; want NOT_SERVING for a while", slices.Compact(seen))
	}
	close(finish)
	if err := u.wait(t); err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
	if c, w := <-call, <-watch; c != codes.OK || w != codes.Unavailable {
		t.Errorf("call, watch ended with %v, %v; want OK, Unavailable", c, w)
	}
	want := []string{"call answered", "loop ended", "closed broker", "closed database"}
	if diff := cmp.Diff(want, c.what); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// What hangs at the end is left behind, and what comes after it still happens.
func TestTheEndIsBounded(t *testing.T) {
	for name, hang := range map[string]func(*Service, <-chan struct{}){
		"loop": func(s *Service, release <-chan struct{}) {
			s.Loops = append(s.Loops, loopFunc(func(context.Context) error { <-release; return nil }))
		},
		"store": func(s *Service, release <-chan struct{}) {
			s.Close = slices.Insert(s.Close, 0,
				Closer{"broker", func(context.Context) error { <-release; return nil }})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var c chronicle
			release := make(chan struct{})
			defer close(release)
			s := Service{Close: []Closer{c.closer("database")}}
			hang(&s, release)
			u := run(t, config(s))
			u.stop()
			if err := u.wait(t); !errors.Is(err, errOverrun) {
				t.Errorf("Run() = %v; want %v", err, errOverrun)
			}
			if !slices.Contains(c.what, "closed database") {
				t.Error("database was not closed")
			}
			if !strings.Contains(u.logs.String(), "step of the end hangs") || !strings.Contains(u.logs.String(), "end_test.go") {
				t.Errorf("log does not say where it hangs:\n%s", u.logs)
			}
		})
	}
}

// A call that hangs is cut off. That is no fault of the daemon's.
func TestACallThatHangsIsCutOff(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	u := run(t, config(Service{Register: func(g grpc.ServiceRegistrar) {
		testpb.RegisterTestValidateServiceServer(g, methods{send: func(context.Context) error {
			close(begun)
			<-release
			return nil
		}})
	}}))
	call := u.call(t)
	<-begun
	u.stop()
	if err := u.wait(t); err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
	if got := <-call; got != codes.Unavailable {
		t.Errorf("call ended with %v; want Unavailable", got)
	}
	if !strings.Contains(u.logs.String(), "calls were cut off") {
		t.Errorf("log does not say so:\n%s", u.logs)
	}
}

// All errors of the end are told.
func TestStoresThatFailToClose(t *testing.T) {
	errDirty, errGone := errors.New("dirty"), errors.New("gone")
	u := run(t, config(Service{Close: []Closer{
		{"broker", func(context.Context) error { return errDirty }},
		{"database", func(context.Context) error { return errGone }},
	}}))
	u.stop()
	if err := u.wait(t); !errors.Is(err, errDirty) || !errors.Is(err, errGone) {
		t.Errorf("Run() = %v; want both errors", err)
	}
}

// The parts of the end do not add up to more than the whole.
func TestTheBoundsFit(t *testing.T) {
	t.Parallel()
	b := defaultBounds
	whole := maxDrain + b.calls + b.loops + b.close + b.flush
	const late = 5 // steps that each take a little longer to give up
	whole += late * heed
	if whole >= StopWithin {
		t.Errorf("steps of the end take %v; want less than %v", whole, StopWithin)
	}
}
