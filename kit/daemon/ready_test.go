package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// A store that goes and comes back is noticed within seconds, and told once each
// time.
func TestReadinessFollowsTheStore(t *testing.T) {
	hear(t)
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		var told []bool
		p := &pulse{
			state: newState(), tell: func(serving bool) { told = append(told, serving) },
			ready: func(context.Context) error {
				if down.Load() {
					return errors.New("no connection")
				}
				return nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		for _, isDown := range []bool{false, true, false} {
			down.Store(isDown)
			time.Sleep(5 * ReadyEvery) // of the bubble's clock, as below: nobody sleeps
			if got := p.state.notReady(); (got != "") != isDown {
				t.Errorf("notReady() = %q while down = %v", got, isDown)
			}
		}
		cancel()
		<-done
		if want := []bool{true, false, true}; !slices.Equal(told, want) {
			t.Errorf("told %v; want %v", told, want)
		}
	})
}

// A store that hangs without heeding anything is not ready, and is not asked
// again and again.
func TestAStoreThatHangsIsNotReady(t *testing.T) {
	hear(t)
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		release := make(chan struct{})
		p := &pulse{
			state: newState(), tell: func(bool) {},
			ready: func(context.Context) error {
				if asked.Add(1) == 2 {
					<-release
				}
				return nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		time.Sleep(time.Minute) // many questions long, if it asked any
		if got := p.state.notReady(); got != "store does not answer in time" || asked.Load() != 2 {
			t.Errorf("notReady() = %q after %d questions; want that it does not answer, after 2", got, asked.Load())
		}
		close(release)
		time.Sleep(2 * ReadyEvery) // for the next question
		if got := p.state.notReady(); got != "" {
			t.Errorf("notReady() = %q after it came back; want ready", got)
		}
		cancel()
		<-done
	})
}

// The answers to orchestrators and to clients agree.
func TestReadinessIsServed(t *testing.T) {
	var down atomic.Bool
	u := run(t, config(Service{Ready: func(context.Context) error {
		if down.Load() {
			return errors.New("no connection")
		}
		return nil
	}}))
	if code, text := ask(t, http.MethodGet, "http://"+u.admin+"/readyz", ""); code != http.StatusOK || text != "ready" {
		t.Errorf("readyz = %d %s; want 200 ready", code, text)
	}
	down.Store(true)
	for u.health(t) != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Context() // until the next question, a second later at most
	}
	if code, text := ask(t, http.MethodGet, "http://"+u.admin+"/readyz", ""); code != http.StatusServiceUnavailable || text != "not ready: no connection" {
		t.Errorf("readyz = %d %s; want 503 not ready: no connection", code, text)
	}
	u.stop()
	if err := u.wait(t); err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
}

func TestAdminAnswers(t *testing.T) {
	hear(t)
	var level slog.LevelVar
	server := httptest.NewServer(adminHandler(newState(), &level, nil))
	defer server.Close()
	for _, c := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "/livez", "", 200, "alive"},
		{"GET", "/readyz", "", 503, "not ready: starting"},
		{"GET", "/metrics", "", 404, "OTEL_METRICS_EXPORTER=prometheus"},
		{"GET", "/loglevel", "", 200, "INFO"},
		{"PUT", "/loglevel", "debug\n", 200, "DEBUG"},
		{"GET", "/loglevel", "", 200, "DEBUG"},
		{"PUT", "/loglevel", "loud", 400, "loud"},
		{"POST", "/livez", "", 405, ""},
		{"GET", "/debug/pprof/", "", 200, "goroutine"},
		{"GET", "/debug/pprof/cmdline", "", 200, "daemon.test"},
		{"GET", "/elsewhere", "", 404, ""},
	} {
		if code, text := ask(t, c.method, server.URL+c.path, c.body); code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s %s = %d %s; want %d %s", c.method, c.path, code, text, c.code, c.says)
		}
	}
	if level.Level() != slog.LevelDebug {
		t.Errorf("level = %v; want DEBUG", level.Level())
	}
}
