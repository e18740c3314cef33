// Package sqlitelog keeps a service's log in a file, or in memory, with SQLite.
//
// It needs no server and nothing installed: SQLite is compiled in, in pure Go.
// It is for a shop in one process, for stories and for tests; it keeps the same
// laws as package pglog (see package logtest), and what stands on it cannot tell
// the difference.
//
// # Writing
//
// SQLite has one writer at a time. Here that is one connection, for which all
// who write queue in this process, so nobody waits in SQLite's way, which is to
// look again every few milliseconds. As in pglog, one goroutine gathers all
// calls of Append that wait and commits them in one transaction. A unit that comes
// alone is committed at once. Who has the file alone remembers where streams end,
// which is most of what units rest on, so it is not read again for each of them.
//
// Readers have connections of their own. The file is in WAL mode, in which a
// reader sees the log up to some position and nothing beyond, is never held up
// by the writer, and never holds it up.
//
// # What a crash loses
//
// If the process is killed, nothing that was acknowledged: what is committed is
// in the hands of the operating system. If the machine loses power, nothing
// either if Config.Durable is set; else the last moments, and what is left is
// whole, as if they had never been. With Durable, only Append waits for the
// disk. Claims, cursors and views do not, for who holds them goes down with the
// machine, and repeats what was forgotten: it all follows from the log. They
// reach the disk with the next Append, since the WAL is synced from its
// beginning.
//
// # Who may open a file
//
// One Log, which so knows of all growth and never has to look for any. A second
// one, of this process or another, gets ErrInUse at once. The lock is the
// operating system's, on a file beside the first, and goes with its process,
// however that ends.
//
// With Config.Shared, several may have the file open, if all say so. Everything
// holds as before, but writers of different processes then take turns in
// SQLite's way, and Grown wakes those who wait every moment to look for
// themselves.
//
// The file must be on a local disk; WAL does not work over a network (see
// https://sqlite.org/wal.html). To copy a log that is in use, copy it with
// VACUUM INTO: the file alone lacks what is still in the WAL.
//
// # In memory
//
// Config.Memory keeps all on one connection, which readers and writers share;
// the end of the Log is the end of its data. So a row of DB that is left open
// keeps everybody waiting, and Show's change must not call the Log.
package sqlitelog
