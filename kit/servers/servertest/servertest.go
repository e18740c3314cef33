// Package servertest gives tests real PostgreSQL and RabbitMQ servers.
//
// Where they come from: the environment first (ORPHEUS_TEST_POSTGRES_URL,
// ORPHEUS_TEST_AMQP_URL), else a private instance of the installed programs,
// one for all tests of a test program, which ends with it. If there is
// neither, the test is skipped, loudly; with ORPHEUS_TEST_REQUIRE=1, which
// make test sets, it fails.
//
// Servers are shared, so tests keep apart by names: each takes a Database of
// its own, and a Prefix for its exchanges and queues. A test that kills,
// pauses or wipes a server takes one for itself, Postgres or Rabbit, which
// needs the installed programs.
package servertest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
)

// The environment that package servertest reads.
const (
	PostgresEnv = "ORPHEUS_TEST_POSTGRES_URL" // a superuser, or one that may create databases
	RabbitEnv   = "ORPHEUS_TEST_AMQP_URL"     // a user with all rights
	RequireEnv  = "ORPHEUS_TEST_REQUIRE"      // 1: a missing server is a failure
)

// patience bounds how long a server may take to start.
const patience = 90 * time.Second

// The servers that all tests of this program share. They are started by the
// first who asks and never stopped: they die with the program.
var (
	sharedPostgres = sync.OnceValues(func() (*servers.Postgres, error) { return start(servers.StartPostgres) })
	sharedRabbit   = sync.OnceValues(func() (*servers.Rabbit, error) { return start(servers.StartRabbit) })
)

// start starts a server in a scratch folder.
func start[S any](with func(context.Context, servers.Config) (S, error)) (S, error) {
	dir, err := servers.Scratch()
	if err != nil {
		var none S
		return none, err
	}
	// Not the test's context: the server outlives the test that starts it.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return with(ctx, servers.Config{Dir: dir})
}

// PostgresURL returns where a PostgreSQL server answers to a superuser.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	if u := os.Getenv(PostgresEnv); u != "" {
		return u
	}
	p, err := sharedPostgres()
	mustHave(tb, PostgresEnv, err)
	return p.URL()
}

// RabbitURL returns where a RabbitMQ broker answers to a user with all rights.
func RabbitURL(tb testing.TB) string {
	tb.Helper()
	if u := os.Getenv(RabbitEnv); u != "" {
		return u
	}
	r, err := sharedRabbit()
	mustHave(tb, RabbitEnv, err)
	return r.URL()
}

// Postgres starts a server for this test alone, to do with as it pleases.
func Postgres(tb testing.TB) *servers.Postgres {
	tb.Helper()
	p, err := start(servers.StartPostgres)
	mustHave(tb, "", err)
	tb.Cleanup(func() { end(tb, p) })
	return p
}

// Rabbit starts a broker for this test alone, to do with as it pleases.
func Rabbit(tb testing.TB) *servers.Rabbit {
	tb.Helper()
	r, err := start(servers.StartRabbit)
	mustHave(tb, "", err)
	tb.Cleanup(func() { end(tb, r) })
	return r
}

// end kills a server, and shows its log if the test has failed.
func end(tb testing.TB, s interface {
	Kill() error
	Log() string
}) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("the log of %s ends with:\n%s", s.Log(), process.Tail(s.Log()))
	}
	if err := s.Kill(); err != nil {
		tb.Errorf("Kill() = %v; want nil", err)
	}
}

// mustHave ends the test if a server could not be had: with a skip if it is
// not installed and nobody insists, else with a failure.
func mustHave(tb testing.TB, env string, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	advice := "`make test` installs or starts what is missing"
	if env != "" {
		advice += "; or set " + env
	}
	if errors.Is(err, servers.ErrMissing) && os.Getenv(RequireEnv) != "1" {
		tb.Skipf("SKIPPED, NOT TESTED: %v (%s)", err, advice)
	}
	tb.Fatalf("no server: %v (%s)", err, advice)
}

// Prefix returns a name that no other test has, for exchanges and queues on a
// shared broker. It holds lower-case letters, digits and dots and ends with a
// dot.
func Prefix(tb testing.TB) string {
	tb.Helper()
	return "t." + unique() + "."
}

// unique returns a short random word.
func unique() string { return strings.ToLower(rand.Text()[:12]) }
