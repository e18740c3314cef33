package deadletter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// streamPrefix begins the names of streams of dead letters. No service names
// anything of its own so.
const streamPrefix = "dead-"

// Stream returns the stream that keeps the dead letters of an undertaking.
func Stream(correlation string) string { return streamPrefix + fit(correlation, maxText) }

// Correlation returns the undertaking whose dead letters a stream keeps, and
// false if it keeps something else.
func Correlation(stream string) (string, bool) { return strings.CutPrefix(stream, streamPrefix) }

// A Reason is why a message was set aside.
type Reason string

// The reasons. They are kept in logs, so they never change.
const (
	Unreadable Reason = "unreadable" // it is not what it says it is
	Forged     Reason = "forged"     // its id was used for something else, or its source may not say it
	Refused    Reason = "refused"    // the hearer says that it can never handle it
	Exhausted  Reason = "exhausted"  // it failed too often, nobody knows why
	Behind     Reason = "behind"     // nothing is wrong with it, but one before it waits
)

// Errors of what may be asked.
var (
	// ErrWaiting says that a message cannot be handled yet, because one of the
	// same undertaking before it is a dead letter.
	ErrWaiting = errors.New("a dead letter of the same undertaking waits")
	// ErrNotFirst says that a letter cannot be replayed before those that stand
	// before it.
	ErrNotFirst = errors.New("not the first dead letter of its undertaking")
	// ErrNothingWaits says that a message need not wait behind others, because
	// none waits: handle it.
	ErrNothingWaits = errors.New("no dead letter of the undertaking waits")
	// ErrGone says that a letter waits no more: somebody else has replayed or
	// discarded it, or it never was.
	ErrGone = errors.New("dead letter is gone")
)

// varying are the parts of an error text that differ from message to message.
var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0x[0-9a-f]+|[0-9]+`)

// causeLength is how many hexadecimal digits name a cause: enough to tell those
// apart that one service ever has, short enough to be typed.
const causeLength = 12

// Cause names the way in which l failed: the same for letters of one type that
// failed with the same error, whatever ids and numbers stand in it.
func (l Letter) Cause() string {
	text := varying.ReplaceAllString(strings.ReplaceAll(l.Error, "\u00a0", " "), "#") // protobuf picks its spaces by build
	sum := sha256.Sum256([]byte(strings.Join([]string{string(l.Reason), l.Message.Type, text}, "\x00")))
	return hex.EncodeToString(sum[:])[:causeLength]
}

// A State is what is known of the dead letters of one undertaking.
type State struct {
	// Version is that of the stream.
	Version int64
	// Waiting are the letters that wait, in the order in which they were parked.
	Waiting []Place
}

// A Place is where a letter that waits can be found.
type Place struct {
	ID      uuid.UUID // of the letter
	Version int64     // of the event that parked it, in the stream of its undertaking
	Replays int       // that failed
}

// place returns where among those that wait a letter stands, -1 if nowhere.
func (s State) place(id uuid.UUID) int {
	return slices.IndexFunc(s.Waiting, func(p Place) bool { return p.ID == id })
}

// A Command asks something of the dead letters of one undertaking.
type Command interface{ isCommand() }

// The commands.
type (
	// Park sets a message aside.
	Park struct{ Letter Letter }
	// Settle notes that the first letter was handled.
	Settle struct {
		ID       uuid.UUID
		Operator string
	}
	// Blame notes that a letter was replayed for the given time, from 1, and
	// failed again.
	Blame struct {
		ID       uuid.UUID
		Replay   int
		Operator string
		Error    string
	}
	// Discard takes a letter away unhandled.
	Discard struct {
		ID       uuid.UUID
		Operator string
		Why      string
	}
)

func (Park) isCommand()    {}
func (Settle) isCommand()  {}
func (Blame) isCommand()   {}
func (Discard) isCommand() {}

// An Event happened to the dead letters of one undertaking.
type Event interface{ isEvent() }

// The events. Each names the letter that it happened to, and who wanted it.
type (
	// Parked says that a message was set aside.
	Parked struct{ Letter Letter }
	// Handled says that a letter was replayed and its effect is kept.
	Handled struct {
		ID       uuid.UUID
		Operator string
	}
	// Failed says that a letter was replayed and could again not be handled.
	Failed struct {
		ID       uuid.UUID
		Replay   int
		Operator string
		Error    string
	}
	// Discarded says that a letter was taken away unhandled.
	Discarded struct {
		ID       uuid.UUID
		Operator string
		Why      string
	}
)

func (Parked) isEvent()    {}
func (Handled) isEvent()   {}
func (Failed) isEvent()    {}
func (Discarded) isEvent() {}

// Decide returns what happens if c is asked of s. A message is parked once,
// however often it arrives; of a letter that waits no more, nothing happens.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Park:
		return s.park(c.Letter)
	case Settle:
		switch i := s.place(c.ID); {
		case i > 0:
			return nil, ErrNotFirst
		case i == 0:
			return []Event{Handled(c)}, nil
		}
	case Blame:
		if i := s.place(c.ID); i >= 0 && s.Waiting[i].Replays < c.Replay {
			return []Event{Failed(c)}, nil
		}
	case Discard:
		if s.place(c.ID) >= 0 {
			return []Event{Discarded(c)}, nil
		}
	}
	return nil, nil
}

// park sets a letter aside. A failure of what comes after others proves nothing:
// it may rest on what they say, so it only waits behind them.
func (s State) park(l Letter) ([]Event, error) {
	waits := len(s.Waiting) > 0
	switch {
	case s.place(l.ID) >= 0:
		return nil, nil
	case l.Reason == Behind && !waits:
		return nil, ErrNothingWaits
	case waits && (l.Reason == Refused || l.Reason == Exhausted):
		l.Reason, l.Error = Behind, ""
	}
	return []Event{Parked{l}}, nil
}

// Evolve returns what is known after e. It leaves s alone.
func Evolve(s State, e Event) State {
	next := State{Version: s.Version + 1, Waiting: s.Waiting}
	switch e := e.(type) {
	case Parked:
		next.Waiting = slices.Concat(s.Waiting, []Place{{ID: e.Letter.ID, Version: next.Version}})
	case Failed:
		next.Waiting = slices.Clone(s.Waiting)
		if i := s.place(e.ID); i >= 0 {
			next.Waiting[i].Replays = e.Replay
		}
	case Handled:
		next.Waiting = s.without(e.ID)
	case Discarded:
		next.Waiting = s.without(e.ID)
	}
	return next
}

func (s State) without(id uuid.UUID) []Place {
	return slices.DeleteFunc(slices.Clone(s.Waiting), func(p Place) bool { return p.ID == id })
}
