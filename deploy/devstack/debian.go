package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// policyFile is asked by Debian's packages whether they may start what they
// install (invoke-rc.d(8)); denied is its answer "no".
const (
	policyFile = "/usr/sbin/policy-rc.d"
	denied     = "#!/bin/sh\nexit 101\n"
)

// fromDebian installs the package, without letting it start its service, and
// then starts a private instance.
func fromDebian(ctx context.Context, k kind, say func(string)) (Provided, error) {
	if err := mayInstall(); err != nil {
		return Provided{}, err
	}
	say(k.name + ": installing Debian's package " + k.debian)
	if err := Install(ctx, k.debian); err != nil {
		return Provided{}, err
	}
	p, err := fromInstalled(ctx, k, say)
	if err != nil {
		return Provided{}, err
	}
	p.How = "a private instance of the package " + k.debian + ", which was installed for it"
	return p, nil
}

// mayInstall returns nil if we can install packages of Debian.
func mayInstall() error {
	if os.Getuid() != 0 {
		return fmt.Errorf("apt-get: %w: we are not root", errClosed)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("apt-get: %w: %w", errClosed, err)
	}
	return nil
}

// installMissing installs what a stack needs and this machine lacks.
func installMissing(ctx context.Context, say func(string)) error {
	for _, k := range kinds() {
		missing := k.has()
		if missing == nil {
			continue
		}
		if err := mayInstall(); err != nil {
			return errors.Join(missing, err)
		}
		say(k.name + ": installing Debian's package " + k.debian)
		if err := Install(ctx, k.debian); err != nil {
			return err
		}
	}
	return nil
}

// Install installs a package of Debian. Whatever of its service starts by it
// is stopped again.
func Install(ctx context.Context, pkg string) (err error) {
	restore, err := denyServices(policyFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	before := mappers()
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	if err := apt(ctx, "install", "-y", "--no-install-recommends", pkg); err != nil {
		return err
	}
	return endNewMappers(before)
}

// apt runs apt-get without questions.
func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...) //nolint:gosec // our own arguments
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return nil
}

// denyServices puts a policy at path that lets no service start, until restore
// is called. A policy that is there is put aside meanwhile.
func denyServices(path string) (restore func() error, err error) {
	aside := path + ".orpheus"
	err = os.Rename(path, aside)
	had := err == nil
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	restore = func() error {
		if had {
			return os.Rename(aside, path)
		}
		return os.Remove(path)
	}
	if err := os.WriteFile(path, []byte(denied), 0o755); err != nil { //nolint:gosec // a script
		return nil, errors.Join(err, restore())
	}
	return restore, nil
}

// mappers returns the numbers of all Erlang port mappers. RabbitMQ's package
// starts one while it is being installed, policy or not, as a side effect of
// running an Erlang program.
func mappers() map[int]bool {
	found := map[int]bool{}
	files, _ := filepath.Glob("/proc/[0-9]*/comm") // the only error is a bad pattern
	for _, f := range files {
		if name, err := os.ReadFile(f); err == nil && string(name) == "epmd\n" { //nolint:gosec // of /proc
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			found[pid] = true
		}
	}
	return found
}

// endNewMappers ends the system's port mappers that were not there before: the
// ones that run as the user of the package, as nobody's private one does.
func endNewMappers(before map[int]bool) error {
	for pid := range mappers() {
		if before[pid] || !daemonized(pid) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the port mapper %d: %w", pid, err)
		}
	}
	return nil
}

// daemonized reports whether a port mapper was started in the background, as
// Erlang programs do by themselves.
func daemonized(pid int) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.Contains(string(args), "-daemon")
}
