package pglog

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"orpheus.example/kit/eventlog"
)

// The statements of the agenda wait for no lock while they hold one, so they
// cannot be in a deadlock with Append: claims skip what is locked, and the
// others touch one row, or queue with the writers first.
const (
	// The time of a claimed entry is the end of its lease, so a dead holder's entries
	// come up by themselves. They are in no index: see lapses.
	claimDue = `
		WITH waiting AS (
			SELECT id, at FROM due
			WHERE kind = $1 AND at <= $2 AND holder = ''
			ORDER BY at LIMIT $5
			FOR UPDATE SKIP LOCKED
		), lapsed AS (
			SELECT id, at FROM due
			WHERE kind = $1 AND at <= $2 AND holder <> '' AND (SELECT $6 OR ` + small + `)
			ORDER BY at LIMIT $5
			FOR UPDATE SKIP LOCKED
		), chosen AS (
			SELECT id, at FROM waiting UNION ALL SELECT id, at FROM lapsed ORDER BY at LIMIT $5
		)
		UPDATE due d SET at = $3, holder = $4, tries = d.tries + 1
		FROM chosen c WHERE d.id = c.id
		RETURNING d.kind, d.stream, d.key, c.at, d.tries, d.trace`

	postponeDue = `
		UPDATE due SET at = $4, holder = ''
		WHERE id = $1 AND holder = $2 AND tries = $3`

	reclaimDue = `UPDATE due SET at = $3, holder = '' WHERE kind = $1 AND holder = $2`

	nextDue = `SELECT least(
		(SELECT at FROM due WHERE kind = $1 AND holder = '' ORDER BY at LIMIT 1),
		(SELECT min(at) FROM due WHERE kind = $1 AND holder <> '' AND (SELECT $2 OR ` + small + `)))`

	// small is whether the table of work is so small that to read all of it takes a
	// millisecond at most. It is, unless much waits, or was done since the last vacuum.
	small = `pg_relation_size('due') <= 1 << 20`

	countDue = `SELECT count(*) FROM due WHERE kind = $1 AND at <= $2`
)

// A lapses says when to look for claimed entries whose lease has ended. Nearly all work
// is claimed from the start and done a moment later, so an index of claims would be
// written for nothing; without one the whole table has to be read. That is done each
// time while the table is small, and else once in a while: then what a dead holder had
// comes up that much later.
type lapses struct {
	mu     sync.Mutex
	looked map[string]time.Time // by what is looked for
}

// everySoOften is how often that is.
const everySoOften = 5 * time.Second

// look reports whether to look even if the table is not small.
func (l *lapses) look(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.looked[what]) >= everySoOften {
		l.looked[what] = now
		return true
	}
	return false
}

// Claim takes up to limit entries that are due, earliest first. Their times are
// those at which they were due. An entry that another claim or a unit has in
// hand at this moment is passed over. If the answer is lost, what was claimed
// comes up again after its lease.
func (l *Log) Claim(
	ctx context.Context, kind, holder string, now time.Time, lease time.Duration, limit int,
) ([]eventlog.Due, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, done := l.call(ctx)
	defer done()
	rows, err := l.pool.Query(ctx, claimDue, kind, now, now.Add(lease), holder, limit, l.lapses.look("claim "+kind))
	if err != nil {
		return nil, l.explain(ctx, "claim "+kind, err)
	}
	claimed, err := pgx.CollectRows(rows, scanDue)
	// UPDATE returns rows in the order in which it comes across them.
	slices.SortFunc(claimed, func(a, b eventlog.Due) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Key, b.Key))
	})
	return claimed, l.explain(ctx, "claim "+kind, err)
}

func scanDue(row pgx.CollectableRow) (d eventlog.Due, err error) {
	var stream, trace []byte
	err = row.Scan(&d.Kind, &stream, &d.Key, &d.At, &d.Tries, &trace)
	d.Stream, d.At, d.Trace = unpack(stream), d.At.UTC(), unpackTrace(trace)
	return d, err
}

// Postpone sets a claimed entry's time anew, and ends the claim. Tries tells
// whether it is still the last one.
func (l *Log) Postpone(ctx context.Context, holder string, d eventlog.Due, at time.Time) error {
	ctx, done := l.call(ctx)
	defer done()
	_, err := l.pool.Exec(ctx, postponeDue, idOf(d.DueKey), holder, d.Tries, at)
	return l.explain(ctx, "postpone "+d.Kind, err)
}

// Reclaim makes all of a kind that holder had claimed due at now. It looks at the whole
// agenda, for which there is no index: it happens once in a process's life.
func (l *Log) Reclaim(ctx context.Context, kind, holder string, now time.Time) error {
	ctx, done := l.call(ctx)
	defer done()
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		// It locks many rows, as Append may; the writers' lock puts them in line.
		if _, err := tx.Exec(ctx, lockHead); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, reclaimDue, kind, holder, now)
		return err
	})
	return l.explain(ctx, "reclaim", err)
}

// NextDue returns the earliest time at which an entry of a kind is due.
func (l *Log) NextDue(ctx context.Context, kind string) (time.Time, bool, error) {
	ctx, done := l.call(ctx)
	defer done()
	var at pgtype.Timestamptz // not valid if there is none
	err := l.pool.QueryRow(ctx, nextDue, kind, l.lapses.look("next "+kind)).Scan(&at)
	if err != nil || !at.Valid {
		return time.Time{}, false, l.explain(ctx, "next "+kind, err)
	}
	return at.Time.UTC(), true, nil
}

// CountDue returns how many entries of a kind are due at now and in nobody's
// hands.
func (l *Log) CountDue(ctx context.Context, kind string, now time.Time) (n int64, err error) {
	ctx, done := l.call(ctx)
	defer done()
	err = l.pool.QueryRow(ctx, countDue, kind, now).Scan(&n)
	return n, l.explain(ctx, "count "+kind, err)
}
