package devstack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"orpheus.example/kit/servers/servertest"
)

// signals are passed on to a command that Run runs.
var signals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// Test runs a command with the servers that tests need, and ends them after
// it. It returns the command's exit code.
func Test(ctx context.Context, say func(string), command []string) (code int, err error) {
	// A signal before the command runs ends the preparation.
	ready, stop := signal.NotifyContext(ctx, signals...)
	all, err := Provide(ready, say)
	stop()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, End(all)) }()
	env := append(os.Environ(), servertest.RequireEnv+"=1")
	for _, p := range all {
		env = append(env, p.Env+"="+p.URL)
	}
	return run(command, env)
}

// run runs a command, passes signals on to it, and returns its exit code; that
// of a command which a signal ended is 128 and the signal, as in a shell.
func run(command, env []string) (int, error) {
	// The death signal of the command is tied to this thread (prctl(2)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // what the user typed; signals end it
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	// It stays in our group, or it could not read from the terminal.
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	bind(cmd.SysProcAttr)
	heard := make(chan os.Signal, len(signals))
	signal.Notify(heard, signals...)
	defer signal.Stop(heard)
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-heard:
			if !fromTerminal(s) {
				// It may be gone already, which is what the signal was for.
				_ = cmd.Process.Signal(s)
			}
		case err := <-ended:
			return exitCode(err)
		}
	}
}

// fromTerminal reports whether s was typed at the terminal (as far as one can
// tell), which has then sent it to our whole group, the command included.
func fromTerminal(s os.Signal) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }() // it was only asked something
	front, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && front == syscall.Getpgrp()
}

// exitCode reads the exit code out of the result of a command.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
