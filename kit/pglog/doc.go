// Package pglog keeps a service's log in a PostgreSQL database.
//
// # Writing
//
// Whoever appends first locks the one row of table head and keeps it locked
// until its commit. So positions are given out in the order of commits, without
// gaps, by the only writer there is at that moment, whatever process it lives
// in. Readers need no lock and no care: a plain SELECT sees the log up to some
// position and nothing beyond. Ordering events by transaction id instead, as
// readers of xmin do, breaks the order within streams when a transaction writes
// its mark before it reads, stands still while any other database of the server
// has a transaction open, and does not survive a dump and restore.
//
// A lock that all writers need is cheap because they share it: one goroutine
// gathers all calls of Append that wait, up to 256 units, and commits them in
// one transaction. Nearly always that is one round trip, a single call of the
// database's function store:
//
//	move head · check what is taken for true · insert events, marks and work
//
// What units expect is taken for true before (eventlog.Admit, in memory), and the
// server refuses it all if it is not: by the key of log, by that of inbox, or by
// the function's check that the event before each is there. Then, or if the units
// contradict each other, the transaction is done carefully, in two round trips:
//
//	begin · lock head · read versions and marks          what is known
//	                  (eventlog.Admit, in memory)
//	append · commit                                      what happened
//
// A log that meets many repeats or conflicts, as after a crash, goes that way for
// a while without trying the other one first.
//
// The transaction is READ COMMITTED, and rests on it: each statement has a
// snapshot of its own, so what is read after the lock was got includes all that
// its former holder has committed.
//
// # Reading
//
// What this process has committed last stays in memory, and whoever follows the log
// gets it from there: positions have no gaps, so it shows if something is missing,
// as when another process has written in between. Then the server is asked.
//
// # Tables
//
// Table log holds events as small as they can be made without another to be read first
// (see ADRs 14 and 16): names, traces and bodies are packed, and what many have in
// common is in table kinds. View events shows them to people. The mark of a cause is in
// the causation of an event that it led to; inbox has the marks of the others. Due has
// the work that waits, and that which somebody has in hand.
//
// Full images of pages, which follow each checkpoint, are what makes the server write
// more than it must. Ids that begin with the time have rows of one time land on the same
// pages (ADR 18); marks and keys of streams that are random land all over their indexes.
// A server that has much to do should have few checkpoints (max_wal_size 4 GB or more,
// checkpoint_timeout 15 min), wal_compression on, and its indexes' hot part in memory.
// None of that touches what is promised, only how long a restart after a crash takes.
//
// # When things break
//
//   - A process dies with work in hand: it comes up again at the end of the lease,
//     or up to 5 s later if the table of work is not small.
//   - The answer to COMMIT is lost, or the server does not answer within 5 s:
//     all callers of that transaction get an error and know nothing.
//   - A unit that the server refuses to store, such as text that is not UTF-8:
//     the calls of that transaction are repeated one by one, so that only the
//     guilty one gets the error.
//   - A process stops, or is cut off, while it holds the lock: after 2 s idle in
//     its transaction the server ends its session and the next writer goes on. On
//     the quick way nothing is locked before all that is to be written is there.
//   - The server is killed: what was acknowledged is there after its restart,
//     provided that it syncs its commits. Open refuses a server that does not.
//   - Connections are half open: a call on one ends after 5 s, and takes along all
//     over which nothing has come for 4 s, so that nobody else has to find out.
//   - The server freezes: every call ends with its context, and at its own limit
//     even if the context has none. Close ends within a few seconds.
//
// An error that passes with time is eventlog.ErrUnavailable; the log can be used
// again once the server can, without being opened anew.
//
// # What it asks for
//
// PostgreSQL 13 or later and a database of its own, whose tables it makes and
// migrates when opened, by any number of replicas at once. It sets session
// parameters and prepares statements, so between it and the server there may be
// a pool of sessions, but not one of transactions. A host list with
// target_session_attrs=read-write in the URL follows a failover; whether the
// promoted server has every commit is a matter of synchronous replication.
package pglog
