package pglog_test

import (
	"testing"
	"time"

	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// A log whose users can wait has each commit wait for others, also if none come.
func TestPatienceIsTheLogs(t *testing.T) {
	t.Parallel()
	const wait = 50 * time.Millisecond
	l := mustOpen(t, pglog.Config{URL: servertest.Database(t), Patience: wait})
	begun := time.Now()
	mustCommit(t, l, unit("order", 0))
	if took := time.Since(begun); took < wait {
		t.Errorf("Append() took %v; want %v at least", took, wait)
	}
}
