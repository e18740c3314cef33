package pglog

import (
	"context"
	"encoding/binary"
	"fmt"

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
		SELECT e.stream, e.version, e.id FROM unnest($1::bytea[]) AS s (stream), LATERAL (
			SELECT stream, version, id FROM log WHERE stream = s.stream ORDER BY version DESC LIMIT 1) AS e`

	// Marks are in one of two places, of which each has a key.
	readMarks = `
		SELECT m.consumer, m.id, coalesce(
			(SELECT int8send(i.digest) FROM inbox i WHERE i.id = m.id AND i.consumer = m.consumer),
			(SELECT substr(e.causation, 2, 8) FROM log e WHERE e.causation >= '\xff'
				AND substr(e.causation, 10) = uuid_send(m.id) || convert_to(m.consumer, 'UTF8')))
		FROM unnest($1::text[], $2::uuid[]) AS m (consumer, id)`

	// All that is written goes into one call, whose arguments are all there before
	// it begins; see migrations/00004_lean.sql.
	store = `
		SELECT store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
			$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)`

	commit   = `COMMIT`
	rollback = `ROLLBACK`
)

// commit has units admitted and commits those that are, in one transaction. The
// error is groupcommit.ErrRefused if the server was willing and the units were not fit;
// after any other, some may have been committed.
func (l *Log) commit(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	if err := fit(units); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	ctx, done := l.call(ctx)
	defer done()
	conn, err := l.writer.Acquire(ctx)
	if err != nil {
		return nil, l.explain(ctx, "append", err)
	}
	// A connection that is in the middle of a transaction here is thrown away
	// by its pool, and the transaction with it.
	defer conn.Release()
	outcomes, head, err := l.transact(ctx, conn, units)
	if err != nil && !conn.Conn().IsClosed() && !passes(err) {
		// The server still listens, and has not seen COMMIT: it executes nothing
		// of a batch that follows an error.
		err = fmt.Errorf("%w: %w", groupcommit.ErrRefused, err)
	}
	if err != nil {
		l.tail.Forget() // who knows what the next server has
		return nil, l.explain(ctx, "append", err)
	}
	l.tail.Add(outcomes) // before anybody is told that there is something to read
	l.notice.grew(head)
	return outcomes, nil
}

// carefully reads what the units rest on before it writes: two round trips, both
// under the writers' lock. It returns the position that the log ends at. If
// nothing was admitted the second one only lets go of the lock.
func carefully(ctx context.Context, conn *pgxpool.Conn, w *writing, units []eventlog.Unit) ([]eventlog.Outcome, int64, error) {
	heads, err := lock(ctx, conn, units)
	if err != nil {
		return nil, 0, err
	}
	outcomes := eventlog.Admit(heads, units)
	w.gather(units, outcomes)
	w.set.doubt()
	if w.empty() {
		_, err := conn.Exec(ctx, rollback)
		return outcomes, heads.Position, err
	}
	// It cannot meet a duplicate, since nobody else writes while the lock is held;
	// if it does, the tables were changed by hand, and the server's refusal is
	// right.
	var batch pgx.Batch
	batch.Queue(store, w.arguments()...)
	batch.Queue(commit)
	return outcomes, heads.Position, conn.SendBatch(ctx, &batch).Close()
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
		batch.Queue(readVersions, packAll(streams).argument()).Query(func(rows pgx.Rows) error { return scanVersions(rows, h) })
	}
	if len(marks) > 0 {
		m := columnsOf(marks)
		batch.Queue(readMarks, m.consumer.argument(), m.id.argument()).Query(func(rows pgx.Rows) error { return scanMarks(rows, h.Marks) })
	}
	return h, conn.SendBatch(ctx, &batch).Close()
}

func scanVersions(rows pgx.Rows, h *eventlog.Heads) error {
	for rows.Next() {
		var packed []byte
		var version int64
		var id pgtype.UUID
		if err := rows.Scan(&packed, &version, &id); err != nil {
			return err
		}
		stream := unpack(packed)
		h.Versions[stream], h.Last[stream] = version, id.Bytes
	}
	return rows.Err()
}

func scanMarks(rows pgx.Rows, marks map[eventlog.MarkKey]int64) error {
	for rows.Next() {
		var consumer string
		var id pgtype.UUID
		var digest []byte
		if err := rows.Scan(&consumer, &id, &digest); err != nil {
			return err
		}
		if digest != nil { // it is there
			marks[eventlog.MarkKey{Consumer: consumer, ID: id.Bytes}] = int64(binary.BigEndian.Uint64(digest)) //nolint:gosec // so it was written
		}
	}
	return rows.Err()
}
