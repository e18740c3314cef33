package journal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
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
	if err := j.Write("bank", "one"); !errors.Is(err, ErrBroken) {
		t.Fatalf("Write to a file that cannot be written = %v; want %v", err, ErrBroken)
	}
	bad := j.file
	j.file = good // the disk is well again, the journal does not believe it
	if err := j.Write("bank", "two"); !errors.Is(err, ErrBroken) {
		t.Errorf("Write after a failure = %v; want %v", err, ErrBroken)
	}
	j.file = bad
}

// TestNobodySettlesAfterTheDiskHasFailed writes where nothing can be made durable:
// fsync of a pipe fails (fsync(2), EINVAL). All who wait are told, and all later.
func TestNobodySettlesAfterTheDiskHasFailed(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	j := in(w)
	defer func() { _ = j.Close() }()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := errors.Join(j.Write("bank", "one"), j.Settle()); !errors.Is(err, ErrBroken) {
				t.Errorf("Write and Settle = %v; want %v", err, ErrBroken)
			}
		})
	}
	all.Wait()
	if err := j.Settle(); !errors.Is(err, ErrBroken) {
		t.Errorf("Settle after a failure = %v; want %v", err, ErrBroken)
	}
}
