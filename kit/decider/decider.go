// Package decider lets pure functions decide what is kept in a log.
//
// A service thinks with functions that know no clock and no I/O: Decide, Evolve,
// Owe and Wake. Package decider is what they stand on: it loads what is known
// of a thing, has a decision made, and keeps what happened, together with the
// mark that its cause was handled and the work that follows from it. Ask is the
// one path by which anything changes, whoever asks: a caller, a fact that was
// heard, a call to the outside that came back, or a clock.
//
// The idea is Jérémie Chassaing's decider,
// https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider.
package decider

import (
	"time"
)

// A Decider decides about the things of one service. S is what is known of a
// thing, C what may be asked of it, E what may happen to it, D a call to the
// outside that it may owe. The zero S is a thing of which nothing is known.
//
// All functions are pure and leave their arguments alone, so that states may be
// shared and kept.
type Decider[S, C, E, D any] struct {
	// Decide returns what happens if c is asked of s. Asking twice is asking
	// once: if the effect holds already, nothing happens, and that is no error.
	Decide func(s S, c C) ([]E, error)
	// Evolve returns what is known after e. It never refuses.
	Evolve func(s S, e E) S
	// Owe returns the calls to the outside that s still owes. A duty disappears
	// once its result has happened. Nil if nothing is ever owed.
	Owe func(s S) []Duty[D]
	// Wake returns what must be asked, and when, if nobody speaks before. Nil
	// if nothing ever must.
	Wake func(s S) (at time.Time, ask C, ok bool)

	// A decision may rest on several things, as a reservation does on items.
	// These three are nil where it never does.

	// Needs returns the further streams that c rests on, given what is known of
	// the stream that is asked.
	Needs func(s S, c C) []string
	// Join returns what is known of two different things together.
	Join func(a, b S) S
	// Of returns the stream that e happens to, if to was asked.
	Of func(to string, e E) string
}

// A Duty is one call to the outside that a state owes. Key names it within its
// stream: as long as the same call is owed, it has the same key.
type Duty[D any] struct {
	Key string
	Do  D
}

// A Reaction is what somebody does about something: it asks Do of the thing
// whose stream is To.
type Reaction[C any] struct {
	To string
	Do C
}

// Fold returns what is known after events happened to a thing of which s was
// known.
func (d Decider[S, C, E, D]) Fold(s S, events ...E) S {
	for _, e := range events {
		s = d.Evolve(s, e)
	}
	return s
}

func (d Decider[S, C, E, D]) owes(s S) []Duty[D] {
	if d.Owe == nil {
		return nil
	}
	return d.Owe(s)
}

func (d Decider[S, C, E, D]) wakes(s S) (at time.Time, ask C, ok bool) {
	if d.Wake == nil {
		return at, ask, false
	}
	return d.Wake(s)
}

func (d Decider[S, C, E, D]) needs(s S, c C) []string {
	if d.Needs == nil {
		return nil
	}
	return d.Needs(s, c)
}

func (d Decider[S, C, E, D]) of(to string, e E) string {
	if d.Of == nil {
		return to
	}
	return d.Of(to, e)
}
