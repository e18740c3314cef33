package telemetry_test

import (
	"os"
	"os/exec"
	"testing"

	"orpheus.example/kit/telemetry"
)

// quietProcess marks a process of this test in which nothing is recorded from
// the start, as in a service without any OTEL_* variable.
const quietProcess = "TELEMETRY_TEST_QUIET"

// What the loops call costs no allocation when nothing is recorded. That can
// only be seen in a process of its own: OpenTelemetry is global, and here it is
// on.
func TestOffCostsNoAllocation(t *testing.T) {
	if os.Getenv(quietProcess) != "" {
		checkAllocations(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), quietProcess+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a quiet process: %v\n%s", err, out)
	}
}

func checkAllocations(t *testing.T) {
	ctx, h, created := t.Context(), hop(""), make([]string, 256)
	for name, call := range map[string]func(){
		"Start":       func() { _, end := telemetry.Start(ctx, "work"); end(nil) },
		"Create":      func() { _, end := telemetry.Create(ctx, "facts", h.Type); end(nil) },
		"Process":     func() { _, end := telemetry.Process(ctx, h); end(nil) },
		"Publish":     func() { _, end := telemetry.Publish(ctx, "facts", created); end(256, nil) },
		"Duplicate":   func() { telemetry.Duplicate(ctx, h.Type) },
		"Traceparent": func() { _ = telemetry.Traceparent(ctx) },
		"WithRemote":  func() { _ = telemetry.WithRemote(ctx, "") },
	} {
		if got := testing.AllocsPerRun(100, call); got != 0 {
			t.Errorf("%s allocates %v times; want 0", name, got)
		}
	}
}
