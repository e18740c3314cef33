package demo_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"orpheus.example/onebox/demo"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// TestRun gives the tour, which checks all that it tells, and sees that it fits
// on a narrow terminal.
func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := demo.Run(t.Context(), &out, demo.Config{}); err != nil {
		t.Fatalf("Run() = %v; want nil\n%s", err, out.String())
	}
	for line := range strings.Lines(out.String()) {
		if n := len(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("a line of %d columns; want 80 at most: %s", n, line)
		}
	}
	t.Log("\n" + out.String())
}
