package payment_test

import (
	"errors"
	"testing"

	"orpheus.example/kit/decidertest"
	"orpheus.example/payment"
)

// FuzzDecide makes a life of one payment out of bytes: commands in any order,
// calls to a bank with answers that get lost and are brought twice. The laws of
// deciders hold after every command, and so do the limits of money; at the end
// the bank's books are ours.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{open, do, book, do})                                      // paid
	f.Add([]byte{open, do | no})                                           // declined
	f.Add([]byte{cancelIt, open, do})                                      // tombstone
	f.Add([]byte{open, do | lost, cancelIt, do, do})                       // cancelled while authorizing
	f.Add([]byte{open, do, book, do | lost, cancelIt, do, do})             // cancelled while capturing
	f.Add([]byte{open, do, book, do | no, cancelIt, do})                   // capture fails
	f.Add([]byte{open, do, short, cancelIt, do | lost, do})                // goods are short
	f.Add([]byte{open, do, book, do, refund, refund | 1<<4, cancelIt, do}) // staff, then a cancellation
	f.Add([]byte{open, do, book, do, refund, cancelIt, do | no, do, do | no})
	f.Add([]byte{open, do, book, do, refund | 7<<4, do | no, again, again, refund | 1<<4, do})
	f.Fuzz(func(t *testing.T, script []byte) {
		l := life{T: t, bank: bank{answers: map[string]payment.Command{}}}
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
	book        // a parcel is booked
	short
	cancelIt
	refund // staff ask for money; the high bits say how much
	do     // one call that is owed is made
	again  // an answer of the bank comes once more
	steps
)

// How a call is made.
const (
	lost = 1 << 4 // the bank acts, its answer is lost
	no   = 1 << 5 // the bank says no, if it has not answered before
)

// A life is one payment on its way, with the bank it deals with.
type life struct {
	*testing.T
	bank
	state     payment.State
	cancelled bool
	refusals  int
	heard     []payment.Command // the bank's answers so far
}

func (l *life) step(b byte) {
	high := int(b >> 4)
	switch b & 0xf % steps {
	case open:
		l.ask(payment.Open(order))
	case book:
		l.ask(payment.Capture{})
	case short:
		l.ask(payment.Release{})
	case cancelIt:
		l.cancelled = true
		l.ask(cancel)
	case refund:
		l.ask(ask(string(rune('a'+high)), int64(high)*700))
	case do:
		l.do(high, b&lost != 0, b&no != 0)
	case again:
		if len(l.heard) > 0 {
			l.ask(l.heard[high%len(l.heard)])
		}
	}
}

// do makes one of the calls that are owed.
func (l *life) do(which int, lost, no bool) {
	duties := payment.Owe(l.state)
	if len(duties) == 0 {
		return
	}
	answer := l.call(duties[which%len(duties)].Do, no)
	if !lost {
		l.heard = append(l.heard, answer)
		l.ask(answer)
	}
}

// settle makes all calls that are owed, until none is.
func (l *life) settle() {
	for range 100 {
		if len(payment.Owe(l.state)) == 0 {
			return
		}
		l.do(0, false, false)
	}
	l.Fatalf("calls are owed for ever: %+v", payment.Owe(l.state))
}

func (l *life) ask(c payment.Command) {
	l.Helper()
	for _, law := range decidertest.Laws(deciding, l.state, c) {
		if law.Broken != nil {
			l.Fatalf("%s: %v", law.Name, law.Broken)
		}
	}
	events, err := payment.Decide(l.state, c)
	if _, staff := c.(payment.GiveBack); err != nil && !staff && !errors.Is(err, payment.ErrImpossible) {
		l.Fatalf("Decide(%+v, %+v) is refused with %v; want it never to be", l.state, c, err)
	}
	l.state = deciding.Fold(l.state, events...)
	l.checkLimits()
}

// checkLimits compares amounts that must hold in every state.
func (l *life) checkLimits() {
	l.Helper()
	s := l.state
	if s.Left() < 0 || s.Refunded() < 0 || s.Captured > s.Total.Amount {
		l.Fatalf("refunded %d, left %d, captured %d, total %d; want 0 <= refunded <= captured <= total",
			s.Refunded(), s.Left(), s.Captured, s.Total.Amount)
	}
	if l.held < 0 || l.given > l.taken || l.held+l.taken > s.Total.Amount {
		l.Fatalf("bank holds %d, took %d, gave %d back; the order costs %d", l.held, l.taken, l.given, s.Total.Amount)
	}
}

// checkBooks compares the bank's books with ours, once no call is owed.
func (l *life) checkBooks() {
	l.Helper()
	s := l.state
	var held int64
	if s.Phase == payment.Authorized || s.Phase == payment.CaptureFailed {
		held = s.Total.Amount
	}
	if l.held != held || l.taken != s.Captured || l.given != s.Refunded() {
		l.Errorf("bank holds %d, took %d, gave %d back; ours say %d, %d, %d", l.held, l.taken, l.given, held, s.Captured, s.Refunded())
	}
	if l.cancelled && (l.held > 0 || l.taken > l.given && l.refusals == 0) {
		l.Errorf("cancelled, but the bank holds %d, took %d, gave %d back", l.held, l.taken, l.given)
	}
}

// A bank does the work of each key once, and answers a repeat as it did first.
type bank struct {
	answers            map[string]payment.Command
	held, taken, given int64
}

func (l *life) call(c payment.Call, no bool) payment.Command {
	switch c := c.(type) {
	case payment.CallAuthorize:
		return l.once(c.Key, no, payment.NoteDeclined{Code: "no"}, authorize, func() { l.held += c.Amount.Amount })
	case payment.CallCapture:
		return l.once(c.Key, no, payment.NoteNotCaptured{Code: "no"}, noteCaptured, func() {
			l.held -= c.Amount.Amount
			l.taken += c.Amount.Amount
		})
	case payment.CallVoid: // never refused: it is repeated until it is done
		return l.once(c.Key, false, nil, payment.NoteVoided{Reference: "auth_1"}, func() { l.held = 0 })
	case payment.CallRefund:
		refused := payment.NoteNotRefunded{ID: c.ID, Code: "no"}
		return l.once(c.Key, no, refused, noteRefunded(c.ID), func() { l.given += c.Amount.Amount })
	}
	panic("bank: call of unknown kind")
}

func (l *life) once(key string, no bool, refused, done payment.Command, effect func()) payment.Command {
	if answer, known := l.answers[key]; known {
		return answer
	}
	l.answers[key] = done
	if no {
		l.answers[key] = refused
		if _, isRefund := refused.(payment.NoteNotRefunded); isRefund {
			l.refusals++
		}
		return refused
	}
	effect()
	return done
}
