package servertest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/servers/servertest"
)

// mustConnect opens a connection that ends with the test.
func mustConnect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("pgx.Connect(%q) = %v; want nil", url, err)
	}
	return c
}

func TestDatabaseIsForOneTest(t *testing.T) {
	t.Parallel()
	a, b := servertest.Database(t), servertest.Database(t)
	if a == b {
		t.Fatalf("Database(t) = %q twice; want two", a)
	}
	for _, url := range []string{a, b} {
		// The second would fail if it were the same database.
		if _, err := mustConnect(t, url).Exec(t.Context(), "CREATE TABLE mine (n int)"); err != nil {
			t.Errorf("CREATE TABLE in %q = %v; want nil", url, err)
		}
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("use", func(t *testing.T) {
		url = servertest.Database(t)
		mustConnect(t, url) // stays open: even that does not keep it
	})
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Errorf("Connect(%q) after its test = nil; want an error", url)
	}
}

func TestSharedBrokerServes(t *testing.T) {
	t.Parallel()
	url := servertest.RabbitURL(t)
	if again := servertest.RabbitURL(t); again != url {
		t.Errorf("RabbitURL(t) = %q, then %q; want one for all", url, again)
	}
	c, err := amqp.Dial(url)
	if err != nil {
		t.Fatalf("Dial(%q) = %v; want nil", url, err)
	}
	defer c.Close()
}

func TestEnvironmentComesFirst(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	t.Setenv(servertest.PostgresEnv, "postgres://elsewhere/db")
	t.Setenv(servertest.RabbitEnv, "amqp://elsewhere/")
	if got, want := servertest.PostgresURL(t), "postgres://elsewhere/db"; got != want {
		t.Errorf("PostgresURL(t) = %q; want %q", got, want)
	}
	if got, want := servertest.RabbitURL(t), "amqp://elsewhere/"; got != want {
		t.Errorf("RabbitURL(t) = %q; want %q", got, want)
	}
}
