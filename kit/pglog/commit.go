package pglog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// The statements of a transaction of Append, in their order. Each begins with a
// snapshot of its own: those after the lock see all that went before it.
const (
	begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`

	lockHead = `SELECT position FROM head WHERE one FOR UPDATE`

	// One step down an index for each stream, however long it is.
	readVersions = `
		SELECT e.stream, e.version, e.id FROM unnest($1::text[]) AS s (stream), LATERAL (
			SELECT stream, version, id FROM events WHERE stream = s.stream ORDER BY version DESC LIMIT 1) AS e`

	readMarks = `
		SELECT i.consumer, i.id, i.digest
		FROM unnest($1::text[], $2::uuid[]) AS m (consumer, id)
		JOIN inbox i ON i.id = m.id AND i.consumer = m.consumer`

	// COPY would be as fast, and would need a round trip of its own.
	//nolint:unqueryvet // the star stands for arrays that are listed beside it
	insertEvents = `
		INSERT INTO events (position, stream, version, id, type, schema, recorded_at,
			correlation, causation, actor, trace, body)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[],
			$7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[])`

	//nolint:unqueryvet // the star stands for arrays that are listed beside it
	insertMarks = `
		INSERT INTO inbox (consumer, id, digest) SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[])`

	clearDue = `
		DELETE FROM due d USING unnest($1::text[], $2::text[], $3::text[]) AS k (kind, stream, key)
		WHERE d.kind = k.kind AND d.stream = k.stream AND d.key = k.key`

	//nolint:unqueryvet // the star stands for arrays that are listed beside it
	setDue = `
		INSERT INTO due (kind, stream, key, at, tries, trace, holder)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[])
		ON CONFLICT (kind, stream, key) DO UPDATE
		SET at = excluded.at, tries = excluded.tries, trace = excluded.trace, holder = excluded.holder`

	moveHead = `UPDATE head SET position = $1 WHERE one`

	commit   = `COMMIT`
	rollback = `ROLLBACK`
)

// appendWithin is how long a transaction of Append may take, with waiting for
// other writers.
const appendWithin = 5 * time.Second

// commit has units admitted and commits those that are, in one transaction. The
// error is groupcommit.ErrRefused if the server was willing and the units were not fit;
// after any other, some may have been committed.
func (l *Log) commit(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, appendWithin)
	defer cancel()
	defer context.AfterFunc(l.life, cancel)()
	conn, err := l.writer.Acquire(ctx)
	if err != nil {
		return nil, l.explain(ctx, "append", err)
	}
	// A connection that is in the middle of a transaction here is thrown away
	// by its pool, and the transaction with it.
	defer conn.Release()
	outcomes, head, err := transact(ctx, conn, units)
	if err != nil && !conn.Conn().IsClosed() && !passes(err) {
		// The server still listens, and has not seen COMMIT: it executes nothing
		// of a batch that follows an error.
		err = fmt.Errorf("%w: %w", groupcommit.ErrRefused, err)
	}
	if err != nil {
		return nil, l.explain(ctx, "append", err)
	}
	l.notice.grew(head)
	return outcomes, nil
}

// transact does both round trips and returns the position that the log ends at.
// If nothing was admitted the second one only lets go of the lock.
func transact(ctx context.Context, conn *pgxpool.Conn, units []eventlog.Unit) ([]eventlog.Outcome, int64, error) {
	heads, err := lock(ctx, conn, units)
	if err != nil {
		return nil, 0, err
	}
	outcomes := eventlog.Admit(heads, units)
	w := newWriting(units, outcomes)
	if w.empty() {
		_, err := conn.Exec(ctx, rollback)
		return outcomes, heads.Position, err
	}
	return outcomes, heads.Position, w.write(ctx, conn, heads.Position)
}

// lock begins the transaction, gets the writers' lock, and reads what the units
// rest on: one round trip.
func lock(ctx context.Context, conn *pgxpool.Conn, units []eventlog.Unit) (*eventlog.Heads, error) {
	streams, marks := eventlog.Touched(units)
	h := &eventlog.Heads{
		Versions: make(map[string]int64, len(streams)), Last: make(map[string]uuid.UUID, len(streams)),
		Marks: make(map[eventlog.MarkKey]int64, len(marks)),
	}
	var batch pgx.Batch
	// What follows waits in the server until the lock is got: the client does
	// not come back in between, which would cost a round trip under the lock.
	batch.Queue(begin)
	batch.Queue(lockHead).QueryRow(func(row pgx.Row) error { return row.Scan(&h.Position) })
	if len(streams) > 0 {
		batch.Queue(readVersions, streams).Query(func(rows pgx.Rows) error { return scanVersions(rows, h) })
	}
	if len(marks) > 0 {
		m := columnsOf(marks)
		batch.Queue(readMarks, m.consumer, m.id).Query(func(rows pgx.Rows) error { return scanMarks(rows, h.Marks) })
	}
	return h, conn.SendBatch(ctx, &batch).Close()
}

func scanVersions(rows pgx.Rows, h *eventlog.Heads) error {
	for rows.Next() {
		var stream string
		var version int64
		var id pgtype.UUID
		if err := rows.Scan(&stream, &version, &id); err != nil {
			return err
		}
		h.Versions[stream], h.Last[stream] = version, id.Bytes
	}
	return rows.Err()
}

func scanMarks(rows pgx.Rows, marks map[eventlog.MarkKey]int64) error {
	for rows.Next() {
		var consumer string
		var id pgtype.UUID
		var digest int64
		if err := rows.Scan(&consumer, &id, &digest); err != nil {
			return err
		}
		marks[eventlog.MarkKey{Consumer: consumer, ID: id.Bytes}] = digest
	}
	return rows.Err()
}

// write writes what was admitted and commits it: one round trip. It cannot meet
// a duplicate, since nobody else writes while the lock is held; if it does, the
// tables were changed by hand, and the server's refusal is right.
func (w *writing) write(ctx context.Context, conn *pgxpool.Conn, head int64) error {
	var batch pgx.Batch
	if e := &w.events; len(e.position) > 0 {
		batch.Queue(insertEvents, e.position, e.stream, e.version, e.id, e.kind, e.schema, e.time,
			e.correlation, e.causation, e.actor, e.trace, e.body)
		batch.Queue(moveHead, head)
	}
	if m := &w.marks; len(m.id) > 0 {
		batch.Queue(insertMarks, m.consumer, m.id, m.digest)
	}
	if c := &w.clear; len(c.kind) > 0 {
		batch.Queue(clearDue, c.kind, c.stream, c.key)
	}
	if s := &w.set; len(s.kind) > 0 {
		batch.Queue(setDue, s.kind, s.stream, s.key, s.at, s.tries, s.trace, s.holder)
	}
	batch.Queue(commit)
	return conn.SendBatch(ctx, &batch).Close()
}
