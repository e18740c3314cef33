package pglog_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestRefusedUnitHarmsOnlyItsCall sends units that the server refuses, each for
// another reason, in the middle of many that it does not.
func TestRefusedUnitHarmsOnlyItsCall(t *testing.T) {
	t.Parallel()
	long := unit(longName(), 0) // longer than an entry of an index may be
	text := unit("text", 0)
	text.Events[0].Actor = "nul \x00"
	work := unit("work", 0)
	work.Set = []eventlog.Due{{DueKey: eventlog.DueKey{Kind: "\xff"}}}
	bad := []eventlog.Unit{long, text, work}

	log, ctx := mustOpen(t, pglog.Config{URL: servertest.Database(t)}), within(t, patience)
	const calls = 100
	errs := atOnce(calls, func(i int) error {
		if i%10 == 0 {
			return try(ctx, log, bad[i/10%len(bad)])
		}
		return try(ctx, log, unit(fmt.Sprint("stream", i), 0))
	})
	for i, err := range errs {
		switch {
		case i%10 != 0 && err != nil:
			t.Errorf("Append(good unit %d) = %v; want nil", i, err)
		case i%10 == 0 && (err == nil || errors.Is(err, eventlog.ErrUnavailable)):
			t.Errorf("Append(bad unit %d) = %v; want an error that does not pass", i, err)
		}
	}
	if got := len(mustRead(t, log)); got != calls*9/10 {
		t.Errorf("log has %d events; want %d", got, calls*9/10)
	}
}

// longName returns a long name that does not compress.
func longName() string {
	var name strings.Builder
	for range 500 {
		name.WriteString(rand.Text())
	}
	return name.String()
}
