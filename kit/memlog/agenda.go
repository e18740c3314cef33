package memlog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"orpheus.example/kit/eventlog"
)

// An agenda is what waits of one kind, earliest first; of what is claimed, At is
// the end of the lease, and Holder who has it. Those that are due at one
// time stand in the order of their names, so that a schedule that is run again
// is the same.
type agenda struct{ entries []eventlog.Due }

// agenda returns the agenda of a kind. It is called under the lock.
func (l *Log) agenda(kind string) *agenda {
	a := l.agendas[kind]
	if a == nil {
		a = &agenda{}
		l.agendas[kind] = a
	}
	return a
}

func compare(a, b eventlog.Due) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Stream, b.Stream), strings.Compare(a.Key, b.Key))
}

// find returns the place of k, and -1 if it does not wait. It looks at all that
// wait: in simulation they are few.
func (a *agenda) find(k eventlog.DueKey) int {
	for i := range a.entries {
		if a.entries[i].Key == k.Key && a.entries[i].Stream == k.Stream {
			return i
		}
	}
	return -1
}

// put puts e in its place. No two entries are equal: one of that name was taken
// out before.
func (a *agenda) put(e eventlog.Due) {
	i, _ := slices.BinarySearchFunc(a.entries, e, compare)
	a.entries = slices.Insert(a.entries, i, e)
}

// move gives the entry at place i another time, and with it another place.
func (a *agenda) move(i int, at time.Time) {
	e := a.entries[i]
	e.At = cut(at)
	a.entries = slices.Delete(a.entries, i, i+1)
	a.put(e)
}

// set replaces what has d's name, and with it any claim.
func (a *agenda) set(d eventlog.Due) {
	a.clear(d.DueKey)
	d.At, d.New = cut(d.At), false
	a.put(d)
}

func (a *agenda) clear(k eventlog.DueKey) {
	if i := a.find(k); i >= 0 {
		a.entries = slices.Delete(a.entries, i, i+1)
	}
}

// due returns how many entries are due at now.
func (a *agenda) due(now time.Time) int {
	n := 0
	for n < len(a.entries) && !a.entries[n].At.After(now) {
		n++
	}
	return n
}

// Claim takes up to limit entries that are due, earliest first. Their times are
// those at which they were due.
func (l *Log) Claim(
	ctx context.Context, kind, holder string, now time.Time, lease time.Duration, limit int,
) ([]eventlog.Due, error) {
	if err := l.enter(ctx, "claim", kind); err != nil {
		return nil, err
	}
	defer l.mu.Unlock()
	a := l.agenda(kind)
	n := min(a.due(now), max(limit, 0))
	if n == 0 {
		return nil, nil
	}
	claimed := make([]eventlog.Due, n) // a copy: what is claimed now moves to the end of its lease
	taken := slices.Clone(a.entries[:n])
	a.entries = slices.Delete(a.entries, 0, n)
	for i, e := range taken {
		e.Tries++
		e.Holder = ""
		claimed[i] = e
		e.Holder, e.At = holder, cut(now.Add(lease))
		a.put(e)
	}
	return claimed, nil
}

// Postpone sets a claimed entry's time anew, and ends the claim. Tries tells
// whether it is still the last one.
func (l *Log) Postpone(ctx context.Context, holder string, d eventlog.Due, at time.Time) error {
	if err := l.enter(ctx, "postpone", d.Kind); err != nil {
		return err
	}
	defer l.mu.Unlock()
	a := l.agenda(d.Kind)
	if i := a.find(d.DueKey); i >= 0 && a.entries[i].Holder == holder && a.entries[i].Tries == d.Tries {
		a.entries[i].Holder = ""
		a.move(i, at)
	}
	return nil
}

// Reclaim makes all of a kind that holder had claimed due at now. Who is not
// claimed has no holder, so that nothing else moves.
func (l *Log) Reclaim(ctx context.Context, kind, holder string, now time.Time) error {
	if err := l.enter(ctx, "reclaim", kind); err != nil {
		return err
	}
	defer l.mu.Unlock()
	a := l.agenda(kind)
	for i := range a.entries {
		if e := &a.entries[i]; e.Holder == holder {
			e.Holder, e.At = "", cut(now)
		}
	}
	slices.SortFunc(a.entries, compare)
	return nil
}

// NextDue returns the earliest time at which an entry of a kind is due.
func (l *Log) NextDue(ctx context.Context, kind string) (time.Time, bool, error) {
	if err := l.enter(ctx, "next", kind); err != nil {
		return time.Time{}, false, err
	}
	defer l.mu.Unlock()
	a := l.agenda(kind)
	if len(a.entries) == 0 {
		return time.Time{}, false, nil
	}
	return a.entries[0].At, true, nil
}

// CountDue returns how many entries of a kind are due at now and in nobody's
// hands.
func (l *Log) CountDue(ctx context.Context, kind string, now time.Time) (int64, error) {
	if err := l.enter(ctx, "count", kind); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	return int64(l.agenda(kind).due(now)), nil
}
