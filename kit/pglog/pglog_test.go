package pglog_test

import (
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/logtest"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// mustOpen opens a log that ends with the test.
func mustOpen(t testing.TB, c pglog.Config) *pglog.Log {
	t.Helper()
	log, err := pglog.Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open(%+v) = %v; want nil", c, err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func TestLaws(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		// Few connections each: the laws run side by side.
		c := pglog.Config{URL: servertest.Database(t), Connections: 2}
		return logtest.Opened{
			Store:   mustOpen(t, c),
			Another: func(t *testing.T) eventlog.Store { return mustOpen(t, c) },
		}
	})
}
