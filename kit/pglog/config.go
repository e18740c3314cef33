package pglog

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Config says where the log is. Only URL is required.
type Config struct {
	// URL is a connection string, "postgres://user:password@host/database" or
	// in libpq's key=value form. Session parameters in it win over those that
	// are set here.
	URL string

	// Name shows who is connected, in pg_stat_activity and in the server's log.
	// The default is "pglog".
	Name string

	// Connections is how many connections there may be for all but Append; the
	// default is 8. Append has one more to itself, so that it never waits for a
	// reader. (While broken ones are being closed there may be two or three.)
	Connections int32

	// Patience is how long a unit may wait for others that share its commit even
	// if there are few; see groupcommit.Start.
	Patience time.Duration

	// Traced has each statement traced, if its caller is, and the pools
	// measured, by the global OpenTelemetry providers.
	Traced bool

	// AllowLoss accepts a server that forgets acknowledged commits when it
	// crashes (fsync or synchronous_commit is off). It is for throw-away data.
	AllowLoss bool
}

const (
	defaultName        = "pglog"
	defaultConnections = 8

	// writerConnections leaves room for broken ones that are being closed,
	// which takes a server that does not answer up to 15 s.
	writerConnections = 4

	connectWithin = 5 * time.Second
)

// Session parameters, unless the URL has them. Times are in milliseconds.
var session = map[string]string{
	// How long a writer that was stopped in the middle can hold up the others.
	"idle_in_transaction_session_timeout": "2000",
	// A writer waits for other processes' writers, each of which is quick.
	"lock_timeout": "3000",
	// Nothing the log asks for takes long; this ends what nobody waits for.
	"statement_timeout": "15000",
	// Compiling costs more than any of these statements.
	"jit": "off",
}

// parse returns the configuration of the connections.
func (c Config) parse(dial dialFunc) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("parse url: %w", err) // pgx hides the password
	}
	conn := pool.ConnConfig
	conn.DialFunc = dial
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectWithin
	}
	if c.Name == "" {
		c.Name = defaultName
	}
	setDefault(conn, "application_name", c.Name)
	for name, value := range session {
		setDefault(conn, name, value)
	}
	if c.Traced {
		conn.Tracer = newTracer()
	}
	pool.MaxConns = c.Connections
	if pool.MaxConns == 0 {
		pool.MaxConns = defaultConnections
	}
	return pool, nil
}

// forWriter turns the configuration of a pool into that of Append.
func forWriter(pool *pgxpool.Config) *pgxpool.Config {
	w := pool.Copy()
	w.MaxConns = writerConnections
	maps.Copy(w.ConnConfig.RuntimeParams, writerSession)
	w.AfterConnect = knowColumns
	return w
}

// Session parameters of Append, whatever the URL has.
var writerSession = map[string]string{
	// Append looks things up by key only, one step down an index for each. Statistics
	// that lag behind a growing table must never lure it into reading the whole of
	// it, or of an index.
	"enable_seqscan":   "off",
	"enable_hashjoin":  "off",
	"enable_mergejoin": "off",
	// So there is one plan for each statement, and no need to make it again.
	"plan_cache_mode": "force_generic_plan",
	// Each statement is to see what was committed before it; see function store.
	"default_transaction_isolation": "read committed",
	"default_transaction_read_only": "off",
}

func setDefault(c *pgx.ConnConfig, name, value string) {
	if _, there := c.RuntimeParams[name]; !there {
		c.RuntimeParams[name] = value
	}
}

// oldestServer is PostgreSQL 13, the oldest that its makers still know.
const oldestServer = 130_000

// vet refuses a server that cannot keep what the log promises.
func (c Config) vet(ctx context.Context, pool *pgxpool.Pool) error {
	var version int
	var commit, fsync string
	const query = `SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'), current_setting('fsync')`
	if err := pool.QueryRow(ctx, query).Scan(&version, &commit, &fsync); err != nil {
		return err
	}
	switch {
	case version < oldestServer:
		return fmt.Errorf("%w: version %d, need %d or later", ErrUnfit, version, oldestServer)
	case c.AllowLoss:
		return nil
	case commit == "off":
		return fmt.Errorf("%w: synchronous_commit is off, so a crash loses what was acknowledged", ErrUnfit)
	case fsync == "off":
		return fmt.Errorf("%w: fsync is off, so a crash can ruin the database", ErrUnfit)
	}
	return nil
}
