package decider

import (
	"context"
	"slices"

	"orpheus.example/kit/eventlog"
)

// A desk is where one unit is worked out: what is known of each thing before
// and after, and what happened in between.
type desk[S, C, E, D any] struct {
	host       *Host[S, C, E, D]
	cause      Cause
	fresh      bool // read on to the end of every stream
	remembered bool // something on the desk came from memory alone
	at         map[string]*sheet[S]
	events     []eventlog.Record
	unlocks    []func()
}

// A sheet is one thing on the desk.
type sheet[S any] struct {
	before, after folded[S]
	asked         bool // it was asked itself, so its duties and alarms are looked after
	touched       bool // something happened to it, or a decision was asked of it
	remembered    bool // it came from memory, which another replica may have left behind
}

func (d *desk[S, C, E, D]) decide(ctx context.Context, ask Reaction[C]) error {
	asked, err := d.sheet(ctx, ask.To)
	if err != nil {
		return err
	}
	asked.asked, asked.touched = true, true
	state, err := d.join(ctx, asked.after.state, ask.Do)
	if err != nil {
		return err
	}
	events, err := d.host.Decide(state, ask.Do)
	if err != nil {
		return err
	}
	for n, e := range events {
		if err := d.note(ctx, ask.To, n, e); err != nil {
			return err
		}
	}
	return nil
}

// join adds to state what else c rests on. If events may happen to that as well,
// it is locked first: things that are needed need nothing themselves, so locks
// are always taken in the same order.
func (d *desk[S, C, E, D]) join(ctx context.Context, state S, c C) (S, error) {
	needs := d.host.needs(state, c)
	if len(needs) > 0 && d.host.Of != nil {
		unlock, err := d.host.locks.lock(ctx, needs)
		if err != nil {
			return state, err
		}
		d.unlocks = append(d.unlocks, unlock)
	}
	for _, stream := range needs {
		other, err := d.sheet(ctx, stream)
		if err != nil {
			return state, err
		}
		state = d.host.Join(state, other.after.state)
	}
	return state, nil
}

// close gives back the locks of what was needed.
func (d *desk[S, C, E, D]) close() {
	for _, unlock := range d.unlocks {
		unlock()
	}
}

// note puts e on its sheet and among the events to keep.
func (d *desk[S, C, E, D]) note(ctx context.Context, to string, n int, e E) error {
	stream := d.host.of(to, e)
	s, err := d.sheet(ctx, stream)
	if err != nil {
		return err
	}
	s.touched = true
	s.after = folded[S]{d.host.Evolve(s.after.state, e), s.after.version + 1}
	r, err := d.host.record(ctx, d.cause, to, stream, s.after.version, n, e)
	if err != nil {
		return err
	}
	d.events = append(d.events, r)
	return nil
}

func (d *desk[S, C, E, D]) sheet(ctx context.Context, stream string) (*sheet[S], error) {
	if s, ok := d.at[stream]; ok {
		return s, nil
	}
	f, remembered, err := d.host.load(ctx, stream, d.fresh)
	if err != nil {
		return nil, err
	}
	d.remembered = d.remembered || remembered
	s := &sheet[S]{before: f, after: f, remembered: remembered}
	d.at[stream] = s
	return s, nil
}

// unlessRemembered returns err, or a conflict if the decision rests on memory:
// nothing is going to be kept, so the log would not object if memory were out
// of date. The next try reads.
func (d *desk[S, C, E, D]) unlessRemembered(err error) error {
	if d.remembered {
		return eventlog.ErrConflict
	}
	return err
}

// unit gathers all that is to be kept. Things that were only looked at are not
// expected to stand still: a price may change while an order is placed. But what
// came from memory is, because memory may be out of date for as long as nobody
// reads: then the log objects, and the next try reads.
func (d *desk[S, C, E, D]) unit() eventlog.Unit {
	u := eventlog.Unit{Mark: d.cause.Mark, Events: d.events}
	streams := make([]string, 0, len(d.at))
	for stream := range d.at {
		streams = append(streams, stream)
	}
	slices.Sort(streams) // for the same unit every time
	for _, stream := range streams {
		s := d.at[stream]
		if s.touched || s.remembered {
			u.Expect = append(u.Expect, eventlog.Expect{Stream: stream, Version: s.before.version})
		}
		if s.asked {
			d.duties(&u, stream, s)
			d.alarms(&u, stream, s)
		}
	}
	return u
}

// duties puts on the agenda what is owed now and was not, and takes off what no
// longer is.
func (d *desk[S, C, E, D]) duties(u *eventlog.Unit, stream string, s *sheet[S]) {
	before, after := d.host.owes(s.before.state), d.host.owes(s.after.state)
	for _, duty := range after {
		if !owed(before, duty.Key) {
			key := eventlog.DueKey{Kind: eventlog.Duty, Stream: stream, Key: duty.Key}
			u.Set = append(u.Set, eventlog.Due{DueKey: key, At: d.host.config.Now(), Trace: d.trace(stream)})
		}
	}
	for _, duty := range before {
		if !owed(after, duty.Key) {
			u.Clear = append(u.Clear, eventlog.DueKey{Kind: eventlog.Duty, Stream: stream, Key: duty.Key})
		}
	}
}

func (d *desk[S, C, E, D]) alarms(u *eventlog.Unit, stream string, s *sheet[S]) {
	key := eventlog.DueKey{Kind: eventlog.Alarm, Stream: stream}
	was, _, had := d.host.wakes(s.before.state)
	at, _, has := d.host.wakes(s.after.state)
	switch {
	case has && (!had || !at.Equal(was)):
		u.Set = append(u.Set, eventlog.Due{DueKey: key, At: at, Trace: d.trace(stream)})
	case had && !has:
		u.Clear = append(u.Clear, key)
	}
}

// trace returns the context in which the last event of a stream was created, so
// that what follows from it continues its trace, however much later.
func (d *desk[S, C, E, D]) trace(stream string) string {
	for _, r := range slices.Backward(d.events) {
		if r.Stream == stream {
			return r.Trace
		}
	}
	return ""
}

func (d *desk[S, C, E, D]) answer(asks []Reaction[C], events []eventlog.Record) Answer[S] {
	if len(asks) == 0 {
		return Answer[S]{Events: events}
	}
	after := d.at[asks[0].To].after
	return Answer[S]{State: after.state, Version: after.version, Events: events}
}

func owed[D any](duties []Duty[D], key string) bool {
	return slices.ContainsFunc(duties, func(d Duty[D]) bool { return d.Key == key })
}
