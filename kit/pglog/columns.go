package pglog

import (
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"orpheus.example/kit/eventlog"
)

// Rows travel as one array for each column, which costs one statement however
// many rows there are. The types are those that pgx encodes without reflection.

// eventColumns are rows of table log.
type eventColumns struct {
	version                                     []int64
	kind                                        []int32
	actor                                       []string
	stream, correlation, causation, trace, body pgtype.FlatArray[[]byte] // packed
	id                                          pgtype.FlatArray[pgtype.UUID]
	time                                        []time.Time
}

// markColumns are marks, in table inbox or carried by an event.
type markColumns struct {
	consumer []string
	id       pgtype.FlatArray[pgtype.UUID]
	digest   []int64
	carried  []bool
}

// dueColumns are rows of table due, or only their ids.
type dueColumns struct {
	id                pgtype.FlatArray[pgtype.UUID]
	kind, key, holder []string
	stream, trace     pgtype.FlatArray[[]byte] // packed
	at                []time.Time
	tries             []int64
	replaces          []bool // another may be there
}

// restColumns say what is taken for true of streams.
type restColumns struct {
	stream  pgtype.FlatArray[[]byte] // packed
	version []int64
	id      pgtype.FlatArray[pgtype.UUID] // not valid if any will do
	ends    []bool                        // no event follows
}

// A writing is all that the admitted units of a transaction write.
type writing struct {
	rests      restColumns
	kinds      kindColumns
	events     eventColumns
	marks      markColumns
	set, clear dueColumns
}

// newWriting gathers what is admitted. Outcomes of what is not are left alone.
// Work that is said to be new is taken for that.
func newWriting(units []eventlog.Unit, outcomes []eventlog.Outcome) *writing {
	w := &writing{}
	work := map[eventlog.DueKey]*eventlog.Due{}
	for i := range outcomes {
		if outcomes[i].Err != nil {
			continue
		}
		first := len(w.events.id)
		w.events.add(outcomes[i].Events, &w.kinds)
		if m := units[i].Mark; m != nil {
			w.marks.add(*m, w.events.carry(first, m))
		}
		note(work, &units[i])
	}
	w.plan(work)
	return w
}

// note notes what a unit does to work. Within a unit clearing comes first; of
// what several units do, the last counts. What was new to the last of them need
// not be new to the database.
func note(work map[eventlog.DueKey]*eventlog.Due, u *eventlog.Unit) {
	for _, key := range u.Clear {
		work[key] = nil
	}
	for i := range u.Set {
		due := &u.Set[i]
		if _, known := work[due.DueKey]; known && due.New {
			replaces := *due
			replaces.New = false
			due = &replaces
		}
		work[due.DueKey] = due
	}
}

// plan puts work into columns. A row must not be touched twice by one statement,
// which is why what several units do to it was settled before.
func (w *writing) plan(work map[eventlog.DueKey]*eventlog.Due) {
	for key, due := range work {
		if due == nil {
			w.clear.id = append(w.clear.id, idOf(key))
			continue
		}
		w.set.addKey(key)
		w.set.replaces = append(w.set.replaces, !due.New)
		w.set.at = append(w.set.at, due.At)
		w.set.tries = append(w.set.tries, int64(due.Tries))
		w.set.trace = append(w.set.trace, packTrace(due.Trace))
		w.set.holder = append(w.set.holder, due.Holder)
	}
}

// empty reports that nothing need be written: nothing was admitted, or only
// units that ask for nothing but that expectations hold.
func (w *writing) empty() bool {
	return len(w.events.id) == 0 && len(w.marks.id) == 0 && len(w.clear.id) == 0 && len(w.set.id) == 0
}

// arguments returns what function store is called with. Columns without rows are
// NULL, by which it knows that there is nothing to do.
func (w *writing) arguments() []any {
	r, k, e, m, c, s := &w.rests, &w.kinds, &w.events, &w.marks, &w.clear, &w.set
	return []any{
		r.stream, r.version, r.id, r.ends,
		k.number, k.schema, k.name, k.service,
		e.stream, e.version, e.id, e.kind, e.time, e.correlation, e.causation, e.actor, e.trace, e.body,
		m.consumer, m.id, m.digest, m.carried,
		c.id,
		s.id, s.kind, s.stream, s.key, s.at, s.tries, s.trace, s.holder, s.replaces,
	}
}

// doubt takes nothing for new.
func (c *dueColumns) doubt() {
	for i := range c.replaces {
		c.replaces[i] = true
	}
}

func (c *restColumns) add(stream string, version int64, last uuid.UUID, ends bool) {
	c.stream = append(c.stream, pack(stream))
	c.version = append(c.version, version)
	c.id = append(c.id, pgtype.UUID{Bytes: last, Valid: last != uuid.Nil})
	c.ends = append(c.ends, ends)
}

// add adds events, whose times it cuts to what the database keeps, so that they
// are answered as they will be read.
func (c *eventColumns) add(events []eventlog.Record, kinds *kindColumns) {
	for i := range events {
		e := &events[i]
		e.Time = e.Time.UTC().Truncate(time.Microsecond)
		stream := pack(e.Stream)
		c.stream = append(c.stream, stream)
		c.version = append(c.version, e.Version)
		c.id = append(c.id, pgtype.UUID{Bytes: e.ID, Valid: true})
		kind, actor := kindOf(e)
		c.kind = append(c.kind, kinds.add(kind))
		c.time = append(c.time, e.Time)
		c.correlation = append(c.correlation, packCorrelation(e, stream))
		c.causation = append(c.causation, pack(e.Causation))
		c.actor = append(c.actor, actor)
		c.trace = append(c.trace, packTrace(e.Trace))
		c.body = append(c.body, packBody(e, stream))
	}
}

// carry has a unit's mark carried by the first of its events that follows from the
// marked cause, which saves a row. It reports false if there is none.
func (c *eventColumns) carry(first int, m *eventlog.Mark) bool {
	for i := first; i < len(c.causation); i++ {
		if isID(c.causation[i], m.ID) {
			c.causation[i] = packMark(m)
			return true
		}
	}
	return false
}

func (c *markColumns) add(m eventlog.Mark, carried bool) {
	c.consumer = append(c.consumer, m.Consumer)
	c.id = append(c.id, pgtype.UUID{Bytes: m.ID, Valid: true})
	c.digest = append(c.digest, m.Digest)
	c.carried = append(c.carried, carried)
}

func columnsOf(marks []eventlog.Mark) *markColumns {
	c := &markColumns{}
	for _, m := range marks {
		c.add(m, false)
	}
	return c
}

// idOf returns what a key is known by in the database. No text there has a zero
// byte, so different keys have different names; and nobody will see two names with
// the same half of a SHA-256, nor two of one time with the same 76 bits of it.
func idOf(k eventlog.DueKey) pgtype.UUID {
	var room [192]byte
	name := append(room[:0], k.Kind...)
	name = append(name, 0)
	name = append(name, k.Stream...)
	name = append(name, 0)
	name = append(name, k.Key...)
	sum := sha256.Sum256(name)
	id := eventlog.Dated(uuid.UUID(sum[:16]), eventlog.SubjectID(k.Stream))
	return pgtype.UUID{Bytes: id, Valid: true}
}

func (c *dueColumns) addKey(k eventlog.DueKey) {
	c.id = append(c.id, idOf(k))
	c.kind = append(c.kind, k.Kind)
	c.stream = append(c.stream, pack(k.Stream))
	c.key = append(c.key, k.Key)
}
