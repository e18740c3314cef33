package pglog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
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
	}
	return fmt.Errorf("%s: %w", what, blame(err))
}

// blame marks err as one that passes with time, if it is.
func blame(err error) error {
	if !passes(err) || errors.Is(err, eventlog.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
}

// passes reports whether err is that of a server or of a way to it, rather than
// of what it was asked.
func passes(err error) bool {
	var answer *pgconn.PgError
	switch {
	case errors.As(err, &answer):
		return len(answer.Code) == 5 && passing[answer.Code[:2]]
	case errors.Is(err, groupcommit.ErrRefused), errors.Is(err, ErrUnfit), errors.Is(err, eventlog.ErrFenced):
		return false
	}
	return true // broken connections have many faces
}

// passing are the classes of SQLSTATE that have nothing to do with what was
// asked (PostgreSQL documentation, appendix A).
var passing = map[string]bool{
	"08": true, // connection exception
	"25": true, // invalid transaction state: ended while idle, or read-only after a failover
	"40": true, // rollback: deadlock, or serialization
	"53": true, // insufficient resources: disk, memory, connections
	"55": true, // not in the right state: lock timeout
	"57": true, // intervention: shut down, starting, cancelled, statement timeout
	"58": true, // system error: input or output
}
