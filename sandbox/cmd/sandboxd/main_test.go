package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"orpheus.example/sandbox/internal/wiretest"
)

// asProgram, when set, makes the test binary be sandboxd itself, so that tests
// kill the real thing without building it twice.
const asProgram = "SANDBOXD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1",
		"ORPHEUS_SANDBOX_LISTEN=127.0.0.1:0", "ORPHEUS_SANDBOX_SMTP=127.0.0.1:0", "ORPHEUS_SANDBOX_SPEED=20")
	c.Stderr = os.Stderr
	return c
}

// start starts sandboxd and returns it once it says where it listens.
func start(t *testing.T, journal string) (*exec.Cmd, *wiretest.Caller) {
	t.Helper()
	c := command(t, "-journal", journal)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	text, err := lines.ReadBytes('\n')
	var line struct{ HTTP string }
	if err == nil {
		err = json.Unmarshal(text, &line)
	}
	if err != nil || line.HTTP == "" {
		t.Fatalf("first line of sandboxd = %q, %v; want its address", text, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the process
	return c, wiretest.New(line.HTTP)
}

// TestKillAndStop kills sandboxd with -9, starts it again on its journal, and
// stops it with SIGTERM while a call hangs.
func TestKillAndStop(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	const payment = `{"reference":"o","amount":5,"currency":"EUR","token":"tok_ok"}`
	first, c := start(t, journal)
	answer := c.Post(t, "/provider/authorizations", "k", payment)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed is what we asked for

	second, c := start(t, journal)
	if got := c.Post(t, "/provider/authorizations", "k", payment); got != answer || got.Status != 201 {
		t.Errorf("repeat after kill -9 = %+v; want %+v", got, answer)
	}
	hung := make(chan wiretest.Answer, 1)
	go func() {
		hung <- c.Post(t, "/provider/authorizations", "h", strings.ReplaceAll(payment, "tok_ok", "tok_hang"))
	}()
	select {
	case a := <-hung:
		t.Errorf("tok_hang = %s; want no end", a)
	case <-time.After(200 * time.Millisecond): // time for the call to be under way
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := second.Wait(); err != nil {
		t.Errorf("sandboxd after SIGTERM = %v; want exit code 0", err)
	}
	if took := time.Since(begin); took > wiretest.Patience {
		t.Errorf("sandboxd took %v to stop; want %v at most", took, wiretest.Patience)
	}
	if a := <-hung; !a.Lost {
		t.Errorf("the hanging call = %s; want it lost", a)
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	c := command(t, "--help")
	var out bytes.Buffer
	c.Stderr = &out
	if err := c.Run(); err != nil {
		t.Errorf("sandboxd --help = %v; want exit code 0", err)
	}
	for _, name := range []string{"LISTEN", "SMTP", "JOURNAL", "SPEED"} {
		if !strings.Contains(out.String(), "ORPHEUS_SANDBOX_"+name) {
			t.Errorf("sandboxd --help does not mention ORPHEUS_SANDBOX_%s:\n%s", name, &out)
		}
	}
}

func TestRefusesBadSettings(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-speed=0", "-speed=fast", "-speed=-1", "-listen=nowhere", "-smtp=nowhere", "-journal=/no/such/folder/journal"} {
		c := command(t, args)
		c.Stderr = io.Discard
		if err := c.Run(); c.ProcessState.ExitCode() == 0 {
			t.Errorf("sandboxd %s = %v; want it to refuse", args, err)
		}
	}
}
