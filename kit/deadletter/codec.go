package deadletter

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/wire"
)

// The types of the events as they are kept, and the version of their form.
const (
	parkedType    = "deadletter.Parked"
	handledType   = "deadletter.Handled"
	failedType    = "deadletter.Failed"
	discardedType = "deadletter.Discarded"

	keptForm = 1
)

// The forms in which events are kept are apart from the events, so that these
// may change while what was kept stays readable: fields are only ever added.
// It is JSON because it is rare and for people to read.

type keptLetter struct {
	Letter      uuid.UUID `json:"letter"`
	ID          uuid.UUID `json:"id"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject"`
	Version     int64     `json:"version"`
	Source      string    `json:"source"`
	Body        []byte    `json:"body"`
	Time        time.Time `json:"time"`
	Correlation string    `json:"correlation"`
	Causation   string    `json:"causation"`
	Actor       string    `json:"actor"`
	Trace       string    `json:"trace"`
	Reason      Reason    `json:"reason"`
	Error       string    `json:"error"`
	Attempts    int       `json:"attempts"`
	Parked      time.Time `json:"parked"`
}

type keptNote struct {
	ID       uuid.UUID `json:"id"`
	Replay   int       `json:"replay,omitempty"`
	Operator string    `json:"operator"`
	Text     string    `json:"text"`
}

// A Codec keeps the events of this package.
type Codec struct{}

// Encode implements decider.Codec.
func (Codec) Encode(e Event) (kind string, version int, body []byte, err error) {
	var kept any
	switch e := e.(type) {
	case Parked:
		kind, kept = parkedType, keepLetter(e.Letter)
	case Handled:
		kind, kept = handledType, keptNote{ID: e.ID, Operator: e.Operator}
	case Failed:
		kind, kept = failedType, keptNote{ID: e.ID, Replay: e.Replay, Operator: e.Operator, Text: e.Error}
	case Discarded:
		kind, kept = discardedType, keptNote{ID: e.ID, Operator: e.Operator, Text: e.Why}
	default:
		return "", 0, nil, fmt.Errorf("cannot keep %T", e)
	}
	body, err = json.Marshal(kept)
	return kind, keptForm, body, err
}

// Decode implements decider.Codec. What else is in a log is of an unknown kind.
func (Codec) Decode(r eventlog.Record) (Event, error) {
	switch r.Type {
	case handledType, failedType, discardedType:
	case parkedType:
		var kept keptLetter
		if err := json.Unmarshal(r.Body, &kept); err != nil {
			return nil, fmt.Errorf("decode %s: %w", r.Type, err)
		}
		return Parked{kept.letter()}, nil
	default:
		return nil, fmt.Errorf("%s does not happen to dead letters: %w", r.Type, wire.ErrUnknownKind)
	}
	var kept keptNote
	if err := json.Unmarshal(r.Body, &kept); err != nil {
		return nil, fmt.Errorf("decode %s: %w", r.Type, err)
	}
	switch r.Type {
	case handledType:
		return Handled{kept.ID, kept.Operator}, nil
	case failedType:
		return Failed{kept.ID, kept.Replay, kept.Operator, kept.Text}, nil
	default:
		return Discarded{kept.ID, kept.Operator, kept.Text}, nil
	}
}

func keepLetter(l Letter) keptLetter {
	m := l.Message
	return keptLetter{
		Letter: l.ID, ID: m.ID, Type: m.Type, Subject: m.Subject, Version: m.Version, Source: m.Source, Body: m.Body,
		Time: m.Time, Correlation: m.Correlation, Causation: m.Causation, Actor: m.Actor, Trace: m.Trace,
		Reason: l.Reason, Error: l.Error, Attempts: l.Attempts, Parked: l.Parked,
	}
}

func (k keptLetter) letter() Letter {
	return Letter{
		ID: k.Letter,
		Message: bus.Message{
			ID: k.ID, Type: k.Type, Subject: k.Subject, Version: k.Version, Source: k.Source, Body: k.Body,
			Time: k.Time, Correlation: k.Correlation, Causation: k.Causation, Actor: k.Actor, Trace: k.Trace,
			Replayed: true, // whoever handles it now handles it again
		},
		Reason: k.Reason, Error: k.Error, Attempts: k.Attempts, Parked: k.Parked,
	}
}
