package pglog_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestRestoredLogGoesOn moves a log to another database, as after a disaster or
// to another server, and goes on reading and writing there.
func TestRestoredLogGoesOn(t *testing.T) {
	t.Parallel()
	from, to := servertest.Database(t), servertest.Database(t)
	ctx, log := within(t, patience), mustOpen(t, pglog.Config{URL: from})
	for version := range int64(3) {
		mustCommit(t, log, unit("a", version))
	}
	cursor, err := log.Lease(ctx, "reader", "h", 0, time.Hour)
	if err != nil {
		t.Fatalf("Lease(reader) = %v; want nil", err)
	}
	cursor.Position = 2
	if err := log.Advance(ctx, cursor); err != nil {
		t.Fatalf("Advance(%v) = %v; want nil", cursor, err)
	}
	restore(t, from, to)

	log = mustOpen(t, pglog.Config{URL: to})
	cursor, err = log.Lease(ctx, "reader", "h", 0, time.Hour)
	if err != nil || cursor.Position != 2 {
		t.Errorf("Lease(reader) = %v, %v; want position 2, nil", cursor, err)
	}
	if err := try(ctx, log, unit("a", 2)); !errors.Is(err, eventlog.ErrHandled) {
		t.Errorf("Append(a/3) = %v; want %v", err, eventlog.ErrHandled)
	}
	mustCommit(t, log, unit("a", 3))
	if got, want := mustRead(t, log), []string{"a/1", "a/2", "a/3", "a/4"}; !slices.Equal(got, want) {
		t.Errorf("log = %v; want %v", got, want)
	}
}

// restore copies a database by the usual tools.
func restore(t *testing.T, from, to string) {
	t.Helper()
	dump := mustRun(t, nil, "pg_dump", "--no-owner", "--dbname", from)
	mustRun(t, dump, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", to)
}

func mustRun(t *testing.T, in []byte, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(within(t, patience), mustFind(t, program), args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s = %v; want nil; it says:\n%s", program, err, errs.String())
	}
	return out.Bytes()
}

// mustFind returns the newest of the installed programs of that name. Debian's
// own, on the PATH, chooses a version by the local server it finds.
func mustFind(t *testing.T, program string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("LookPath(%s) = %v; want it installed, with the server", program, err)
	}
	return path
}
