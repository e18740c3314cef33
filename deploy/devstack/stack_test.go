package devstack_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"orpheus.example/deploy/devstack"
	"orpheus.example/deploy/devstack/stacktest"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
)

// standIns are the daemons of the shop with one small program in the place of
// each, so that these tests tell of devstack alone.
func standIns() []devstack.Daemon {
	daemons := devstack.Daemons()
	for i := range daemons {
		daemons[i].Package = "./deploy/devstack/testdata/standin"
	}
	return daemons
}

// built is where the stand-ins are.
var built = sync.OnceValues(func() (string, error) {
	root, err := devstack.Root()
	if err != nil {
		return "", err
	}
	bin, err := servers.Scratch()
	if err != nil {
		return "", err
	}
	return bin, devstack.Build(context.Background(), root, bin, standIns())
})

// mustBuild returns where the stand-ins are.
func mustBuild(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatalf("Build(standIns()) = %v; want nil", err)
	}
	return bin
}

// serving asks a daemon for its health.
func serving(ctx context.Context, addr string) error {
	c, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = grpc_health_v1.NewHealthClient(c).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return err
}

// TestStack starts everything once, because that takes seconds, and looks at
// it from several sides.
func TestStack(t *testing.T) {
	t.Parallel()
	replica := devstack.Daemon{Name: "order-2", Service: "order", Package: standIns()[0].Package, Idle: true}
	asked := map[string]int{} // stacks ask from one goroutine at a time
	s := stacktest.Start(t, devstack.Config{
		Bin: mustBuild(t), Daemons: append(standIns(), replica),
		Env: map[string][]string{"": {"GREETING=hello all"}, "payment": {"GREETING=hello payment"}},
		Via: func(daemon, url string) string { asked[daemon]++; return url },
	})
	t.Run("sandbox_answers", func(t *testing.T) {
		answer, err := http.Get(s.Sandbox() + "/healthz")
		if err != nil {
			t.Fatalf("Get(healthz) = %v; want nil", err)
		}
		defer answer.Body.Close()
	})
	t.Run("environment_of_one_wins_over_all", func(t *testing.T) {
		for name, want := range map[string]string{"order": "hello all", "payment": "hello payment"} {
			if got := process.Tail(s.LogFile(name)); !strings.Contains(got, want) {
				t.Errorf("log of %s = %q; want %q in it", name, got, want)
			}
		}
	})
	t.Run("servers_are_reached_as_the_caller_says", func(t *testing.T) {
		if asked["order"] != 2 || asked[devstack.SandboxName] != 0 {
			t.Errorf("Via was asked %v; want twice for each service, and never for the sandbox", asked)
		}
	})
	t.Run("idle_daemon_waits_to_be_started", func(t *testing.T) {
		if pid := s.Pid("order-2"); pid != 0 {
			t.Errorf("Pid(order-2) = %d; want 0", pid)
		}
		if err := s.Start(t.Context(), "order-2"); err != nil || s.Pid("order-2") == 0 {
			t.Errorf("Start(order-2) = %v, pid %d; want nil and a process", err, s.Pid("order-2"))
		}
	})
	t.Run("daemon_is_killed_and_started", func(t *testing.T) { testKillAndStart(t, s) })
	t.Run("daemon_hangs_while_paused", func(t *testing.T) { testPause(t, s) })
	t.Run("daemon_stops_in_good_order", func(t *testing.T) { testStop(t, s) })
	t.Run("role_enters_only_its_own_database", func(t *testing.T) { testWalls(t, s) })
	t.Run("stranger_has_no_name", func(t *testing.T) {
		if err := s.Kill("stranger"); !errors.Is(err, devstack.ErrUnknown) {
			t.Errorf("Kill(stranger) = %v; want ErrUnknown", err)
		}
	})
}

func testKillAndStart(t *testing.T, s *devstack.Stack) {
	before := s.Pid("order")
	if err := s.Launch("order"); !errors.Is(err, devstack.ErrRunning) {
		t.Errorf("Launch(order) of a running one = %v; want ErrRunning", err)
	}
	if err := s.Kill("order"); err != nil {
		t.Fatalf("Kill(order) = %v; want nil", err)
	}
	if err := serving(t.Context(), s.Addr("order")); err == nil {
		t.Errorf("health of a killed daemon = nil; want an error")
	}
	if err := s.Start(t.Context(), "order"); err != nil {
		t.Fatalf("Start(order) = %v; want nil", err)
	}
	if err := serving(t.Context(), s.Addr("order")); err != nil || s.Pid("order") == before {
		t.Errorf("health = %v, pid %d; want nil and not %d", err, s.Pid("order"), before)
	}
}

func testPause(t *testing.T, s *devstack.Stack) {
	if err := s.Pause("notify"); err != nil {
		t.Fatalf("Pause(notify) = %v; want nil", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := serving(ctx, s.Addr("notify")); err == nil {
		t.Errorf("health of a paused daemon = nil; want silence")
	}
	if err := s.Resume("notify"); err != nil {
		t.Fatalf("Resume(notify) = %v; want nil", err)
	}
	if err := serving(t.Context(), s.Addr("notify")); err != nil {
		t.Errorf("health after Resume = %v; want nil", err)
	}
}

func testStop(t *testing.T, s *devstack.Stack) {
	if took, err := s.Stop("shipping"); err != nil || took > 5*time.Second {
		t.Errorf("Stop(shipping) = %v, %v; want at once, nil", took, err)
	}
	if got := process.Tail(s.LogFile("shipping")); !strings.Contains(got, "bye") {
		t.Errorf("log of shipping = %q; want its farewell", got)
	}
}

// testWalls tries each role on each database.
func testWalls(t *testing.T, s *devstack.Stack) {
	services := []string{"order", "payment", "inventory", "shipping", "notify"}
	for _, role := range services {
		own, err := pgx.ParseConfig(s.DatabaseURL(role))
		if err != nil {
			t.Fatalf("ParseConfig(%s) = %v; want nil", role, err)
		}
		for _, database := range append(services, "postgres") {
			config := own.Copy()
			config.Database = database
			c, err := pgx.ConnectConfig(t.Context(), config)
			if (err == nil) != (role == database) {
				t.Errorf("%s connects to the database of %s: %v", role, database, err)
			}
			if err == nil {
				_ = c.Close(t.Context())
			}
		}
	}
}
