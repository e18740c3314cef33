package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"orpheus.example/kit/eventlog"
)

// explain adds to err what the call was and whose fault it is. ctx is that of
// the call.
func (l *Log) explain(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case l.life.Err() != nil:
		return fmt.Errorf("%s: %w", what, ErrClosed)
	case errors.Is(ctx.Err(), context.Canceled): // by the caller: the log's own limit is a deadline
		return fmt.Errorf("%s: %w", what, ctx.Err())
	case ctx.Err() != nil && (passes(err) || errors.Is(err, sql.ErrTxDone)):
		// Whoever was interrupted by it only says so.
		return fmt.Errorf("%s: %w: %w", what, eventlog.ErrUnavailable, ctx.Err())
	case passes(err) && !errors.Is(err, eventlog.ErrUnavailable):
		return fmt.Errorf("%s: %w: %w", what, eventlog.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// passes reports whether err is that of the place in which the log is, rather
// than of what was asked. The same may work when the disk has room again.
func passes(err error) bool {
	return passing[codeOf(err)] || errors.Is(err, context.DeadlineExceeded)
}

// codeOf returns the primary result code of SQLite's error, or 0.
func codeOf(err error) int {
	const primary = 0xff // what is above says more about it
	if answer := (*sqlite.Error)(nil); errors.As(err, &answer) {
		return answer.Code() & primary
	}
	return 0
}

// passing are the result codes that have nothing to do with what was asked (see
// https://sqlite.org/rescode.html).
var passing = map[int]bool{
	sqlite3.SQLITE_BUSY:      true, // another process writes
	sqlite3.SQLITE_LOCKED:    true,
	sqlite3.SQLITE_NOMEM:     true,
	sqlite3.SQLITE_INTERRUPT: true,
	sqlite3.SQLITE_IOERR:     true,
	sqlite3.SQLITE_FULL:      true, // the disk
	sqlite3.SQLITE_CANTOPEN:  true, // too many open files, say
	sqlite3.SQLITE_PROTOCOL:  true, // other processes were quicker, many times
}
