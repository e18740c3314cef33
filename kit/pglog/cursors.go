package pglog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/eventlog"
)

// Time is that of the server at the moment in which the row is locked, not that
// at which the transaction began.
const (
	renewLease = `
		UPDATE cursors SET until = clock_timestamp() + $4 * interval '1 microsecond'
		WHERE name = $1 AND holder = $2 AND term = $3
		RETURNING position`

	// An old life of the same holder is told apart by its term, unless it
	// admits to having forgotten it.
	takeLease = `
		INSERT INTO cursors AS c (name, position, holder, term, until)
		VALUES ($1, 0, $2, 1, clock_timestamp() + $4 * interval '1 microsecond')
		ON CONFLICT (name) DO UPDATE
		SET holder = excluded.holder, term = c.term + 1, until = clock_timestamp() + $4 * interval '1 microsecond'
		WHERE c.until <= clock_timestamp() OR (c.holder = $2 AND $3 = 0)
		RETURNING position, term`

	// Who moves it back has lost track, as after a lost answer. That does no
	// harm: it says again what it has said, until it is past this place.
	advance = `UPDATE cursors SET position = greatest(position, $3) WHERE name = $1 AND term = $2`

	yield = `UPDATE cursors SET holder = '', until = '-infinity' WHERE name = $1 AND term = $2`

	// A view and its cursor are of one piece, so a view's cursor is not moved
	// back either: who tries does not know where it is.
	show = `UPDATE cursors SET position = $3 WHERE name = $1 AND term = $2 AND position <= $3`
)

// Lease takes or renews a cursor. A renewal that finds the cursor with another
// holder or another term goes on to take it, which only works if its lease has
// ended.
func (l *Log) Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (eventlog.Cursor, error) {
	ctx, done := l.call(ctx)
	defer done()
	c := eventlog.Cursor{Name: name, Term: term}
	err := pgx.ErrNoRows
	if term != 0 {
		c.Position, err = l.renew(ctx, name, holder, term, ttl)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = l.pool.QueryRow(ctx, takeLease, name, holder, term, ttl.Microseconds()).Scan(&c.Position, &c.Term)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = eventlog.ErrFenced
	}
	if err != nil {
		return eventlog.Cursor{}, l.explain(ctx, "lease "+name, err)
	}
	return c, nil
}

// renew moves the end of a lease. It does not wait for the disk: if the server
// crashes and forgets it, the lease ends earlier and somebody else takes over
// with a new term. (A take must not be forgotten, or a term would be given
// twice.)
func (l *Log) renew(ctx context.Context, name, holder string, term int64, ttl time.Duration) (position int64, err error) {
	var batch pgx.Batch
	batch.Queue(begin)
	batch.Queue("SET LOCAL synchronous_commit = off")
	batch.Queue(renewLease, name, holder, term, ttl.Microseconds()).QueryRow(func(row pgx.Row) error {
		err = row.Scan(&position)
		return nil // the batch goes on, to its COMMIT
	})
	batch.Queue(commit)
	if failed := l.pool.SendBatch(ctx, &batch).Close(); failed != nil {
		return 0, failed
	}
	return position, err
}

// Advance moves a cursor.
func (l *Log) Advance(ctx context.Context, c eventlog.Cursor) error {
	ctx, done := l.call(ctx)
	defer done()
	tag, err := l.pool.Exec(ctx, advance, c.Name, c.Term, c.Position)
	if err == nil && tag.RowsAffected() == 0 {
		err = eventlog.ErrFenced
	}
	return l.explain(ctx, "advance "+c.Name, err)
}

// Yield ends a lease. If it is somebody else's by now there is nothing to do.
func (l *Log) Yield(ctx context.Context, c eventlog.Cursor) error {
	ctx, done := l.call(ctx)
	defer done()
	_, err := l.pool.Exec(ctx, yield, c.Name, c.Term)
	return l.explain(ctx, "yield "+c.Name, err)
}

// Where returns the position of a cursor.
func (l *Log) Where(ctx context.Context, name string) (position int64, err error) {
	ctx, done := l.call(ctx)
	defer done()
	err = l.pool.QueryRow(ctx, "SELECT position FROM cursors WHERE name = $1", name).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return position, l.explain(ctx, "find "+name, err)
}

// DB returns the database for views. Its connections are those of the log, with
// the same limits: a statement that takes 15 s, or a transaction that is left
// idle for 2 s, is ended by the server. One that was not answered for 4 s is cut off
// if a call of the log gets no answer, or no connection, within its 5 s.
func (l *Log) DB() *sql.DB { return l.db }

// Define runs statements that make tables, in one transaction. Replicas take
// turns: two that make the same table at once would fail, IF NOT EXISTS or not.
func (l *Log) Define(ctx context.Context, statements string) error {
	ctx, done := l.call(ctx)
	defer done()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return l.explain(ctx, "define", err)
	}
	defer tx.Rollback() //nolint:errcheck // either there is nothing left to undo, or the server does it
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(turnKey)); err != nil {
		return l.explain(ctx, "define", err)
	}
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return l.explain(ctx, "define", err)
	}
	return l.explain(ctx, "define", tx.Commit())
}

// Show lets change a view and moves c, in one transaction. The cursor comes
// first: its row stays locked, so that nobody takes it over in between.
//
// After any error but ErrFenced, the change may have been committed. Lease again
// to see how far the view has come.
func (l *Log) Show(ctx context.Context, c eventlog.Cursor, change func(*sql.Tx) error) error {
	ctx, done := l.call(ctx)
	defer done()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return l.explain(ctx, "show "+c.Name, err)
	}
	defer tx.Rollback() //nolint:errcheck // either there is nothing left to undo, or the server does it
	if err := move(ctx, tx, c); err != nil {
		return l.explain(ctx, "show "+c.Name, err)
	}
	if err := change(tx); err != nil {
		return fmt.Errorf("show %s: %w", c.Name, err)
	}
	return l.explain(ctx, "show "+c.Name, tx.Commit())
}

// move moves c and keeps its row locked until tx ends.
func move(ctx context.Context, tx *sql.Tx, c eventlog.Cursor) error {
	moved, err := tx.ExecContext(ctx, show, c.Name, c.Term, c.Position)
	if err != nil {
		return err
	}
	if n, err := moved.RowsAffected(); err != nil || n == 0 {
		return errors.Join(eventlog.ErrFenced, err)
	}
	return nil
}
