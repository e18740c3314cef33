package sim

import (
	"context"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/memlog"
)

// A store is one process's way to its log, on which calls and answers get lost.
// Views are left out: the simulator reads logs.
type store struct {
	*memlog.Log
	l *life
}

var _ eventlog.Store = (*store)(nil)

// Append commits units, or does not, or does and cannot say so.
func (s *store) Append(ctx context.Context, units []eventlog.Unit) (outcomes []eventlog.Outcome, err error) {
	err = s.l.around(siteAppend, func() (err error) {
		outcomes, err = s.Log.Append(ctx, units)
		if err == nil {
			s.l.w.committed(s.l, outcomes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// ReadStream reads a stream.
func (s *store) ReadStream(ctx context.Context, stream string, after int64, limit int) (records []eventlog.Record, err error) {
	err = s.l.around(siteRead, func() (err error) {
		records, err = s.Log.ReadStream(ctx, stream, after, limit)
		return err
	})
	return records, err
}

// ReadAll reads the log.
func (s *store) ReadAll(ctx context.Context, after int64, limit int) (records []eventlog.Record, err error) {
	err = s.l.around(siteRead, func() (err error) {
		records, err = s.Log.ReadAll(ctx, after, limit)
		return err
	})
	return records, err
}

// Claim claims work.
func (s *store) Claim(
	ctx context.Context, kind, holder string, now time.Time, lease time.Duration, limit int,
) (claimed []eventlog.Due, err error) {
	// One at a time, so that others come in between.
	err = s.l.around(siteStore, func() (err error) {
		claimed, err = s.Log.Claim(ctx, kind, holder, now, lease, min(limit, 1))
		return err
	})
	if err != nil {
		return nil, err
	}
	s.l.disturbed = false
	return claimed, nil
}

// Postpone puts work off. A pause that is meant for a real clock is made longer
// with each try: who is down for an hour is then asked a few times, and not all
// of a schedule is spent on it.
func (s *store) Postpone(ctx context.Context, holder string, d eventlog.Due, at time.Time) error {
	if now := s.l.w.now; at.Sub(now) < shortest {
		at = now.Add(pause << min(d.Tries, mostDoubled))
	}
	if d.Kind == eventlog.Duty && !s.l.disturbed && !s.l.dead {
		s.l.w.happened(BreakerOpen) // nobody was called, and nothing failed
		s.l.checkSpared()
	}
	return s.l.around(siteStore, func() error { return s.Log.Postpone(ctx, holder, d, at) })
}

const (
	// pause is how long a pause of less than shortest lasts, before it is doubled
	// for each try.
	pause       = 10 * time.Second
	mostDoubled = 10
	// shortest is longer than any pause between tries. What is put off for longer
	// has a time of its own.
	shortest = 15 * time.Second
)

// Reclaim takes up work of an earlier life.
func (s *store) Reclaim(ctx context.Context, kind, holder string, now time.Time) error {
	return s.l.around(siteStore, func() error { return s.Log.Reclaim(ctx, kind, holder, now) })
}

// Lease takes a cursor.
func (s *store) Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (c eventlog.Cursor, err error) {
	err = s.l.around(siteStore, func() (err error) {
		c, err = s.Log.Lease(ctx, name, holder, term, ttl)
		return err
	})
	if err != nil {
		return eventlog.Cursor{}, err
	}
	return c, nil
}

// Advance moves a cursor.
func (s *store) Advance(ctx context.Context, c eventlog.Cursor) error {
	return s.l.around(siteStore, func() error { return s.Log.Advance(ctx, c) })
}
