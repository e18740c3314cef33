package daemon

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// childEnv makes the test binary a daemon of some kind.
const childEnv = "DAEMON_TEST_CHILD"

// child is the main function of that daemon.
func child(kind string) {
	Main(func(ctx context.Context) error {
		settings := Settings{Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", DatabaseURL: "x", AMQPURL: "x", Partitions: 1}
		switch kind {
		case "parses":
			return Parse(&settings)
		case "hangs":
			os.Stderr.WriteString("started\n")
			select {} // heeds nothing
		}
		if err := settings.Complete(); err != nil {
			return err
		}
		return Run(ctx, childConfig(kind, settings))
	})
}

func childConfig(kind string, settings Settings) Config {
	c := config(Service{Loops: []Runner{obedient}})
	switch kind {
	case "loop hangs":
		c = config(Service{Loops: []Runner{loopFunc(func(context.Context) error { select {} })}})
	case "fails":
		c.Open = func(context.Context) (Service, error) { return Service{}, errRefused }
	}
	c.Settings, c.logs, c.bounds = settings, nil, bounds{}
	return c
}

// A process is a daemon in a process of its own.
type childProcess struct {
	*exec.Cmd
	log   *bufio.Reader
	begun time.Time
}

func startChild(t *testing.T, kind string, args ...string) *childProcess {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+kind)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatalf("StderrPipe() = %v; want nil", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Start() = %v; want nil", err)
	}
	return &childProcess{cmd, bufio.NewReader(pipe), time.Now()}
}

// until reads the log up to a line that holds text.
func (c *childProcess) until(t *testing.T, text string) {
	t.Helper()
	var seen bytes.Buffer
	for {
		line, err := c.log.ReadString('\n')
		seen.WriteString(line)
		switch {
		case strings.Contains(line, text):
			return
		case err != nil:
			t.Fatalf("log ended (%v) without %q:\n%s", err, text, &seen)
		}
	}
}

func (c *childProcess) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatalf("Signal(%v) = %v; want nil", s, err)
	}
}

// end waits for the process and returns its exit code and the rest of its log.
func (c *childProcess) end(t *testing.T) (code int, log string) {
	t.Helper()
	rest, err := io.ReadAll(c.log)
	if err != nil {
		t.Fatalf("read log: %v", err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("Wait() = %v; want nil or an exit code", err)
	}
	return c.ProcessState.ExitCode(), string(rest)
}

func TestSIGTERMEndsAProcessInOrder(t *testing.T) {
	t.Parallel()
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		c := startChild(t, "obeys")
		c.until(t, `"started"`)
		told := time.Now()
		c.signal(t, s)
		code, log := c.end(t)
		if took := time.Since(told); code != 0 || took > 3*time.Second {
			t.Errorf("after %v: exit code %d after %v; want 0 soon:\n%s", s, code, took, log)
		}
		if !strings.Contains(log, `"stopped"`) {
			t.Errorf("log lacks its end:\n%s", log)
		}
	}
}

// A loop that hangs costs its own time and no more.
func TestAProcessEndsThoughALoopHangs(t *testing.T) {
	t.Parallel()
	c := startChild(t, "loop hangs")
	c.until(t, `"started"`)
	told := time.Now()
	c.signal(t, syscall.SIGTERM)
	code, log := c.end(t)
	if took := time.Since(told); code != exitFault || took > StopWithin {
		t.Errorf("exit code %d after %v; want %d within %v", code, took, exitFault, StopWithin)
	}
	if !strings.Contains(log, "step of the end hangs") || !strings.Contains(log, "goroutine ") {
		t.Errorf("log does not say where it hangs:\n%s", log)
	}
}

func TestASecondSignalEndsAProcessAtOnce(t *testing.T) {
	t.Parallel()
	c := startChild(t, "hangs")
	c.until(t, "started")
	c.signal(t, syscall.SIGTERM)
	c.until(t, "told to stop")
	told := time.Now()
	c.signal(t, syscall.SIGTERM)
	code, log := c.end(t)
	if took := time.Since(told); code != exitFault || took > 2*time.Second {
		t.Errorf("exit code %d after %v; want %d at once:\n%s", code, took, exitFault, log)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		args []string
		code int
		says string
	}{
		"help":         {"parses", []string{"--help"}, 0, ""},
		"unknown_flag": {"parses", []string{"--color"}, exitUsage, "not defined: -color; see --help"},
		"fault":        {"fails", nil, exitFault, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, log := startChild(t, c.kind, c.args...).end(t)
			if code != c.code || !strings.Contains(log, c.says) {
				t.Errorf("exit code %d, log %q; want %d, %s", code, log, c.code, c.says)
			}
		})
	}
}

// Should even the bounded end not end, the process does.
func TestAProcessThatDoesNotStopIsEnded(t *testing.T) {
	log := hear(t)
	synctest.Test(t, func(t *testing.T) {
		signals, release := make(chan os.Signal, 2), make(chan struct{})
		var at time.Duration
		begun := time.Now()
		p := process{signals: signals, errors: io.Discard, exit: func(code int) {
			if code != exitFault {
				t.Errorf("exit code = %d; want %d", code, exitFault)
			}
			at = time.Since(begun)
			close(release)
		}}
		signals <- syscall.SIGTERM
		p.run(func(context.Context) error { <-release; return nil })
		if at != StopWithin {
			t.Errorf("exit after %v; want %v", at, StopWithin)
		}
	})
	if !strings.Contains(log.String(), "did not stop in time") || !strings.Contains(log.String(), "main_test.go") {
		t.Errorf("log does not say where it hangs:\n%s", log)
	}
}
