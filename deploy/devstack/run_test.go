package devstack

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"orpheus.example/kit/servers/servertest"
)

func TestCommandGetsServersAndReturnsItsCode(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	t.Setenv(servertest.RabbitEnv, servertest.RabbitURL(t))
	t.Setenv(servertest.PostgresEnv, servertest.PostgresURL(t))
	script := `test -n "$ORPHEUS_TEST_AMQP_URL" && test -n "$ORPHEUS_TEST_POSTGRES_URL" && test "$ORPHEUS_TEST_REQUIRE" = 1 && exit 7`
	code, err := Test(t.Context(), new(hearer).say, []string{"sh", "-c", script})
	if code != 7 || err != nil {
		t.Errorf("Test(exit 7) = %d, %v; want 7, nil", code, err)
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	t.Parallel()
	if code, err := run([]string{"/no/such/program"}, nil); code == 0 || err == nil {
		t.Errorf("run(nothing) = %d, %v; want a code and an error", code, err)
	}
}

func TestCommandEndedBySignal(t *testing.T) {
	t.Parallel()
	if code, err := run([]string{"sh", "-c", "kill -9 $$"}, nil); code != 128+9 || err != nil {
		t.Errorf("run(kill -9) = %d, %v; want %d, nil", code, err, 128+9)
	}
}

// TestSignalsReachTheCommand sends this program the signal that a terminal
// sends when it goes away. The command says what it got.
func TestSignalsReachTheCommand(t *testing.T) {
	// Not parallel: the signal goes to the whole program.
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	go func() {
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			if _, err := os.Stat(ready); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond) // another program: only looking tells
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
	}()
	script := "trap 'exit 5' HUP; touch " + ready + "; while :; do sleep 0.01; done"
	if code, err := run([]string{"sh", "-c", script}, os.Environ()); code != 5 || err != nil {
		t.Errorf("run(SIGHUP) = %d, %v; want 5, nil", code, err)
	}
}
