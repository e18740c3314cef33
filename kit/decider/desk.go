package decider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orpheus.example/kit/eventlog"
)

// A desk is where one unit is worked out: what is known of each thing before
// and after, and what happened in between.
type desk[S, C, E, D any] struct {
	host       *Host[S, C, E, D]
	cause      Cause
	along      Along // what goes along with it
	now        time.Time
	fresh      bool     // read on to the end of every stream that nobody here is about to change
	last       bool     // there will be no other try
	held       []string // streams that are locked, sorted
	lacks      []string // streams that must be locked besides, if decide says errLacks
	remembered bool     // something on the desk came from memory alone
	sheets     []*sheet[S]
	rests      []*fate // commits that something on the desk waits for
	events     []eventlog.Record
	causation  string // of the events, made once
}

// A sheet is one thing on the desk.
type sheet[S any] struct {
	stream     string
	before     recollection[S]
	after      *folded[S]
	asked      bool // it was asked itself, so its duties and alarms are looked after
	touched    bool // something happened to it, or a decision was asked of it
	remembered bool // it came from memory, which another replica may have left behind
	guessed    bool // it is not in memory, and taken for new
}

// ErrRefused marks the errors of Decide. Each has the text of its own.
var ErrRefused = errors.New("refused by the decider")

// What the work on a desk may end with, besides errors.
var (
	errLacks   = errors.New("decision needs more locks")
	errNothing = errors.New("there is nothing to keep")
)

func (d *desk[S, C, E, D]) decide(ctx context.Context, ask Reaction[C]) error {
	asked, err := d.sheet(ctx, ask.To, d.host.memory.luck.good)
	if err != nil {
		return err
	}
	asked.asked, asked.touched = true, true
	state, err := d.join(ctx, asked.after.state, ask.Do)
	if err != nil {
		return err
	}
	events, err := d.judge(state, ask.Do)
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

// judge has the decision made. What is on the desk was not read at one moment,
// so it may be a state that never was, and a decider may panic on it. That proves
// nothing unless it happens again and again.
func (d *desk[S, C, E, D]) judge(state S, c C) (events []E, err error) {
	certain := d.last || !d.remembered && len(d.rests) == 0 && len(d.sheets) == 1
	defer func() {
		if certain {
			return
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: decision about a state that cannot be: %v", eventlog.ErrConflict, p)
		}
	}()
	if events, err = d.host.Decide(state, c); err != nil {
		return nil, refusal{err}
	}
	return events, nil
}

// A refusal is an error of a decider: it says what that says, and is told from
// what goes wrong on the way.
type refusal struct{ error }

// Unwrap returns what the decider says.
func (r refusal) Unwrap() error { return r.error }

// Is reports that r is a refusal.
func (refusal) Is(target error) bool { return target == ErrRefused }

// join adds to state what else c rests on. If events may happen to that as well,
// it must be locked.
func (d *desk[S, C, E, D]) join(ctx context.Context, state S, c C) (S, error) {
	needs := d.host.needs(state, c)
	if d.host.Of != nil {
		for _, stream := range needs {
			if _, ok := slices.BinarySearch(d.held, stream); !ok {
				d.lacks = append(d.lacks, stream)
			}
		}
		if len(d.lacks) > 0 {
			return state, errLacks
		}
	}
	for _, stream := range needs {
		other, err := d.sheet(ctx, stream, neverNew)
		if err != nil {
			return state, err
		}
		state = d.host.Join(state, other.after.state)
	}
	return state, nil
}

func neverNew() bool { return false }

// note puts e on its sheet and among the events to keep.
func (d *desk[S, C, E, D]) note(ctx context.Context, to string, n int, e E) error {
	stream := d.host.of(to, e)
	s, err := d.sheet(ctx, stream, neverNew)
	if err != nil {
		return err
	}
	r, err := d.record(ctx, to, stream, s.after.version+1, n, e)
	if err != nil {
		return err
	}
	s.touched = true
	s.after = &folded[S]{state: d.host.Evolve(s.after.state, e), version: r.Version, last: r.ID}
	d.events = append(d.events, r)
	return nil
}

// sheet returns the sheet of a stream. One that is not in memory is taken for
// new if guess says so.
func (d *desk[S, C, E, D]) sheet(ctx context.Context, stream string, guess func() bool) (*sheet[S], error) {
	if s := d.find(stream); s != nil {
		return s, nil
	}
	s := &sheet[S]{stream: stream}
	f, ok := d.host.memory.recall(stream)
	switch {
	case ok && f.rests != nil:
		// Nothing can be fresher: it becomes true at the earliest when the log
		// has found that nothing else has happened.
		d.rests = append(d.rests, f.rests)
	case ok && !d.fresh && d.host.memory.faith.good():
		s.remembered = true
	case !ok && !d.fresh && guess():
		s.remembered, s.guessed = true, true
	default:
		read, err := d.host.read(ctx, stream, f.folded, ok)
		if err != nil {
			return nil, err
		}
		f = recollection[S]{folded: read}
	}
	s.before, s.after = f, f.folded
	d.remembered = d.remembered || s.remembered
	d.sheets = append(d.sheets, s)
	return s, nil
}

func (d *desk[S, C, E, D]) find(stream string) *sheet[S] {
	for _, s := range d.sheets {
		if s.stream == stream {
			return s
		}
	}
	return nil
}

// verified returns nil if what is on the desk is true, and not only what this
// process remembers or hopes for: then it may be told. It is for decisions that
// are not going to be kept, as refusals are: the log would not object.
func (d *desk[S, C, E, D]) verified(ctx context.Context) error {
	if d.remembered {
		return eventlog.ErrConflict // the next try reads
	}
	for _, f := range d.rests {
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// unit gathers all that is to be kept. Things that were only looked at are not
// expected to stand still: a price may change while an order is placed. But what
// came from memory is, because memory may be out of date for as long as nobody
// reads, or rests on what will never be: then the log objects.
func (d *desk[S, C, E, D]) unit() eventlog.Unit {
	u := eventlog.Unit{Mark: d.cause.Mark, Events: d.events}
	u.Expect = make([]eventlog.Expect, 0, len(d.sheets)+len(d.along.Expect))
	for _, s := range d.sheets {
		if s.touched || s.remembered || s.before.rests != nil {
			u.Expect = append(u.Expect, eventlog.Expect{Stream: s.stream, Version: s.before.version, Last: s.before.last})
		}
		if s.asked && s.after != s.before.folded { // else it owes and waits for what it did
			d.duties(&u, s)
			d.alarms(&u, s)
		}
	}
	u.Expect = append(u.Expect, d.along.Expect...)
	u.Events = append(u.Events, d.along.Events...)
	return u
}

// duties puts on the agenda what is owed now and was not, and takes off what no
// longer is.
func (d *desk[S, C, E, D]) duties(u *eventlog.Unit, s *sheet[S]) {
	before, after := d.host.owes(s.before.state), d.host.owes(s.after.state)
	for _, duty := range after {
		if !owed(before, duty.Key) {
			key := eventlog.DueKey{Kind: eventlog.Duty, Stream: s.stream, Key: duty.Key}
			u.Set = append(u.Set, eventlog.Due{DueKey: key, At: d.now, Trace: d.trace(s.stream), New: true})
		}
	}
	for _, duty := range before {
		if !owed(after, duty.Key) {
			u.Clear = append(u.Clear, eventlog.DueKey{Kind: eventlog.Duty, Stream: s.stream, Key: duty.Key})
		}
	}
}

// alarms has a thing looked at when it wakes, or before: what is on the agenda is
// never later than that. A look that comes too early puts the alarm off by itself,
// which costs less than to set it anew whenever a deadline moves on.
func (d *desk[S, C, E, D]) alarms(u *eventlog.Unit, s *sheet[S]) {
	key := eventlog.DueKey{Kind: eventlog.Alarm, Stream: s.stream}
	was, _, had := d.host.wakes(s.before.state)
	at, _, has := d.host.wakes(s.after.state)
	switch {
	case has && (!had || at.Before(was)):
		u.Set = append(u.Set, eventlog.Due{DueKey: key, At: at, Trace: d.trace(s.stream), New: !had})
	case had && !has:
		u.Clear = append(u.Clear, key)
	}
}

// trace returns the context in which the last event of a stream was created, so
// that what follows from it continues its trace, however much later.
func (d *desk[S, C, E, D]) trace(stream string) string {
	for i := range slices.Backward(d.events) {
		if d.events[i].Stream == stream {
			return d.events[i].Trace
		}
	}
	return ""
}

func (d *desk[S, C, E, D]) answer(events []eventlog.Record) Answer[S] {
	if len(d.sheets) == 0 {
		return Answer[S]{Events: events}
	}
	after := d.sheets[0].after // of what was asked first
	return Answer[S]{State: after.state, Version: after.version, Events: events}
}

func owed[D any](duties []Duty[D], key string) bool {
	return slices.ContainsFunc(duties, func(d Duty[D]) bool { return d.Key == key })
}
