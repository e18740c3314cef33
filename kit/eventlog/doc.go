// Package eventlog keeps events in the order they happened.
//
// A log belongs to one service and holds many streams, one for each thing the
// service knows of. Within a stream, events are numbered 1, 2, 3 … without a
// gap (their version). Over the whole log they are numbered 1, 2, 3 … without
// a gap as well (their position).
//
// What a log promises:
//
//   - An event is in the log exactly if the unit that brought it was committed;
//     a crash loses nothing that was answered with success.
//   - Positions are given in the order of commits. Whoever has read up to a
//     position has read everything that will ever stand before it, so a single
//     number is enough of a cursor, and a restored or copied log stays readable.
//   - Within a stream, positions rise with versions.
//   - A unit commits whole or not at all: its events over any number of
//     streams, the mark that its cause was handled, and the work that follows
//     from it.
//
// What it leaves to others: it does not know what the events mean (package
// decider does), and it sends nothing anywhere (package outbox does). The log
// is the outbox: there is no second copy of an event.
//
// Writers are put in line by the driver while they commit, which is what makes
// positions dense (see docs/adr/0002-writers-queue-for-positions.md). That costs
// little, because many units share one commit.
package eventlog
