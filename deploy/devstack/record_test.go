package devstack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"orpheus.example/kit/servers"
)

// TestPostgresLivesWhereItsUserCanEnter asks for the folder of PostgreSQL's
// data beside a stack that all can enter, and one that only its owner can, as
// under /root.
func TestPostgresLivesWhereItsUserCanEnter(t *testing.T) {
	t.Parallel()
	open, err := servers.Scratch()
	if err != nil {
		t.Fatalf("Scratch() = %v; want nil", err)
	}
	if got, want := postgresDir(open), filepath.Join(open, pgDir); got != want {
		t.Errorf("postgresDir(open) = %q; want %q", got, want)
	}
	closed := t.TempDir()
	got, beside := postgresDir(closed), filepath.Join(closed, pgDir)
	if os.Getuid() != 0 && got != beside {
		t.Errorf("postgresDir(ours) = %q; want %q", got, beside)
	}
	if os.Getuid() == 0 && !strings.HasPrefix(got, "/var/lib/postgresql/orpheus-") {
		t.Errorf("postgresDir(closed) of root = %q; want one in /var/lib/postgresql", got)
	}
}

func TestRecordIsForItsOwner(t *testing.T) {
	t.Parallel()
	s, err := prepare(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("prepare() = %v; want nil", err)
	}
	if err := s.write(); err != nil {
		t.Fatalf("write() = %v; want nil", err)
	}
	info, err := os.Stat(s.path(recordFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat(record) = %v, %v; want mode 0600", info, err)
	}
	again, err := readRecord(s.config.Dir)
	if err != nil || again.Passwords["order"] == "" || again.Passwords["order"] != s.record.Passwords["order"] {
		t.Errorf("readRecord() = %+v, %v; want the passwords of %+v", again, err, s.record)
	}
}

func TestBrokenRecordIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, recordFile), []byte("{"), 0o600); err != nil {
		t.Fatalf("WriteFile() = %v; want nil", err)
	}
	// To forget it would leave processes behind that nobody ends.
	if _, err := readRecord(dir); err == nil {
		t.Errorf("readRecord(half a record) = nil; want an error")
	}
}
