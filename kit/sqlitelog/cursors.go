package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"orpheus.example/kit/eventlog"
)

// Each is one statement, and sees the table as nobody else changes it.
const (
	renewLease = `
		UPDATE cursors SET until = $4 WHERE name = $1 AND holder = $2 AND term = $3
		RETURNING position, term`

	// An old life of the same holder is told apart by its term, unless it
	// admits to having forgotten it.
	takeLease = `
		INSERT INTO cursors AS c (name, position, holder, term, until) VALUES ($1, 0, $2, 1, $4)
		ON CONFLICT (name) DO UPDATE
		SET holder = excluded.holder, term = c.term + 1, until = excluded.until
		WHERE c.until <= $5 OR (c.holder = $2 AND $3 = 0)
		RETURNING position, term`

	// Who moves it back has lost track, as after a lost answer. That does no
	// harm: it says again what it has said, until it is past this place.
	advance = `UPDATE cursors SET position = max(position, $3) WHERE name = $1 AND term = $2`

	yield = `UPDATE cursors SET holder = '', until = $3 WHERE name = $1 AND term = $2`

	where = `SELECT coalesce(max(position), 0) FROM cursors WHERE name = $1`

	// A view and its cursor are of one piece, so a view's cursor is not moved
	// back either: who tries does not know where it is.
	show = `UPDATE cursors SET position = $3 WHERE name = $1 AND term = $2 AND position <= $3`
)

// Lease takes or renews a cursor, by the clock of the Config. A renewal that
// finds the cursor with another holder or another term goes on to take it, which
// only works if its lease has ended.
func (l *Log) Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (eventlog.Cursor, error) {
	ctx, done := l.call(ctx)
	defer done()
	c := eventlog.Cursor{Name: name}
	err := l.write(ctx, func(tx *sql.Tx) error {
		now := l.config.Now() // the lock is got, however long that took
		until := now.Add(ttl).UnixMicro()
		err := sql.ErrNoRows
		if term != 0 {
			err = tx.QueryRowContext(ctx, renewLease, name, holder, term, until).Scan(&c.Position, &c.Term)
		}
		if errors.Is(err, sql.ErrNoRows) {
			row := tx.QueryRowContext(ctx, takeLease, name, holder, term, until, now.UnixMicro())
			err = row.Scan(&c.Position, &c.Term)
		}
		if errors.Is(err, sql.ErrNoRows) {
			err = eventlog.ErrFenced
		}
		return err
	})
	if err != nil {
		return eventlog.Cursor{}, l.explain(ctx, "lease "+name, err)
	}
	return c, nil
}

// Advance moves a cursor.
func (l *Log) Advance(ctx context.Context, c eventlog.Cursor) error {
	ctx, done := l.call(ctx)
	defer done()
	moved, err := l.writer.ExecContext(ctx, advance, c.Name, c.Term, c.Position)
	return l.explain(ctx, "advance "+c.Name, fenced(moved, err))
}

// fenced returns ErrFenced if a statement found no cursor of its term.
func fenced(moved sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := moved.RowsAffected(); err != nil || n == 0 {
		return errors.Join(eventlog.ErrFenced, err)
	}
	return nil
}

// Where returns the position of a cursor, whoever has it.
func (l *Log) Where(ctx context.Context, name string) (position int64, err error) {
	ctx, done := l.call(ctx)
	defer done()
	err = l.reader.QueryRowContext(ctx, where, name).Scan(&position)
	return position, l.explain(ctx, "look at "+name, err)
}

// Yield ends a lease. If it is somebody else's by now there is nothing to do.
func (l *Log) Yield(ctx context.Context, c eventlog.Cursor) error {
	ctx, done := l.call(ctx)
	defer done()
	_, err := l.writer.ExecContext(ctx, yield, c.Name, c.Term, int64(math.MinInt64))
	return l.explain(ctx, "yield "+c.Name, err)
}

// DB returns the database for views. What writes through it should be short and
// rare: it does not queue with the other writers.
// Every transaction of it is one that writes.
func (l *Log) DB() *sql.DB { return l.reader }

// Define runs statements that make tables, in one transaction.
func (l *Log) Define(ctx context.Context, statements string) error {
	ctx, done := l.call(ctx)
	defer done()
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statements)
		return err
	})
	return l.explain(ctx, "define", err)
}

// Show lets change a view and moves c, in one transaction. Nobody else writes
// anything meanwhile, so change must be quick; and it must not call the Log.
//
// After any error but ErrFenced, the change may have been committed. Lease again
// to see how far the view has come.
func (l *Log) Show(ctx context.Context, c eventlog.Cursor, change func(*sql.Tx) error) error {
	ctx, done := l.call(ctx)
	defer done()
	var own error // of change, which needs no explanation
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := fenced(tx.ExecContext(ctx, show, c.Name, c.Term, c.Position)); err != nil {
			return err
		}
		own = change(tx)
		return own
	})
	if own != nil {
		return fmt.Errorf("show %s: %w", c.Name, own)
	}
	return l.explain(ctx, "show "+c.Name, err)
}
