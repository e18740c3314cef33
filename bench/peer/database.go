package peer

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// duplicateDatabase is what PostgreSQL says when there is one of that name.
const duplicateDatabase = "42P04"

// names are the five services.
var names = []string{"order", "payment", "inventory", "shipping", "notify"}

// database returns the name of a service's database.
func (c Config) database(service string) string { return c.Name + "_" + service }

// openDatabase connects to a service's own database, and makes it first if it is
// not there.
func openDatabase(ctx context.Context, c Config, service string) (*pgxpool.Pool, error) {
	name := c.database(service)
	if err := execute(ctx, c.PostgresURL, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		refused, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || refused.Code != duplicateDatabase {
			return nil, fmt.Errorf("make database %s: %w", name, err)
		}
	}
	settings, err := pgxpool.ParseConfig(c.PostgresURL)
	if err != nil {
		return nil, err
	}
	settings.ConnConfig.Database = name
	settings.MaxConns = int32(c.Connections) //nolint:gosec // a handful
	return pgxpool.NewWithConfig(ctx, settings)
}

// Drop drops the peer's databases. Queues and exchanges stay.
func Drop(ctx context.Context, c Config) error {
	c = c.withDefaults()
	var errs []error
	for _, service := range names {
		name := pgx.Identifier{c.database(service)}.Sanitize()
		errs = append(errs, execute(ctx, c.PostgresURL, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"))
	}
	return errors.Join(errs...)
}

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, url, statement string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
