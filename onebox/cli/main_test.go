package cli_test

import (
	"log/slog"
	"os"
	"testing"
)

// TestMain keeps the services quiet: they log to the process's logger.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}
