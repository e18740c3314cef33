package devstack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

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
	// A group of its own: what the terminal sends, it gets once, from us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
			// To the whole group. It may be gone already, which is what the
			// signal was for.
			number, _ := s.(syscall.Signal) // every signal is one, on unix
			_ = syscall.Kill(-cmd.Process.Pid, number)
		case err := <-ended:
			return exitCode(err)
		}
	}
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
