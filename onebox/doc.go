// Package onebox is the whole shop in one process: the five services, the bus
// between them, and the outside world that they call, as one value.
//
// It is the code that runs in production. Only what a service stands on is
// another: each keeps its log in SQLite, a file of its own in the data folder or
// in memory, facts go over a bus in this process, and the payment provider, the
// carriers and the mail server are those of package sandbox, reached without a
// port.
//
// A Box can be had in two ways. Run runs all loops side by side, in real time,
// as the daemons do. A stepped Box does nothing by itself: Settle calls the same
// loops one after the other, in a fixed order and in one goroutine, until nobody
// has anything left to do, and Advance moves its clock. Given the same calls a
// stepped Box does the same things in the same order; stories are told and
// faults are tried on it.
//
// What is in the data folder is all that is kept. A process that is killed, at
// whatever moment, and opened again on the same folder goes on where it was: what
// was answered is there, what was owed is done, what was on its way arrives. Two
// shops cannot have one folder at a time; the second is refused.
package onebox
