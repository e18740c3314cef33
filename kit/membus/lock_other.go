//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package membus

import (
	"fmt"
	"os"
)

// lockFile opens the file and locks nothing: here it is left to whoever starts
// the process that there is only one.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // whoever opens the broker says where
	if err != nil {
		return nil, fmt.Errorf("lock journal: %w", err)
	}
	return file, nil
}

func unlock(file *os.File) error { return file.Close() }
