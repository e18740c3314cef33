package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoRoot says that no folder above the working one holds go.work.
var ErrNoRoot = errors.New("not inside the repository: no go.work in any folder above")

// Root finds the top of the repository, upwards from the working folder.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", ErrNoRoot
		}
	}
}

// Build builds the programs of daemons into the folder bin, one after the
// other: each build uses all processors anyway.
func Build(ctx context.Context, root, bin string, daemons []Daemon) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	for _, d := range daemons {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(bin, d.program()), d.Package) //nolint:gosec // our own packages
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOWORK=") // the root is a workspace, also for who tests a module alone
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", d.Package, err, text)
		}
	}
	return nil
}
