//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package membus

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile locks a file for as long as it is open, that is at most for the life
// of the process: kill -9 leaves no lock behind. It is not the journal itself,
// which is replaced now and then.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // whoever opens the broker says where
	if err != nil {
		return nil, fmt.Errorf("lock journal: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("lock journal %s, which another process may have: %w", path, err)
	}
	return file, nil
}

// unlock gives the lock up and closes the file. To close it is not enough: a
// program that another goroutine is just starting has a copy of it for a moment,
// and with that the lock.
func unlock(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}
