package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse says that somebody else has the file open.
var ErrInUse = errors.New("log is open elsewhere")

// A guard holds the lock that says who may have a log open. The lock is that of
// a transaction on a database without content beside the log: SQLite knows how
// to lock a file on every system, between processes and within one, and the
// system lets go of it when the process ends.
type guard struct {
	db   *sql.DB
	conn *sql.Conn
}

// hold gets the lock for as long as the guard lives: alone, or with all others
// that share.
func hold(ctx context.Context, c Config) (*guard, error) {
	if c.Shared {
		// Reading is what gets a shared lock. There is nothing to be read.
		return lock(ctx, c, 0, "BEGIN", "SELECT count(*) FROM sqlite_schema")
	}
	return lock(ctx, c, 0, "BEGIN EXCLUSIVE")
}

// turn gets a lock that one at a time can have, besides those of hold.
func turn(ctx context.Context, c Config) (*guard, error) {
	return lock(ctx, c, busyWithin.Milliseconds(), "BEGIN IMMEDIATE")
}

// lock begins a transaction beside the log. SQLite is to wait for others for so
// many milliseconds; it does that by trying again.
func lock(ctx context.Context, c Config, wait int64, statements ...string) (*guard, error) {
	source := fileSource(c.Path+"-lock", url.Values{"_pragma": {
		pragma("busy_timeout", wait),
		pragma("journal_mode", "MEMORY"), // nothing is written, so nothing is to be undone
	}})
	db, err := sql.Open(sqliteDriver, source)
	if err != nil {
		return nil, err
	}
	g := &guard{db: db}
	if g.conn, err = db.Conn(ctx); err == nil {
		err = g.run(ctx, statements)
	}
	if err != nil {
		g.release()
	}
	switch {
	case codeOf(err) == sqlite3.SQLITE_BUSY:
		return nil, fmt.Errorf("%w: %w", ErrInUse, err)
	case err != nil:
		return nil, err
	}
	return g, nil
}

func (g *guard) run(ctx context.Context, statements []string) error {
	for _, s := range statements {
		if _, err := g.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// release lets go of the lock. Nothing is lost if it fails: the lock is gone
// either way.
func (g *guard) release() {
	if g == nil {
		return
	}
	if g.conn != nil {
		_ = g.conn.Close()
	}
	_ = g.db.Close()
}
