package shipping_test

import (
	"errors"
	"testing"

	"orpheus.example/kit/decidertest"
	"orpheus.example/shipping"
)

// FuzzDecide makes a life of one shipment out of bytes: commands in any order,
// calls to carriers with answers that get lost and are brought twice. The laws
// of deciders hold after every command, and there is never more than one label;
// at the end the carriers' books are ours.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{open, do, do, leave, do, do, do})                      // delivered
	f.Add([]byte{cancelIt, open, do})                                   // tombstone
	f.Add([]byte{open, cancelIt, do})                                   // cancelled while choosing
	f.Add([]byte{open, do, do | astray, cancelIt, do, do | astray, do}) // cancelled while booking
	f.Add([]byte{open, do, do | no, do, do | astray, do, leave, do})    // the second carrier books
	f.Add([]byte{open, do, do | no, do, do | no, cancelIt})             // all refuse
	f.Add([]byte{open, do, do | no, cancelIt, again})                   // cancelled between two
	f.Add([]byte{open, do | no, do, do, cancelIt, again, do, again})    // the first is down
	f.Add([]byte{open, do, do, leave, tell, tell | 1<<4, cancelIt, tell | 2<<4, do, do})
	f.Fuzz(func(t *testing.T, script []byte) {
		l := life{T: t, carriers: carriers{answers: map[string]shipping.Command{}}}
		for _, b := range script {
			l.step(b)
		}
		l.settle()
		l.checkBooks()
	})
}

// What one byte of a script means: its low bits say which step, the others how.
const (
	open = iota // the order is heard of
	cancelIt
	leave // the goods leave the warehouse
	tell  // somebody says where the parcel is; the high bits say where
	do    // one call that is owed is made
	again // an answer comes once more
	steps
)

// How a call is made.
const (
	astray = 1 << 4 // the carrier acts, its answer is lost
	no     = 1 << 5 // the carrier says no, or is down
)

// A life is one shipment on its way, with the carriers it deals with.
type life struct {
	*testing.T
	carriers
	state     shipping.State
	cancelled bool
	heard     []shipping.Command // answers so far
}

func (l *life) step(b byte) {
	high := int(b >> 4)
	switch b & 0xf % steps {
	case open:
		opening := shipping.Open(order)
		if b&no == 0 { // somebody is up
			opening = shipping.Open(chosen)
		}
		l.ask(opening)
	case cancelIt:
		l.cancelled = true
		l.ask(cancel)
	case leave:
		l.ask(shipping.HandOver{})
	case tell:
		l.ask(shipping.Track{Status: shipping.Status(high % 4)})
	case do:
		l.do(b&astray != 0, b&no != 0)
	case again:
		if len(l.heard) > 0 {
			l.ask(l.heard[high%len(l.heard)])
		}
	}
}

// do makes the call that is owed.
func (l *life) do(astray, no bool) {
	duties := shipping.Owe(l.state)
	if len(duties) == 0 {
		return
	}
	answer := l.call(duties[0].Do, no)
	if !astray {
		l.heard = append(l.heard, answer)
		l.ask(answer)
	}
}

// settle makes all calls that are owed, until none is. Tracking ends when the
// carrier says so.
func (l *life) settle() {
	for range 100 {
		if len(shipping.Owe(l.state)) == 0 {
			return
		}
		l.do(false, false)
	}
	l.Fatalf("calls are owed for ever: %+v", shipping.Owe(l.state))
}

func (l *life) ask(c shipping.Command) {
	l.Helper()
	for _, law := range decidertest.Laws(deciding, l.state, c) {
		if law.Broken != nil {
			l.Fatalf("%s: %v", law.Name, law.Broken)
		}
	}
	events, err := shipping.Decide(l.state, c)
	if err != nil && !refusable(c, err) {
		l.Fatalf("Decide(%+v, %+v) is refused with %v; want it never to be", l.state, c, err)
	}
	l.state = deciding.Fold(l.state, events...)
	l.checkLabels()
}

// refusable reports whether err is one that c may be refused with.
func refusable(c shipping.Command, err error) bool {
	_, isTrack := c.(shipping.Track)
	return isTrack || errors.Is(err, shipping.ErrImpossible)
}

// checkLabels holds in every state: one label at most, ever.
func (l *life) checkLabels() {
	l.Helper()
	if l.made > 1 {
		l.Fatalf("carriers made %d labels in state %+v; want 1 at most", l.made, l.state)
	}
	if l.unmade && l.taken {
		l.Fatalf("the parcel's label was cancelled, and the parcel taken, in state %+v", l.state)
	}
}

// checkBooks compares the carriers' books with ours, once no call is owed.
func (l *life) checkBooks() {
	l.Helper()
	var made, unmade, taken bool
	switch l.state.Phase {
	case shipping.Booked:
		made = true
	case shipping.Delivered:
		// Taken, unless a person said that it had arrived before the carrier
		// was told: it is not told any more.
		made, taken = true, l.state.Accepted || l.taken
	case shipping.Cancelled:
		made, unmade = l.state.Label != "", l.state.Label != ""
	case shipping.None, shipping.Refused:
	default:
		l.Errorf("no call is owed in %v", l.state.Phase)
	}
	if (l.made == 1) != made || l.unmade != unmade || l.taken != taken {
		l.Errorf("label made %d, cancelled %v, parcel taken %v; ours say %v, %v, %v", l.made, l.unmade, l.taken, made, unmade, taken)
	}
	if l.cancelled && l.state.Phase == shipping.Booked {
		l.Error("cancelled, but the parcel is still booked")
	}
}

// carriers do the work of each key once, and answer a repeat as they did first.
type carriers struct {
	answers       map[string]shipping.Command
	made          int
	unmade, taken bool
	asked         int // how often they were asked where the parcel is
}

func (l *life) call(c shipping.Call, no bool) shipping.Command {
	switch c := c.(type) {
	case shipping.CallChoose:
		if no { // the first is down
			return shipping.Choose{Carrier: c.Carriers[len(c.Carriers)-1]}
		}
		return shipping.Choose{Carrier: c.Carriers[0]}
	case shipping.CallBook:
		return l.book(c, no)
	case shipping.CallHandOver:
		l.taken = true
		return shipping.NoteAccepted{}
	case shipping.CallTrack:
		l.asked++
		return shipping.Track{Status: min(shipping.Status(l.asked), shipping.Arrived)}
	case shipping.CallCancel:
		l.unmade = true
		return shipping.NoteCancelled{}
	}
	panic("carriers: call of unknown kind")
}

func (l *life) book(c shipping.CallBook, no bool) shipping.Command {
	if answer, known := l.answers[c.Key]; known {
		return answer
	}
	l.answers[c.Key] = shipping.NoteBooked{Carrier: c.Carrier, Label: "lbl_1", Tracking: "SW1"}
	if no {
		l.answers[c.Key] = shipping.NoteRefused{Carrier: c.Carrier, Code: "no"}
	} else {
		l.made++
	}
	return l.answers[c.Key]
}
