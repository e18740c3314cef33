package deadletter

import (
	"context"
	"errors"

	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
)

// Tries is how often a message is tried whose handling fails for a reason that
// nobody knows to pass or to last.
const Tries = 12

// What a hearer says of messages that no repetition will cure.
var (
	// ErrUnreadable says that a message is not what it says it is.
	ErrUnreadable = errors.New("message cannot be read")
	// ErrForged says that a message comes from somebody whose word it is not.
	ErrForged = errors.New("message is not its source's to say")
)

// Judge returns why a message is to be set aside whose handling has failed with
// err, for the given time; or nothing, if it is to be tried again. This is the
// only place where that is decided.
//
//   - What passes once a dependency is back says nothing about the message. It
//     waits for as long as it takes.
//   - What lasts is set aside at once, and so is what waits behind others.
//   - What nobody knows is tried a while.
func Judge(err error, tries int) Reason {
	switch {
	case errors.Is(err, ErrWaiting):
		return Behind
	case Passes(err):
		return ""
	case errors.Is(err, ErrUnreadable):
		return Unreadable
	case errors.Is(err, ErrForged), errors.Is(err, eventlog.ErrReused):
		return Forged
	case errors.Is(err, decider.ErrRefused):
		return Refused
	case err != nil && tries >= Tries:
		return Exhausted
	}
	return ""
}

// Passes reports whether err is known to pass: a lost race, a store that cannot
// be reached, a call that took too long, a breaker that is open.
func Passes(err error) bool {
	for _, known := range []error{
		eventlog.ErrConflict, eventlog.ErrUnavailable, eventlog.ErrFenced,
		context.DeadlineExceeded, context.Canceled, breaker.ErrOpen, ErrNothingWaits,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
