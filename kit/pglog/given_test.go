package pglog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
)

// patience is how long tests wait for what must happen.
const patience = 30 * time.Second

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// mustOpen opens a log that ends with the test.
func mustOpen(t testing.TB, c pglog.Config) *pglog.Log {
	t.Helper()
	log, err := pglog.Open(within(t, patience), c)
	if err != nil {
		t.Fatalf("Open(%+v) = %v; want nil", c, err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// mustConnect opens a connection besides the log, which ends with the test.
func mustConnect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(within(t, patience), url)
	if err != nil {
		t.Fatalf("Connect(%q) = %v; want nil", url, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func mustExec(t testing.TB, conn *pgx.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(within(t, patience), statement, args...); err != nil {
		t.Fatalf("Exec(%q) = %v; want nil", statement, err)
	}
}

// unit returns one that adds an event to a stream at a version, with a mark.
func unit(stream string, version int64) eventlog.Unit {
	name := fmt.Sprintf("%s/%d", stream, version+1)
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(name))
	return eventlog.Unit{
		Mark:   &eventlog.Mark{Consumer: "test", ID: id, Digest: 1},
		Expect: []eventlog.Expect{{Stream: stream, Version: version}},
		Events: []eventlog.Record{{
			Stream: stream, Version: version + 1, ID: id, Type: "test.v1.Happened", Schema: 1,
			Time: time.Unix(1_790_000_000, 0), Body: []byte(name),
		}},
	}
}

// try appends one unit and returns what became of it.
func try(ctx context.Context, log eventlog.Log, u eventlog.Unit) error {
	outcomes, err := log.Append(ctx, []eventlog.Unit{u})
	if err != nil {
		return err
	}
	return outcomes[0].Err
}

func mustCommit(t testing.TB, log eventlog.Log, u eventlog.Unit) {
	t.Helper()
	if err := try(within(t, patience), log, u); err != nil {
		t.Fatalf("Append(%s) = %v; want nil", u.Events[0].Body, err)
	}
}

// mustRead returns the bodies of all events, by position, and checks that
// positions have no gaps.
func mustRead(t testing.TB, log eventlog.Log) []string {
	t.Helper()
	var bodies []string
	for {
		page, err := log.ReadAll(within(t, patience), int64(len(bodies)), 1000)
		if err != nil {
			t.Fatalf("ReadAll(%d) = %v; want nil", len(bodies), err)
		}
		if len(page) == 0 {
			return bodies
		}
		for _, e := range page {
			bodies = append(bodies, string(e.Body))
			if e.Position != int64(len(bodies)) {
				t.Fatalf("%s is at position %d; want %d", e.Body, e.Position, len(bodies))
			}
		}
	}
}

// atOnce calls do for 0 to n-1, all at once, and returns their errors.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	return errs
}

// eventually calls f until it returns nil.
func eventually(t testing.TB, what string, f func(ctx context.Context) error) {
	t.Helper()
	ctx := within(t, patience)
	for {
		err := f(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s = %v for %v; want nil in the end", what, err, patience)
		case <-time.After(20 * time.Millisecond): // a probe in time, not a guess at it
		}
	}
}
