package pglog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"orpheus.example/kit/eventlog"
)

// Both ways to read follow an index and stop at the limit. Neither opens a
// transaction that outlasts it: a reader that is slow to handle what it has read
// keeps nothing back in the server, vacuum included. Kinds are looked up when the
// events are found, so that no plan begins with them.
const (
	selectAll = `
		SELECT ` + columns + ` FROM (` + selectRows + ` WHERE position > $1 ORDER BY position LIMIT $2) AS e
		JOIN kinds k ON k.number = e.kind ORDER BY e.position`
	selectRows = `
		SELECT position, stream, version, id, kind, recorded_at, correlation, causation, actor, trace, body
		FROM log`
	columns = `e.position, e.stream, e.version, e.id, k.type, k.schema, e.recorded_at, e.correlation, e.causation,
		k.actor || e.actor, e.trace, e.body`
)

// ReadStream returns up to limit events of a stream that follow version after.
func (l *Log) ReadStream(ctx context.Context, stream string, after int64, limit int) ([]eventlog.Record, error) {
	if err := fitName(stream); err != nil {
		return nil, fmt.Errorf("read stream: %w", err)
	}
	if limit <= 0 {
		return nil, nil
	}
	return l.gathering.ask(&asking{ctx: ctx, stream: stream, after: after, limit: limit})
}

// ReadAll returns up to limit events that follow position after. What this process
// has committed last comes from memory. It waits for nobody: what other transactions
// are doing, here or elsewhere on the server, does not hold it back.
func (l *Log) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	if fresh := l.tail.Read(after, limit); len(fresh) > 0 && ctx.Err() == nil && l.life.Err() == nil {
		return fresh, nil
	}
	known := l.notice.reach()
	records, err := l.readAll(ctx, after, limit)
	switch n := len(records); {
	case n > 0:
		l.notice.grew(records[n-1].Position)
	case err == nil && limit > 0 && known > after:
		l.notice.shrank(after)
	}
	return records, err
}

// Head returns the position of the last event.
func (l *Log) Head(ctx context.Context) (int64, error) {
	ctx, done := l.call(ctx)
	defer done()
	head, err := l.head(ctx)
	return head, l.explain(ctx, "read head", err)
}

// head asks the server, and remembers the answer for those who wait, and for
// those who want to know whether it can be asked.
func (l *Log) head(ctx context.Context) (head int64, err error) {
	var standby bool
	const query = "SELECT position, pg_is_in_recovery() FROM head WHERE one"
	if err := l.pool.QueryRow(ctx, query).Scan(&head, &standby); err != nil {
		return 0, err
	}
	l.notice.grew(head)
	if !standby {
		l.notice.vouch()
	}
	return head, nil
}

// readAll asks the server.
func (l *Log) readAll(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, done := l.call(ctx)
	defer done()
	rows, err := l.pool.Query(ctx, selectAll, after, limit)
	if err != nil {
		return nil, l.explain(ctx, "read log", err)
	}
	records, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (eventlog.Record, error) { return scanRecord(row) })
	return records, l.explain(ctx, "read log", err)
}

// scanRecord reads an event, and what stands before it.
func scanRecord(row pgx.CollectableRow, before ...any) (r eventlog.Record, err error) {
	var id pgtype.UUID
	var stream, correlation, causation, trace, body []byte
	err = row.Scan(append(before, &r.Position, &stream, &r.Version, &id, &r.Type, &r.Schema, &r.Time,
		&correlation, &causation, &r.Actor, &trace, &body)...)
	r.ID, r.Time = id.Bytes, r.Time.UTC()
	r.Stream, r.Causation, r.Trace = unpack(stream), unpackCause(causation), unpackTrace(trace)
	r.Correlation, r.Body = unpackCorrelation(correlation, r.Stream), unpackBody(body, r.Stream)
	return r, err
}
