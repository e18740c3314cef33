package devstack_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// TestUpAndDown runs a detached stack through its life: up, up again, one
// part lost, down with everything, and up with the old data.
func TestUpAndDown(t *testing.T) {
	t.Parallel()
	servertest.PostgresURL(t) // skips where servers cannot be had
	servertest.RabbitURL(t)
	dir := scratch(t)
	up := func() bool {
		already, err := devstack.Up(t.Context(), mustRoot(t), devstack.Config{Dir: dir, Daemons: standIns(), Say: say(t)})
		if err != nil {
			t.Fatalf("Up(%q) = %v; want nil", dir, err)
		}
		return already
	}
	t.Cleanup(func() {
		if err := devstack.Wipe(context.Background(), dir, say(t)); err != nil {
			t.Errorf("Wipe(%q) = %v; want nil", dir, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Stat(%q) after Wipe = %v; want ErrNotExist", dir, err)
		}
	})
	if up() {
		t.Errorf("Up() for the first time = already up; want started")
	}
	checkUp(t, dir, true)
	if !up() {
		t.Errorf("Up() for the second time = started; want already up")
	}
	if err := devstack.Down(t.Context(), dir, say(t)); err != nil {
		t.Errorf("Down(%q) = %v; want nil", dir, err)
	}
	checkUp(t, dir, false)
	for _, name := range []string{"order", "sandbox"} {
		text, err := os.ReadFile(filepath.Join(dir, "log", name+".log"))
		if err != nil || !strings.Contains(string(text), "bye") {
			t.Errorf("log of %s = %q, %v; want its farewell", name, text, err)
		}
	}
	up()
	checkUp(t, dir, true)
}

// checkUp checks that all parts of the stack in dir are up, or all are down.
func checkUp(t *testing.T, dir string, want bool) {
	t.Helper()
	status, err := devstack.Look(dir)
	if err != nil || len(status.Parts) != 9 {
		t.Fatalf("Look(%q) = %v, %v; want 9 parts, nil", dir, status, err)
	}
	for _, p := range status.Parts {
		if p.Up != want {
			t.Errorf("%s is up = %v; want %v", p.Name, p.Up, want)
		}
	}
}

func TestUpRefusesATakenPort(t *testing.T) {
	t.Parallel()
	server, err := pgx.ParseConfig(servertest.PostgresURL(t))
	if err != nil {
		t.Fatalf("ParseConfig() = %v; want nil", err)
	}
	// PostgreSQL's port is where order would listen.
	config := devstack.Config{Dir: scratch(t), Base: int(server.Port) - 1, Daemons: standIns(), Say: say(t)}
	if _, err := devstack.Up(t.Context(), mustRoot(t), config); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("Up(a taken port) = %v; want an error that says so", err)
	}
}

func TestDownWhereNothingWas(t *testing.T) {
	t.Parallel()
	if err := devstack.Down(t.Context(), scratch(t), say(t)); err != nil {
		t.Errorf("Down(an empty folder) = %v; want nil", err)
	}
}

// scratch returns a folder that the user postgres can enter.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := servers.Scratch()
	if err != nil {
		t.Fatalf("Scratch() = %v; want nil", err)
	}
	return filepath.Join(dir, "run")
}

// mustRoot returns the root of the repository.
func mustRoot(t *testing.T) string {
	t.Helper()
	root, err := devstack.Root()
	if err != nil {
		t.Fatalf("Root() = %v; want nil", err)
	}
	return root
}

// say shows steps in the test's log.
func say(t *testing.T) func(string) {
	return func(line string) { t.Log(line) }
}
