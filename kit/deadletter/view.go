package deadletter

import (
	_ "embed" // for view.sql
	"strconv"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
)

//go:embed view.sql
var schema string

// view is the read model: the letters, and what operators did about them.
var view = projection.View[Event]{
	Name: "letters", Version: 1, Schema: schema, Decode: Codec{}.Decode,
	Rows: []projection.Rows[Event]{listed, interventions},
}

// A Listed letter is one that waits, as lists show it.
type Listed struct {
	ID     string // of the letter
	Order  string // its undertaking
	Number int64  // its place among all letters of the hearer
	Place  Place  // where it can be loaded; without Replays
	Reason Reason
	Type   string
	Cause  string
	Error  string // of the last try
	// Attempts counts replays as well.
	Attempts int64
	Parked   time.Time

	name    string
	waiting int32
}

var listed = projection.Table[Event, Listed]{
	Name: "letters", Of: letterOf, Add: show,
	Columns: func(l *Listed) []projection.Column {
		return []projection.Column{
			projection.Text("name", &l.name), projection.Text("letter_id", &l.ID), projection.Text("order_id", &l.Order),
			projection.Number("number", &l.Number), projection.Number("version", &l.Place.Version),
			projection.Number("waiting", &l.waiting), projection.Text("reason", (*string)(&l.Reason)),
			projection.Text("type", &l.Type), projection.Text("cause", &l.Cause), projection.Text("error", &l.Error),
			projection.Number("attempts", &l.Attempts), projection.Time("parked_at", &l.Parked),
		}
	},
}

// letterOf returns which letter an event shows something of. Letters of two
// undertakings may bear one id, if one of them is forged.
func letterOf(e Event, r eventlog.Record) string {
	order, _ := Correlation(r.Stream)
	switch e := e.(type) {
	case Parked:
		return order + "/" + e.Letter.ID.String()
	case Handled:
		return order + "/" + e.ID.String()
	case Failed:
		return order + "/" + e.ID.String()
	case Discarded:
		return order + "/" + e.ID.String()
	}
	return ""
}

// show shows what happened to a letter. One that is parked again begins anew.
func show(l *Listed, e Event, r eventlog.Record) {
	switch e := e.(type) {
	case Parked:
		order, _ := Correlation(r.Stream)
		*l = Listed{
			ID: e.Letter.ID.String(), Order: order, Number: r.Position, Place: Place{ID: e.Letter.ID, Version: r.Version},
			Reason: e.Letter.Reason, Type: e.Letter.Message.Type, Cause: e.Letter.Cause(), Error: e.Letter.Error,
			Attempts: int64(e.Letter.Attempts), Parked: e.Letter.Parked, name: l.name, waiting: 1,
		}
	case Failed:
		l.fail(e.Error)
	case Handled, Discarded:
		l.waiting = 0
	}
}

// fail shows that a replay has failed. One that only waited has a reason of its
// own from then on, which nobody has judged.
func (l *Listed) fail(text string) {
	l.Attempts++
	l.Error = text
	if l.Reason == Behind {
		l.Reason = Exhausted
	}
	again := Letter{Reason: l.Reason, Error: text}
	again.Message.Type = l.Type
	l.Cause = again.Cause()
}

// What operators do about letters: the types of the events that say so.
const (
	InterventionHandled   = handledType
	InterventionFailed    = failedType
	InterventionDiscarded = discardedType
)

// An Intervention is what an operator did about one letter.
type Intervention struct {
	Number   int64  // its place among all events
	Kind     string // what was done: InterventionHandled and so on
	Letter   string // id of the letter
	Order    string
	Type     string // of its message
	Operator string
	Reason   string // in the operator's words, or those of the failure
	At       time.Time

	name string
}

var interventions = projection.Table[Event, Intervention]{
	Name: "interventions", Add: intervene,
	Of: func(e Event, r eventlog.Record) string {
		if _, ok := e.(Parked); ok {
			return ""
		}
		return strconv.FormatInt(r.Position, 10)
	},
	Columns: func(i *Intervention) []projection.Column {
		return []projection.Column{
			projection.Text("name", &i.name), projection.Number("number", &i.Number), projection.Text("kind", &i.Kind),
			projection.Text("letter_id", &i.Letter), projection.Text("order_id", &i.Order),
			projection.Text("operator", &i.Operator), projection.Text("reason", &i.Reason), projection.Time("at", &i.At),
		}
	},
}

func intervene(i *Intervention, e Event, r eventlog.Record) {
	order, _ := Correlation(r.Stream)
	i.Number, i.Order, i.At, i.Kind = r.Position, order, r.Time, r.Type
	switch e := e.(type) {
	case Handled:
		i.Letter, i.Operator = e.ID.String(), e.Operator
	case Failed:
		i.Letter, i.Operator, i.Reason = e.ID.String(), e.Operator, e.Error
	case Discarded:
		i.Letter, i.Operator, i.Reason = e.ID.String(), e.Operator, e.Why
	}
}
