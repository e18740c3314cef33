// Package stacktest gives an end-to-end test the whole shop: real daemons,
// built from source, over a real broker and real databases, on free ports.
package stacktest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
	"orpheus.example/kit/servers/servertest"
)

// built is where the daemons of this source are, built once per test program.
var built = sync.OnceValues(func() (string, error) {
	root, err := devstack.Root()
	if err != nil {
		return "", err
	}
	bin, err := servers.Scratch()
	if err != nil {
		return "", err
	}
	// Not a test's context: the programs serve all tests.
	return bin, devstack.Build(context.Background(), root, bin, devstack.Daemons())
})

// Start starts a stack for this test alone and ends it with the test. If the
// test has failed by then, the end of every log is shown. Where the servers
// are not installed the test is skipped, or fails if ORPHEUS_TEST_REQUIRE is
// 1.
//
// Of config, Dir, Base, Detach and Bin need not be set; with Daemons, Bin is
// where they have been built.
func Start(tb testing.TB, config devstack.Config) *devstack.Stack {
	tb.Helper()
	if config.Bin == "" {
		bin, err := built()
		if err != nil {
			tb.Fatalf("build the daemons: %v", err)
		}
		config.Bin = bin
	}
	dir, err := servers.Scratch()
	if err != nil {
		tb.Fatalf("Scratch() = %v; want nil", err)
	}
	config.Dir, config.Say = dir, func(line string) { tb.Log(line) }
	s, err := devstack.Start(tb.Context(), config)
	if errors.Is(err, servers.ErrMissing) && os.Getenv(servertest.RequireEnv) != "1" {
		tb.Skipf("SKIPPED, NOT TESTED: %v (`make test` installs what is missing)", err)
	}
	if err != nil {
		tb.Fatalf("start the stack: %v", err)
	}
	tb.Cleanup(func() { end(tb, s) })
	return s
}

// end closes s, and shows its logs if the test has failed.
func end(tb testing.TB, s *devstack.Stack) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("Close() = %v; want nil", err)
	}
	if !tb.Failed() {
		return
	}
	for _, name := range s.Names() {
		tb.Logf("the log of %s ends with:\n%s", name, process.Tail(s.LogFile(name)))
	}
	tb.Logf("the log of PostgreSQL ends with:\n%s", process.Tail(s.Postgres.Log()))
	tb.Logf("the log of RabbitMQ ends with:\n%s", process.Tail(s.Rabbit.Log()))
}
