package pglog

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// Rows travel as one array for each column, which costs one statement however
// many rows there are.

// eventColumns are rows of table log.
type eventColumns struct {
	stream, version, id, kind, time, correlation, causation, actor, trace, body column
}

// markColumns are marks, in table inbox or carried by an event.
type markColumns struct{ consumer, id, digest, carried column }

// dueColumns are rows of table due, or only their ids. What replaces may meet another.
type dueColumns struct {
	id, kind, stream, key, at, tries, trace, holder, replaces column
}

// restColumns say what is taken for true of streams. An id is null if any will do; who
// ends is followed by no event.
type restColumns struct{ stream, version, id, ends column }

// A writing is all that the admitted units of a transaction write. It is used again for
// the next one, with the memory that it has got.
type writing struct {
	rests      restColumns
	kinds      kindColumns
	events     eventColumns
	marks      markColumns
	set, clear dueColumns
}

// gather begins anew, with what is admitted. Outcomes of what is not are left alone.
// Work that is said to be new is taken for that.
func (w *writing) gather(units []eventlog.Unit, outcomes []eventlog.Outcome) {
	for _, c := range w.columns() {
		c.reset()
	}
	clear(w.kinds.known)
	work := map[eventlog.DueKey]*eventlog.Due{}
	for i := range outcomes {
		if outcomes[i].Err != nil {
			continue
		}
		carried := w.events.add(outcomes[i].Events, units[i].Mark, &w.kinds)
		if m := units[i].Mark; m != nil {
			w.marks.add(*m, carried)
		}
		note(work, &units[i])
	}
	w.plan(work)
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
			w.clear.id.addID(idOf(key))
			continue
		}
		w.set.add(due)
	}
}

// empty reports that nothing need be written: nothing was admitted, or only
// units that ask for nothing but that expectations hold.
func (w *writing) empty() bool {
	return w.events.id.n == 0 && w.marks.id.n == 0 && w.clear.id.n == 0 && w.set.id.n == 0
}

// columns returns all columns, as function store wants them.
func (w *writing) columns() [32]*column {
	r, k, e, m, c, s := &w.rests, &w.kinds, &w.events, &w.marks, &w.clear, &w.set
	return [...]*column{
		&r.stream, &r.version, &r.id, &r.ends,
		&k.number, &k.schema, &k.name, &k.service,
		&e.stream, &e.version, &e.id, &e.kind, &e.time, &e.correlation, &e.causation, &e.actor, &e.trace, &e.body,
		&m.consumer, &m.id, &m.digest, &m.carried,
		&c.id,
		&s.id, &s.kind, &s.stream, &s.key, &s.at, &s.tries, &s.trace, &s.holder, &s.replaces,
	}
}

// arguments returns what function store is called with. Columns without rows are
// NULL, by which it knows that there is nothing to do. What is sent first makes room
// for all of it, once.
func (w *writing) arguments() []any {
	columns := w.columns()
	arguments, room := make([]any, len(columns)), 0
	for i, c := range slices.Backward(columns[:]) {
		room += header + len(c.values)
		c.room = room
		arguments[i] = c.argument()
	}
	return arguments
}

// doubt takes nothing for new.
func (c *dueColumns) doubt() {
	n := c.replaces.n
	c.replaces.reset()
	for range n {
		c.replaces.addBool(true)
	}
}

func (c *restColumns) add(stream string, version int64, last uuid.UUID, ends bool) {
	c.stream.add(naming(stream))
	c.version.addInt8(version)
	if last == uuid.Nil {
		c.id.addNull()
	} else {
		c.id.addID(last)
	}
	c.ends.addBool(ends)
}

// add adds the events of a unit, whose times it cuts to what the database keeps, so that
// they are answered as they will be read. It has the unit's mark, if there is one, carried
// by the first of them that follows from the marked cause, which saves a row, and reports
// whether there is one.
func (c *eventColumns) add(events []eventlog.Record, m *eventlog.Mark, kinds *kindColumns) (carried bool) {
	for i := range events {
		e := &events[i]
		e.Time = e.Time.UTC().Truncate(time.Microsecond)
		c.addNames(e)
		c.version.addInt8(e.Version)
		c.id.addID(e.ID)
		kind, actor := kindOf(e)
		c.kind.addInt4(kinds.add(kind))
		c.actor.addText(actor)
		c.time.addTime(e.Time)
		c.trace.add(func(to []byte) []byte { return appendTrace(to, e.Trace) })
		if m != nil && !carried && isID(e.Causation, m.ID) {
			carried = true
			c.causation.add(func(to []byte) []byte { return appendMark(to, m) })
		} else {
			c.causation.add(naming(e.Causation))
		}
	}
	return carried
}

// addNames adds what the id at the end of the stream's name may be left out of.
func (c *eventColumns) addNames(e *eventlog.Record) {
	stream := c.stream.add(naming(e.Stream))
	c.correlation.add(func(to []byte) []byte { return appendCorrelation(to, e, stream) })
	c.body.add(func(to []byte) []byte { return appendBody(to, e, stream) })
}

// naming returns what appends a name as it is kept.
func naming(name string) func([]byte) []byte {
	return func(to []byte) []byte { return appendName(to, name) }
}

func (c *markColumns) add(m eventlog.Mark, carried bool) {
	c.consumer.addText(m.Consumer)
	c.id.addID(m.ID)
	c.digest.addInt8(m.Digest)
	c.carried.addBool(carried)
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
func idOf(k eventlog.DueKey) uuid.UUID {
	var room [192]byte
	name := append(room[:0], k.Kind...)
	name = append(name, 0)
	name = append(name, k.Stream...)
	name = append(name, 0)
	name = append(name, k.Key...)
	sum := sha256.Sum256(name)
	return eventlog.Dated(uuid.UUID(sum[:16]), eventlog.SubjectID(k.Stream))
}

func (c *dueColumns) add(d *eventlog.Due) {
	c.id.addID(idOf(d.DueKey))
	c.kind.addText(d.Kind)
	c.stream.add(naming(d.Stream))
	c.key.addText(d.Key)
	c.at.addTime(d.At)
	c.tries.addInt8(int64(d.Tries))
	c.trace.add(func(to []byte) []byte { return appendTrace(to, d.Trace) })
	c.holder.addText(d.Holder)
	c.replaces.addBool(!d.New)
}
