package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// The statements of a transaction of Append. Each is for one row: there is no
// round trip to be saved.
const (
	selectVersion = `SELECT version, id FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1`
	selectMark    = `SELECT digest FROM inbox WHERE id = ? AND consumer = ?`

	// The driver makes NULL of a blob without bytes.
	insertEvent = `
		INSERT INTO events (position, stream, version, id, type, schema, recorded_at,
			correlation, causation, actor, trace, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, x''))`

	insertMark = `INSERT INTO inbox (consumer, id, digest, at) VALUES (?, ?, ?, ?)`

	deleteDue = `DELETE FROM due WHERE kind = ? AND stream = ? AND key = ?`

	upsertDue = `
		INSERT INTO due (kind, stream, key, at, tries, trace, holder) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, stream, key) DO UPDATE
		SET at = excluded.at, tries = excluded.tries, trace = excluded.trace, holder = excluded.holder`
)

// statements are those of Append, prepared.
type statements struct{ version, mark, addEvent, addMark, clearDue, setDue *sql.Stmt }

// in returns the statements as tx runs them. That is done once for each
// transaction: it costs as much as a small statement.
func (s *statements) in(ctx context.Context, tx *sql.Tx) *statements {
	return &statements{
		version: tx.StmtContext(ctx, s.version), mark: tx.StmtContext(ctx, s.mark),
		addEvent: tx.StmtContext(ctx, s.addEvent), addMark: tx.StmtContext(ctx, s.addMark),
		clearDue: tx.StmtContext(ctx, s.clearDue), setDue: tx.StmtContext(ctx, s.setDue),
	}
}

// prepareStatements prepares what Append needs, on the one connection that
// writes. They are closed with it.
func (l *Log) prepareStatements(ctx context.Context) (err error) {
	s := &l.statements
	for query, into := range map[string]**sql.Stmt{
		selectVersion: &s.version, selectMark: &s.mark, insertEvent: &s.addEvent,
		insertMark: &s.addMark, deleteDue: &s.clearDue, upsertDue: &s.setDue,
	} {
		if *into, err = l.writer.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// appendWithin is how long a transaction of Append may take, with waiting for
// other writers.
const appendWithin = 5 * time.Second

// commit has units admitted and commits those that are, in one transaction. The
// error is groupcommit.ErrRefused if there is nothing wrong but that the units were not fit;
// after any other, some may have been committed.
func (l *Log) commit(units []eventlog.Unit) ([]eventlog.Outcome, error) {
	ctx, cancel := context.WithTimeout(l.life, appendWithin)
	defer cancel()
	conn, err := l.writer.Conn(ctx)
	if err != nil {
		return nil, l.explain(ctx, "append", err)
	}
	defer func() { _ = conn.Close() }() // it goes back to where it came from
	// From here on nothing interrupts it: each statement is quick, and one that
	// could be interrupted would cost a goroutine.
	steady := context.WithoutCancel(ctx)
	if err := l.waitForDisk(steady, conn); err != nil {
		return nil, l.explain(ctx, "append", err)
	}
	defer l.goOnWithoutDisk(steady, conn)
	outcomes, head, err := l.transact(steady, conn, units)
	if err != nil {
		l.tail.Forget() // who knows what is in the file now
		l.ends.forget()
		return nil, l.explain(ctx, "append", err)
	}
	l.tail.Add(outcomes) // before anybody is told that there is something to read
	l.notice.grew(head)
	return outcomes, nil
}

// waitForDisk has transactions on conn wait for the disk, if Append is to. It
// cannot be said within a transaction, and takes a few microseconds.
func (l *Log) waitForDisk(ctx context.Context, conn *sql.Conn) error {
	if !l.config.Durable || l.config.Memory {
		return nil
	}
	_, err := conn.ExecContext(ctx, "PRAGMA synchronous = FULL")
	return err
}

// goOnWithoutDisk undoes waitForDisk.
func (l *Log) goOnWithoutDisk(ctx context.Context, conn *sql.Conn) {
	if l.config.Durable && !l.config.Memory {
		// Should it fail, others wait for the disk too, which does no harm.
		_, _ = conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL")
	}
}

// transact does the transaction and returns the position that the log ends at.
// It begins with the write lock, so what it reads is what it changes, whichever
// process has changed it last.
func (l *Log) transact(ctx context.Context, conn *sql.Conn, units []eventlog.Unit) ([]eventlog.Outcome, int64, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, err
	}
	defer tx.Rollback() //nolint:errcheck // there is nothing left to undo, or it undoes itself
	s := l.statements.in(ctx, tx)
	streams, marks := eventlog.Touched(units)
	heads, err := s.heads(ctx, tx, l.ends, streams, marks)
	if err != nil {
		return nil, 0, err
	}
	outcomes := eventlog.Admit(heads, units)
	now := l.config.Now().UnixMicro()
	for i := range units {
		if outcomes[i].Err != nil {
			continue
		}
		if err := s.keep(ctx, &units[i], outcomes[i].Events, now); err != nil {
			return nil, 0, refused(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, 0, err
	}
	l.ends.learn(heads, streams)
	return outcomes, heads.Position, nil
}

// refused marks err as the fault of what was to be stored, if it is. Duplicates
// cannot be it, since nobody else writes meanwhile, unless the tables were
// changed by hand.
func refused(err error) error {
	if passes(err) {
		return err
	}
	return fmt.Errorf("%w: %w", groupcommit.ErrRefused, err)
}

// heads finds what units rest on that touch these streams and marks. A mark is read
// by one step down an index, however many there are.
func (s *statements) heads(
	ctx context.Context, tx *sql.Tx, ends ends, streams []string, marks []eventlog.Mark,
) (*eventlog.Heads, error) {
	h := &eventlog.Heads{
		Versions: make(map[string]int64, len(streams)), Last: make(map[string]uuid.UUID, len(streams)),
		Marks: make(map[eventlog.MarkKey]int64, len(marks)),
	}
	if err := tx.QueryRowContext(ctx, selectHead).Scan(&h.Position); err != nil {
		return nil, err
	}
	for _, stream := range streams {
		found, err := ends.find(ctx, s.version, stream)
		if err != nil {
			return nil, err
		}
		if found.version > 0 {
			h.Versions[stream], h.Last[stream] = found.version, found.last
		}
	}
	for _, m := range marks {
		var digest int64
		switch err := s.mark.QueryRowContext(ctx, m.ID[:], m.Consumer).Scan(&digest); {
		case err == nil:
			h.Marks[m.Key()] = digest
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	return h, nil
}

// keep writes an admitted unit. Within it clearing comes first; of what several
// units do to one piece of work, the last counts, since it comes last.
func (s *statements) keep(ctx context.Context, u *eventlog.Unit, events []eventlog.Record, now int64) error {
	for i := range events {
		if err := s.keepEvent(ctx, &events[i]); err != nil {
			return err
		}
	}
	if m := u.Mark; m != nil {
		// The time is for people, and for who may have to clear old marks away.
		if _, err := s.addMark.ExecContext(ctx, m.Consumer, m.ID[:], m.Digest, now); err != nil {
			return err
		}
	}
	for _, k := range u.Clear {
		if _, err := s.clearDue.ExecContext(ctx, k.Kind, k.Stream, k.Key); err != nil {
			return err
		}
	}
	for _, d := range u.Set {
		_, err := s.setDue.ExecContext(ctx, d.Kind, d.Stream, d.Key, d.At.UnixMicro(), d.Tries, d.Trace, d.Holder)
		if err != nil {
			return err
		}
	}
	return nil
}

// keepEvent writes an event, whose time it cuts to what the file keeps, so that
// it is answered as it will be read.
func (s *statements) keepEvent(ctx context.Context, e *eventlog.Record) error {
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	_, err := s.addEvent.ExecContext(ctx, e.Position, e.Stream, e.Version, e.ID[:], e.Type, e.Schema,
		e.Time.UnixMicro(), e.Correlation, e.Causation, e.Actor, e.Trace, e.Body)
	return err
}
