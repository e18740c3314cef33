package servers_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// starterEnv makes the test program act as the victim of
// TestNothingOutlivesAKilledStarter.
const starterEnv = "ORPHEUS_STARTER"

// TestStarter is not a test: it is the program that is killed below. It starts
// both servers, pauses one, says where they are, and waits for its end.
func TestStarter(t *testing.T) {
	if os.Getenv(starterEnv) == "" {
		return // nothing to see: it is started by the test below
	}
	p, r := servertest.Postgres(t), servertest.Rabbit(t)
	if err := p.Pause(); err != nil {
		t.Fatalf("Pause() = %v; want nil", err)
	}
	os.Stdout.WriteString("started " + p.Addr() + " " + p.Dir() + " " + r.Addr() + " " + r.Dir() + "\n")
	select {}
}

// TestNothingOutlivesAKilledStarter kills a program that has started servers
// with -9, and waits until their ports and folders are free. One server is
// paused, so that it cannot even hear of it.
func TestNothingOutlivesAKilledStarter(t *testing.T) {
	t.Parallel()
	servertest.PostgresURL(t) // skips where servers cannot be had
	servertest.RabbitURL(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestStarter$", "-test.v")
	cmd.Env = append(os.Environ(), starterEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("StdoutPipe() = %v; want nil", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Start() = %v; want nil", err)
	}
	started := readStarted(t, bufio.NewScanner(out))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatalf("Kill() = %v; want nil", err)
	}
	_ = cmd.Wait() // it was killed, as its state will say
	for _, addr := range []string{started[0], started[2]} {
		eventually(t, addr+" is free", func() bool {
			l, err := net.Listen("tcp", addr)
			return err == nil && l.Close() == nil
		})
	}
	for _, dir := range []string{started[1], started[3]} {
		eventually(t, dir+" is gone", func() bool {
			_, err := os.Stat(dir)
			return os.IsNotExist(err)
		})
	}
}

// readStarted returns what TestStarter says of itself.
func readStarted(t *testing.T, lines *bufio.Scanner) []string {
	t.Helper()
	for lines.Scan() {
		if said, ok := strings.CutPrefix(lines.Text(), "started "); ok {
			return strings.Fields(said)
		}
	}
	t.Fatalf("TestStarter said nothing: %v", lines.Err())
	return nil
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond) // other programs end: only looking tells
	}
	t.Errorf("after 20 s: %s = false; want true", what)
}

func TestScratchIsOpenToAll(t *testing.T) {
	t.Parallel()
	dir, err := servers.Scratch()
	if err != nil {
		t.Fatalf("Scratch() = %v; want nil", err)
	}
	if err := servers.Reachable(dir + "/server"); err != nil {
		t.Errorf("Reachable(%q) = %v; want nil", dir, err)
	}
	if err := servers.Reachable(t.TempDir() + "/server"); err == nil {
		t.Errorf("Reachable(a private folder) = nil; want an error")
	}
}
