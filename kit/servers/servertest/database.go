package servertest

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database creates an empty database for this test alone and returns its URL.
// It is dropped when the test ends, whoever is still connected.
func Database(t testing.TB) string {
	t.Helper()
	server := PostgresURL(t)
	name := "t_" + unique()
	mustExec(t, t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() {
		// The test's own context is done by now.
		mustExec(t, context.Background(), server, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("url.Parse(%q) = %v; want nil", server, err)
	}
	u.Path = "/" + name
	return u.String()
}

// mustExec runs one statement on a connection of its own.
func mustExec(t testing.TB, ctx context.Context, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("pgx.Connect(%q) = %v; want nil", server, err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatalf("Exec(%q) = %v; want nil", statement, err)
	}
}
