package pglog

import (
	"context"
	"errors"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"orpheus.example/kit/eventlog"
)

// Nearly always what units expect is so, and their marks are new. So the committer
// first takes it all for true, admits the units on that ground, and has the server
// find out while it writes: one round trip, in which nothing is read that does not
// have to be. If anything is otherwise the server keeps nothing at all, and the
// units go the careful way, which settles each by itself.
//
// What is taken for true of a stream is the first expectation of it; the units
// that follow are admitted on top of that. The server holds it to be wrong if
//
//   - there is no event of the expected version, or it has another id (checked by
//     function store), so that nothing is ever added beyond a stream's end;
//   - there is an event of the next version already (the key of log; or the
//     function, if the stream gets none);
//   - a mark is there already (the keys of inbox and log, and the function, since one
//     in the one is none in the other);
//   - work is there already that its setter took for new (the key of due).
//
// Nothing of it rests on what this process remembers: whatever became of earlier
// commits, and whoever else has written, a stream never gets a gap.

// never is a version that no stream has: who expects it only asks for a mark.
const never = math.MaxInt64

// A pace says how often to take things for true. Only the committer uses it.
type pace struct {
	penalty int // transactions to do carefully after the last that went wrong
	rest    int // of these, how many are left
}

// longestPenalty bounds what a log loses that is in a bad way, as after a crash,
// when all that comes is a repeat.
const longestPenalty = 32

// quick reports whether it is time to try.
func (p *pace) quick() bool {
	if p.rest > 0 {
		p.rest--
		return false
	}
	return true
}

// tried says how that went. One mistake costs next to nothing, a row of them
// more and more.
func (p *pace) tried(right bool) {
	if right {
		p.penalty /= 2
		return
	}
	p.rest = p.penalty
	p.penalty = min(2*p.penalty+1, longestPenalty)
}

// transact commits units the quick way or the careful way. It returns the
// position that the log ends at.
func (l *Log) transact(ctx context.Context, conn *pgxpool.Conn, units []eventlog.Unit) ([]eventlog.Outcome, int64, error) {
	if l.pace.quick() {
		if outcomes, ok := suppose(&l.writing, units); ok {
			head, err := write(ctx, conn, &l.writing, outcomes)
			l.pace.tried(!mistaken(err))
			if !mistaken(err) {
				return outcomes, head, err
			}
		}
	}
	return carefully(ctx, conn, &l.writing, units)
}

// mistaken reports whether the server has refused what was taken for true; it
// has kept nothing then. That a text is none, say, looks the same.
func mistaken(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && !passes(err)
}

// write writes what was admitted in a transaction of one statement, and gives its
// events their positions.
func write(ctx context.Context, conn *pgxpool.Conn, w *writing, outcomes []eventlog.Outcome) (head int64, err error) {
	// Scan returns what became of the commit, which follows the row.
	if err := conn.QueryRow(ctx, store, w.arguments()...).Scan(&head); err != nil {
		return 0, err
	}
	before := head - int64(w.events.id.n)
	for i := range outcomes {
		for j := range outcomes[i].Events {
			outcomes[i].Events[j].Position += before
		}
	}
	return head, nil
}

// suppose admits units on the ground of what they expect, and gathers them. It reports false if that
// cannot be, or says too little: a unit that is in conflict with the others may
// have been handled before, which only its mark can tell.
func suppose(w *writing, units []eventlog.Unit) ([]eventlog.Outcome, bool) {
	grounds, ok := groundsOf(units)
	if !ok {
		return nil, false
	}
	heads := &eventlog.Heads{
		Versions: make(map[string]int64, len(grounds)), Last: make(map[string]uuid.UUID, len(grounds)),
		Marks: make(map[eventlog.MarkKey]int64, len(units)),
	}
	for _, g := range grounds {
		heads.Versions[g.Stream], heads.Last[g.Stream] = g.Version, g.Last
	}
	outcomes := eventlog.Admit(heads, units)
	for i := range outcomes {
		if units[i].Mark != nil && errors.Is(outcomes[i].Err, eventlog.ErrConflict) {
			return nil, false
		}
	}
	w.gather(units, outcomes)
	for _, g := range grounds {
		ends := heads.Versions[g.Stream] == g.Version
		if g.Version > 0 || ends {
			w.rests.add(g.Stream, g.Version, g.Last, ends)
		}
	}
	return outcomes, !w.empty()
}

// groundsOf returns what units expect of each stream first. An id may come later
// than the version, with the first who knows it.
func groundsOf(units []eventlog.Unit) ([]eventlog.Expect, bool) {
	grounds, at := make([]eventlog.Expect, 0, len(units)), make(map[string]int, len(units))
	for i := range units {
		for _, e := range units[i].Expect {
			if e.Version < 0 || e.Version == never || e.Version == 0 && e.Last != uuid.Nil {
				return nil, false
			}
			n, known := at[e.Stream]
			switch {
			case !known:
				at[e.Stream] = len(grounds)
				grounds = append(grounds, e)
			case grounds[n].Version == e.Version && grounds[n].Last == uuid.Nil:
				grounds[n].Last = e.Last
			}
		}
	}
	return grounds, true
}
