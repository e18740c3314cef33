package devstack

import (
	"context"
	"fmt"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Addr is where a daemon listens for its callers: gRPC, or HTTP for the
// sandbox.
func (s *Stack) Addr(name string) string { return addr(s.ports[name].main) }

// Admin is where a daemon listens for its operators.
func (s *Stack) Admin(name string) string { return addr(s.ports[name].admin) }

// SMTP is where the sandbox takes mail.
func (s *Stack) SMTP() string { return addr(s.ports[SandboxName].admin) }

// Sandbox is the URL of the sandbox.
func (s *Stack) Sandbox() string { return "http://" + s.Addr(SandboxName) }

// LogFile is the file to which a daemon says what it does.
func (s *Stack) LogFile(name string) string { return s.path(logDir, name+".log") }

// Names returns the names of all daemons.
func (s *Stack) Names() []string {
	var names []string
	for _, d := range s.config.Daemons {
		names = append(names, d.Name)
	}
	return names
}

// probe returns what tells whether d is ready.
func (s *Stack) probe(d Daemon) func(context.Context) error {
	if d.Name == SandboxName {
		return func(ctx context.Context) error { return probeHTTP(ctx, s.Sandbox()+"/healthz") }
	}
	return func(ctx context.Context) error { return probeHealth(ctx, s.Addr(d.Name)) }
}

// probeHTTP returns nil if url answers 200.
func probeHTTP(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody) //nolint:gosec // an address that we gave out
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // the status has said all
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}

// probeHealth returns nil if the gRPC server at target says that it serves.
func probeHealth(ctx context.Context, target string) error {
	c, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // the answer is here
	answer, err := grpc_health_v1.NewHealthClient(c).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("health of %s is %v", target, answer.GetStatus())
	}
	return nil
}
