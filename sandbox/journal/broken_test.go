package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFirstFailureIsFinal swaps the file for one that cannot be written. It is
// in the package because no disk fails on request.
func TestFirstFailureIsFinal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	good := j.file
	defer func() { _ = good.Close() }()
	if j.file, err = os.Open(path); err != nil { // for reading only
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := j.Append("bank", "one"); !errors.Is(err, ErrBroken) {
		t.Fatalf("Append to a file that cannot be written = %v; want %v", err, ErrBroken)
	}
	bad := j.file
	j.file = good // the disk is well again, the journal does not believe it
	if err := j.Append("bank", "two"); !errors.Is(err, ErrBroken) {
		t.Errorf("Append after a failure = %v; want %v", err, ErrBroken)
	}
	j.file = bad
}
