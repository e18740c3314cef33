//go:build linux

package process_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"orpheus.example/kit/servers/process"
)

// patience bounds every wait.
const patience = 10 * time.Second

// mustStart starts a shell with script. It returns the process and its log.
func mustStart(t *testing.T, script string) (*process.Process, string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	p, err := process.Start(process.Command{
		Path: "/bin/sh", Args: []string{"-c", script}, Dir: dir, Log: log, Env: []string{"PATH=/usr/bin:/bin"},
	})
	if err != nil {
		t.Fatalf("Start(%q) = %v; want nil", script, err)
	}
	t.Cleanup(func() { _ = p.Kill() })
	return p, log
}

// mustBeReady is mustStart for a script that says "ready" and goes on.
func mustBeReady(t *testing.T, script string) (*process.Process, string) {
	t.Helper()
	p, log := mustStart(t, script)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.Await(ctx, said(log, "ready")); err != nil {
		t.Fatalf("Await(ready) = %v; want nil", err)
	}
	return p, log
}

// said probes whether a log holds word.
func said(log, word string) func(context.Context) error {
	return func(context.Context) error {
		if text := process.Tail(log); !strings.Contains(text, word) {
			return errors.New("said only: " + text)
		}
		return nil
	}
}

func TestKillTakesTheChildren(t *testing.T) {
	t.Parallel()
	// The child leaves the group: only its parent tells whose it is.
	p, _ := mustBeReady(t, "setsid sleep 1000 & echo ready; wait")
	children := process.Descendants(p.ID().Pid)
	if len(children) != 1 {
		t.Fatalf("Descendants(p) = %v; want one", children)
	}
	if err := p.Kill(); err != nil {
		t.Errorf("Kill() = %v; want nil", err)
	}
	if _, err := process.Adopt(children[0], ""); !errors.Is(err, process.ErrGone) {
		t.Errorf("Adopt(child) after Kill = %v; want ErrGone", err)
	}
	if p.Alive() {
		t.Errorf("Alive() after Kill = true; want false")
	}
}

func TestStopLetsItFinish(t *testing.T) {
	t.Parallel()
	p, log := mustBeReady(t, "trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done")
	if err := p.Stop(t.Context(), syscall.SIGTERM); err != nil {
		t.Errorf("Stop() = %v; want nil", err)
	}
	if err := said(log, "bye")(t.Context()); err != nil {
		t.Errorf("log after Stop: %v; want bye", err)
	}
}

func TestStopKillsTheDeaf(t *testing.T) {
	t.Parallel()
	p, _ := mustBeReady(t, "trap '' TERM; echo ready; while :; do sleep 0.01; done")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx, syscall.SIGTERM); err != nil {
		t.Errorf("Stop() = %v; want nil", err)
	}
	if p.Alive() {
		t.Errorf("Alive() after Stop = true; want false")
	}
}

func TestAwaitTellsOfAnEarlyEnd(t *testing.T) {
	t.Parallel()
	p, _ := mustStart(t, "echo no such file; exit 3")
	notYet := errors.New("not yet")
	err := p.Await(t.Context(), func(context.Context) error { return notYet })
	if !errors.Is(err, notYet) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Await() = %v; want the probe's error and the end of the log", err)
	}
}

func TestAdoptKnowsABirth(t *testing.T) {
	t.Parallel()
	p, log := mustBeReady(t, "echo ready; sleep 1000")
	// The same number with another birth is another process.
	if _, err := process.Adopt(process.ID{Pid: p.ID().Pid, Born: p.ID().Born + 1}, log); !errors.Is(err, process.ErrGone) {
		t.Errorf("Adopt(another birth) = %v; want ErrGone", err)
	}
	adopted, err := process.Adopt(p.ID(), log)
	if err != nil {
		t.Fatalf("Adopt(%v) = %v; want nil", p.ID(), err)
	}
	if err := adopted.Kill(); err != nil {
		t.Errorf("Kill() = %v; want nil", err)
	}
	<-p.Done()
}

func TestStartRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	c := process.Command{Path: "/no/such/program", Log: filepath.Join(t.TempDir(), "log")}
	if _, err := process.Start(c); err == nil {
		t.Errorf("Start(%q) = nil; want an error", c.Path)
	}
}
