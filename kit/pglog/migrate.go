package pglog

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date. Each migration is one transaction, so a
// crash leaves all of it or nothing. A database that is ahead, because a newer
// release has migrated it, is left as it is: migrations only add, until no
// release needs what they would remove.
func migrate(ctx context.Context, config *pgx.ConnConfig) error {
	config = config.Copy()
	for name := range session {
		delete(config.RuntimeParams, name) // a migration may take its time
	}
	db := stdlib.OpenDB(*config)
	defer func() { _ = db.Close() }() // what it would say has been said by Up
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err // unreachable: the folder is embedded
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(turn{}), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// turn lets replicas that start at once migrate one after the other. It waits
// in the server, where goose's own locker would look again every few seconds.
type turn struct{}

// turnKey is what replicas agree on. It means nothing.
const turnKey = 6_038_116_227

// SessionLock waits for the turn. A session that ends gives it back.
func (turn) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(turnKey))
	return err
}

// SessionUnlock gives the turn back.
func (turn) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(turnKey))
	return err
}
