package eventlog

import "context"

// An Enqueuer is a log that lets its callers go on before their units are
// committed. Not every log is one; Append is enough of an answer.
type Enqueuer interface {
	// Enqueue puts units in line and returns as soon as they are there. Units
	// are considered in the order in which they were put in line, by Enqueue or
	// by Append, so that a decision may rest on one that is not committed yet:
	// it says so by Expect.Last, and is refused if the other one was.
	//
	// After an error nothing was put in line. If ctx ends later, the units go
	// their way all the same.
	Enqueue(ctx context.Context, units []Unit) (Wait, error)
}

// A Wait returns what became of units that were put in line, as Append would, or
// the error of ctx if that ends first: then nothing is known yet, and it may be
// called again. Many may call it at a time.
type Wait func(ctx context.Context) ([]Outcome, error)
