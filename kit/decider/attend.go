package decider

import (
	"time"

	"orpheus.example/kit/eventlog"
)

// An Attendant is who attends, in this process, to one kind of the work that
// follows from decisions. Package agenda has one. It is told of work so that it
// need not look for it: work that can be begun at once is set as claimed, and
// begun as soon as it is committed. All of this only saves time; if the process
// dies, the agenda brings the work up.
//
// Its methods are called by many at a time, and must not wait.
type Attendant interface {
	// Reserve makes d claimed by this process and reports true if there is room
	// to begin with it at once. Then Begin or Release follows.
	Reserve(d *eventlog.Due) bool
	// Begin begins with work for which room was reserved. It is certain that it
	// was committed, or d.Holder is empty: then it has to be looked at.
	Begin(d eventlog.Due)
	// Release gives back room that was reserved for one piece of work.
	Release()
	// Expect says that there is work that waits on the agenda until at.
	Expect(at time.Time)
}

// Attend has a tell of one kind of work. It is called before the host is used.
func (h *Host[S, C, E, D]) Attend(kind string, a Attendant) { h.attendants[kind] = a }

// reserve reserves room for the work in u that is due at once.
func (h *Host[S, C, E, D]) reserve(u *eventlog.Unit) {
	for i := range u.Set {
		if d := &u.Set[i]; d.Kind == eventlog.Duty && h.attendants[d.Kind] != nil {
			h.attendants[d.Kind].Reserve(d)
		}
	}
}

// set has the work in u begun, which was committed.
func (h *Host[S, C, E, D]) set(u eventlog.Unit) {
	for _, d := range u.Set {
		switch a := h.attendants[d.Kind]; {
		case a == nil:
		case d.Holder != "":
			a.Begin(d)
		default:
			a.Expect(d.At)
		}
	}
}

// doubtful has the work in u looked at: nobody knows whether it was committed,
// and if it was, nobody else is going to look before its lease ends.
func (h *Host[S, C, E, D]) doubtful(u eventlog.Unit) {
	for _, d := range u.Set {
		switch a := h.attendants[d.Kind]; {
		case a == nil:
		case d.Holder != "":
			d.Holder = ""
			a.Begin(d)
		default:
			a.Expect(d.At)
		}
	}
}

// unset gives back the room for the work in u, which was not committed.
func (h *Host[S, C, E, D]) unset(u eventlog.Unit) {
	for _, d := range u.Set {
		if d.Holder != "" {
			h.attendants[d.Kind].Release()
		}
	}
}
