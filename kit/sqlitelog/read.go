package sqlitelog

import (
	"context"
	"database/sql"
	"time"

	"orpheus.example/kit/eventlog"
)

// Both ways to read follow an index and stop at the limit. Neither leaves a
// snapshot open, which would keep the WAL from being emptied.
const (
	selectRecords = `
		SELECT position, stream, version, id, type, schema, recorded_at, correlation, causation, actor, trace, body
		FROM events`
	selectStream = selectRecords + ` WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3`
	selectAll    = selectRecords + ` WHERE position > $1 ORDER BY position LIMIT $2`
	selectHead   = `SELECT coalesce(max(position), 0) FROM events`
)

// ReadStream returns up to limit events of a stream that follow version after.
func (l *Log) ReadStream(ctx context.Context, stream string, after int64, limit int) ([]eventlog.Record, error) {
	return l.read(ctx, "read stream "+stream, limit, selectStream, stream, after, limit)
}

// ReadAll returns up to limit events that follow position after. What this process
// has committed last comes from memory. For the rest, in a file it waits for nobody;
// in memory, for whoever writes at the moment.
func (l *Log) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	if fresh := l.tail.Read(after, limit); len(fresh) > 0 && ctx.Err() == nil && l.life.Err() == nil {
		return fresh, nil
	}
	records, err := l.read(ctx, "read log", limit, selectAll, after, limit)
	if n := len(records); n > 0 {
		l.notice.grew(records[n-1].Position)
	}
	return records, err
}

// Head returns the position of the last event.
func (l *Log) Head(ctx context.Context) (int64, error) {
	ctx, done := l.call(ctx)
	defer done()
	head, err := l.head(ctx)
	if err == nil {
		l.notice.grew(head)
	}
	return head, l.explain(ctx, "read head", err)
}

func (l *Log) head(ctx context.Context) (head int64, err error) {
	err = l.reader.QueryRowContext(ctx, selectHead).Scan(&head)
	return head, err
}

// read runs one of the queries above and copies all that it finds, so that the
// connection is free before the caller looks at it. What names the call in
// errors.
func (l *Log) read(ctx context.Context, what string, limit int, query string, args ...any) ([]eventlog.Record, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, done := l.call(ctx)
	defer done()
	rows, err := l.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.explain(ctx, what, err)
	}
	defer func() { _ = rows.Close() }() // what it would say has been said by Err
	var records []eventlog.Record
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, l.explain(ctx, what, err)
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, l.explain(ctx, what, err)
	}
	return records, nil
}

// scanRecord returns an event as Append answered it.
func scanRecord(rows *sql.Rows) (r eventlog.Record, err error) {
	var id []byte
	var at int64
	err = rows.Scan(&r.Position, &r.Stream, &r.Version, &id, &r.Type, &r.Schema, &at,
		&r.Correlation, &r.Causation, &r.Actor, &r.Trace, &r.Body)
	copy(r.ID[:], id)
	r.Time, r.Body = moment(at), notNil(r.Body)
	return r, err
}

// moment returns the time that a column holds.
func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// notNil keeps an empty body from becoming NULL where it is put next.
func notNil(body []byte) []byte {
	if body == nil {
		return []byte{}
	}
	return body
}
