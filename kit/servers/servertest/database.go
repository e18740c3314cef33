package servertest

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database creates an empty database for this test alone and returns its URL.
// It is dropped when the test ends, whoever is still connected.
func Database(tb testing.TB) string {
	tb.Helper()
	server := PostgresURL(tb)
	name := "t_" + unique()
	mustExec(tb.Context(), tb, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	tb.Cleanup(func() {
		// The test's own context is done by now.
		mustExec(context.Background(), tb, server, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("url.Parse(%q) = %v; want nil", server, err)
	}
	u.Path = "/" + name
	return u.String()
}

// mustExec runs one statement on a connection of its own.
func mustExec(ctx context.Context, tb testing.TB, server, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		tb.Fatalf("pgx.Connect(%q) = %v; want nil", server, err)
	}
	defer func() { _ = c.Close(ctx) }() // the statement was answered
	if _, err := c.Exec(ctx, statement); err != nil {
		tb.Fatalf("Exec(%q) = %v; want nil", statement, err)
	}
}
