//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package membus

import (
	"fmt"
	"os"
	"syscall"
)

// lockFile locks a file for as long as it is open, that is at most for the life
// of the process: kill -9 leaves no lock behind. It is not the journal itself,
// which is replaced now and then.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock journal: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a descriptor is small
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("lock journal %s, which another process may have: %w", path, err)
	}
	return file, nil
}
