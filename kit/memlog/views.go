package memlog

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	_ "modernc.org/sqlite" // the driver that keeps views

	"orpheus.example/kit/eventlog"
)

// views are kept in a database that is made when somebody wants it.
type views struct {
	mu   sync.Mutex
	db   *sql.DB
	gone bool

	turn sync.Mutex // of Show: one after the other
}

// open returns the database. It has one connection, which holds the data.
func (v *views) open() *sql.DB {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			panic(err) // only for a driver that is not there
		}
		db.SetMaxOpenConns(1)
		if v.gone {
			_ = db.Close() // it has connected to nothing yet
		}
		v.db = db
	}
	return v.db
}

func (v *views) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone = true
	if v.db == nil {
		return nil
	}
	return v.db.Close()
}

// DB returns the database for views.
func (l *Log) DB() *sql.DB { return l.views.open() }

// Define runs statements that make tables. There is one connection, so whoever
// comes meanwhile waits.
func (l *Log) Define(ctx context.Context, statements string) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	if _, err := l.views.open().ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("define: %w", err)
	}
	return nil
}

// Show lets change a view and moves c. The log goes on meanwhile; whether c is
// the present one is asked when the change is committed, so that the two are of
// one piece. Change must not call DB: it has the only connection.
func (l *Log) Show(ctx context.Context, c eventlog.Cursor, change func(*sql.Tx) error) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	l.views.turn.Lock()
	defer l.views.turn.Unlock()
	tx, err := l.views.open().BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("show %s: %w", c.Name, err)
	}
	defer tx.Rollback() //nolint:errcheck // there is nothing left to undo, or it undoes itself
	if err := change(tx); err != nil {
		return fmt.Errorf("show %s: %w", c.Name, err)
	}
	return l.commitView(ctx, c, tx)
}

// commitView commits tx if c may be moved, while nobody else moves it. A view is
// not shown the past again, so its cursor is not moved back.
func (l *Log) commitView(ctx context.Context, c eventlog.Cursor, tx *sql.Tx) error {
	if err := l.enter(ctx, "show "+c.Name); err != nil {
		return err
	}
	defer l.mu.Unlock()
	known := l.held(c)
	if known == nil || known.Position > c.Position {
		return fmt.Errorf("show %s: %w", c.Name, eventlog.ErrFenced)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("show %s: %w", c.Name, err)
	}
	known.Position = c.Position
	return nil
}
