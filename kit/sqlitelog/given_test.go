package sqlitelog_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/sqlitelog"
)

// patience is how long tests wait for what must happen.
const patience = 30 * time.Second

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// newPath returns the path of a log that is not there yet.
func newPath(t testing.TB) string {
	t.Helper()
	// The letters are those that a URI makes something of.
	return filepath.Join(t.TempDir(), "a log%20 #1?.db")
}

// mustOpen opens a log that ends with the test.
func mustOpen(t testing.TB, c sqlitelog.Config) *sqlitelog.Log {
	t.Helper()
	log, err := sqlitelog.Open(within(t, patience), c)
	if err != nil {
		t.Fatalf("Open(%+v) = %v; want nil", c, err)
	}
	t.Cleanup(func() { mustClose(t, log) })
	return log
}

func mustClose(t testing.TB, log *sqlitelog.Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Errorf("Close() = %v; want nil", err)
	}
}

// mustExec runs a statement on the log's own connections.
func mustExec(t testing.TB, log eventlog.Store, statement string, args ...any) {
	t.Helper()
	if _, err := log.DB().ExecContext(within(t, patience), statement, args...); err != nil {
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
