package pglog_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestLeasesEndWhileMuchWaits has a holder die while so much work waits that the agenda
// is not read as a whole each time. What it had comes up all the same, again and again.
func TestLeasesEndWhileMuchWaits(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	log, now := mustOpen(t, pglog.Config{URL: url}), time.Now()
	mustExec(t, mustConnect(t, url), `INSERT INTO due (id, at, tries, kind, stream, key, holder, trace)
		SELECT gen_random_uuid(), now() + interval '1 hour', 0, 'duty', 'waits', n, '', ''
		FROM generate_series(1, 20000) AS n`)
	key := eventlog.DueKey{Kind: eventlog.Duty, Stream: "left", Key: "k"}
	u := eventlog.Unit{Set: []eventlog.Due{{DueKey: key, At: now, Holder: "dies", Tries: 1}}}
	if err := try(within(t, patience), log, u); err != nil {
		t.Fatalf("Append(work that is claimed) = %v; want nil", err)
	}
	for tries := 2; tries < 4; tries++ {
		eventually(t, "a lease that has ended shows", func(ctx context.Context) error {
			at, ok, err := log.NextDue(ctx, eventlog.Duty)
			if err == nil && (!ok || at.After(now.Add(time.Minute))) {
				err = errors.New("it does not")
			}
			return err
		})
		eventually(t, "work whose lease has ended", func(ctx context.Context) error {
			due, err := log.Claim(ctx, eventlog.Duty, "h", now, -time.Second, 9)
			if err == nil && (len(due) != 1 || due[0].DueKey != key || due[0].Tries != tries) {
				err = errors.New("does not come up")
			}
			return err
		})
	}
}
