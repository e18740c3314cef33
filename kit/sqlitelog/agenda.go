package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"orpheus.example/kit/eventlog"
)

const (
	// Those that are due at one time come in the order of their names, so that a
	// story that is told again is the same.
	selectDue = `
		SELECT kind, stream, key, at, tries + 1, trace FROM due
		WHERE kind = $1 AND at <= $2 ORDER BY at, stream, key LIMIT $3`

	// Moving the time to the end of the lease is what hides a claimed entry, so
	// the index need know nothing of claims, and a dead holder's entries come up
	// by themselves.
	claimDue = `
		UPDATE due SET at = $4, holder = $5, tries = $6
		WHERE kind = $1 AND stream = $2 AND key = $3`

	postponeDue = `
		UPDATE due SET at = $6, holder = ''
		WHERE kind = $1 AND stream = $2 AND key = $3 AND holder = $4 AND tries = $5`

	reclaimDue = `UPDATE due SET at = $3, holder = '' WHERE kind = $1 AND holder = $2`

	nextDue = `SELECT at FROM due WHERE kind = $1 ORDER BY at LIMIT 1`

	countDue = `SELECT count(*) FROM due WHERE kind = $1 AND at <= $2`
)

// Claim takes up to limit entries that are due, earliest first. Their times are
// those at which they were due. Claims do not wait for the disk: one that the
// machine forgets in a crash is made again.
func (l *Log) Claim(
	ctx context.Context, kind, holder string, now time.Time, lease time.Duration, limit int,
) ([]eventlog.Due, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, done := l.call(ctx)
	defer done()
	// Mostly nothing is due, and then nobody need queue to write.
	if at, ok, err := l.nextDue(ctx, kind); err != nil || !ok || at > now.UnixMicro() {
		return nil, l.explain(ctx, "claim "+kind, err)
	}
	var claimed []eventlog.Due
	err := l.write(ctx, func(tx *sql.Tx) (err error) {
		claimed, err = due(ctx, tx, kind, now, limit)
		for _, d := range claimed {
			if err == nil {
				_, err = tx.ExecContext(ctx, claimDue, d.Kind, d.Stream, d.Key, now.Add(lease).UnixMicro(), holder, d.Tries)
			}
		}
		return err
	})
	if err != nil {
		return nil, l.explain(ctx, "claim "+kind, err)
	}
	return claimed, nil
}

// due returns entries that are due, as they will be once they are claimed.
func due(ctx context.Context, tx *sql.Tx, kind string, now time.Time, limit int) ([]eventlog.Due, error) {
	rows, err := tx.QueryContext(ctx, selectDue, kind, now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what it would say has been said by Err
	var found []eventlog.Due
	for rows.Next() {
		var d eventlog.Due
		var at int64
		if err := rows.Scan(&d.Kind, &d.Stream, &d.Key, &at, &d.Tries, &d.Trace); err != nil {
			return nil, err
		}
		d.At = moment(at)
		found = append(found, d)
	}
	return found, rows.Err()
}

// Postpone sets a claimed entry's time anew, and ends the claim. Tries tells
// whether it is still the last one.
func (l *Log) Postpone(ctx context.Context, holder string, d eventlog.Due, at time.Time) error {
	ctx, done := l.call(ctx)
	defer done()
	_, err := l.writer.ExecContext(ctx, postponeDue, d.Kind, d.Stream, d.Key, holder, d.Tries, at.UnixMicro())
	return l.explain(ctx, "postpone "+d.Kind, err)
}

// Reclaim makes all of a kind that holder had claimed due at now. It looks at
// all that waits, for which there is no index: it happens once in a process's
// life.
func (l *Log) Reclaim(ctx context.Context, kind, holder string, now time.Time) error {
	ctx, done := l.call(ctx)
	defer done()
	_, err := l.writer.ExecContext(ctx, reclaimDue, kind, holder, now.UnixMicro())
	return l.explain(ctx, "reclaim "+kind, err)
}

// NextDue returns the earliest time at which an entry of a kind is due.
func (l *Log) NextDue(ctx context.Context, kind string) (time.Time, bool, error) {
	ctx, done := l.call(ctx)
	defer done()
	at, ok, err := l.nextDue(ctx, kind)
	if err != nil || !ok {
		return time.Time{}, false, l.explain(ctx, "next "+kind, err)
	}
	return moment(at), true, nil
}

func (l *Log) nextDue(ctx context.Context, kind string) (at int64, ok bool, err error) {
	err = l.reader.QueryRowContext(ctx, nextDue, kind).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return at, err == nil, err
}

// CountDue returns how many entries of a kind are due at now and in nobody's
// hands.
func (l *Log) CountDue(ctx context.Context, kind string, now time.Time) (n int64, err error) {
	ctx, done := l.call(ctx)
	defer done()
	err = l.reader.QueryRowContext(ctx, countDue, kind, now.UnixMicro()).Scan(&n)
	return n, l.explain(ctx, "count "+kind, err)
}
