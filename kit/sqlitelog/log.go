package sqlitelog

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// ErrClosed says that the log was closed.
var ErrClosed = groupcommit.ErrClosed

// sqliteDriver is the name under which modernc.org/sqlite has put itself.
const sqliteDriver = "sqlite"

// Limits on time. The context of a call may set a shorter one.
const (
	// callWithin bounds every call but Append and what is done through DB.
	callWithin = 20 * time.Second
	// finishWithin is how long Close lets a commit that is under way finish.
	finishWithin = 2 * time.Second
)

// A Log is an eventlog.Store in a file or in memory.
type Log struct {
	config     Config
	guard      *guard     // nil in memory
	writer     *sql.DB    // has one connection: all who write queue for it
	reader     *sql.DB    // the same in memory
	statements statements // of Append, prepared on the writer's connection
	notice     *notice

	queue *groupcommit.Queue // of Append
	tail  groupcommit.Tail   // what it has committed last
	ends  ends               // of the streams that it has touched last
	once  sync.Once

	// life ends when Close has run out of patience: nothing outlives it.
	life context.Context //nolint:containedctx // it is the log's own, not a call's
	end  context.CancelFunc
}

var _ eventlog.Store = (*Log)(nil)

// Open opens the log, makes it if it is not there, and migrates its tables. It
// returns ErrInUse if somebody else has it.
func Open(ctx context.Context, c Config) (*Log, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &Log{config: c, ends: newEnds(c)}
	l.life, l.end = context.WithCancel(context.Background())
	l.queue = groupcommit.Start(func(_ context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
		return l.commit(units)
	}, 0)
	if err := l.open(ctx); err != nil {
		_ = l.Close() // err says more
		return nil, fmt.Errorf("open log %s: %w", c.Path, err)
	}
	return l, nil
}

func (l *Log) open(ctx context.Context) (err error) {
	if !l.config.Memory {
		if l.guard, err = hold(ctx, l.config); err != nil {
			return err
		}
	}
	if err := l.connect(); err != nil {
		return err
	}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	head, err := l.head(ctx)
	l.notice = newNotice(head, l.config.Shared)
	return err
}

// connect makes the pools, which connect when they are used. A connection is
// kept however long it has been idle: in memory it is what holds the data.
func (l *Log) connect() (err error) {
	if l.writer, err = open(l.config.source()); err != nil {
		return err
	}
	l.writer.SetMaxOpenConns(1)
	if l.config.Memory {
		l.reader = l.writer
		return nil
	}
	if l.reader, err = open(l.config.source()); err != nil {
		return err
	}
	l.reader.SetMaxOpenConns(l.config.Readers)
	l.reader.SetMaxIdleConns(l.config.Readers)
	return nil
}

// prepare makes sure that the file and its tables are as they must be. Those
// who share it do so one after the other.
func (l *Log) prepare(ctx context.Context) error {
	if l.config.Shared {
		mine, err := turn(ctx, l.config)
		if err != nil {
			return err
		}
		defer mine.release()
	}
	if err := l.logAhead(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, l.writer); err != nil {
		return err
	}
	return l.prepareStatements(ctx)
}

// logAhead puts the file in WAL mode, in which it stays.
func (l *Log) logAhead(ctx context.Context) error {
	var mode string
	if err := l.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" && !l.config.Memory {
		return fmt.Errorf("%w: journal mode is %s, and WAL cannot be had", ErrUnfit, mode)
	}
	return nil
}

// Ready returns nil if the log can be read. That a disk is full shows only when
// something is to be written.
func (l *Log) Ready(ctx context.Context) error {
	_, err := l.Head(ctx)
	return err
}

// call returns the context of one call: the caller's, with a limit, that also
// ends with the log.
func (l *Log) call(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	stop := context.AfterFunc(l.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// write does what do says in one transaction, which keeps nothing unless do
// returns nil. It waits for those who write already, and not for the disk.
func (l *Log) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := l.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // there is nothing left to undo, or it undoes itself
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Close ends the log. What Append is committing right now may finish, if it is
// quick; all other calls under way fail. Further calls of Close do nothing.
func (l *Log) Close() error {
	l.once.Do(l.close)
	return nil
}

// close lets the committer end before its connection does, so that what it is
// about to commit is committed, and its callers know. The guard goes last.
func (l *Log) close() {
	patience := time.NewTimer(finishWithin)
	defer patience.Stop()
	select {
	case <-l.queue.Close():
	case <-patience.C: // the disk hangs
	}
	l.end() // calls under way fail now
	if l.notice != nil {
		l.notice.close()
	}
	for _, pool := range []*sql.DB{l.reader, l.writer} { // the last one empties the WAL
		if pool != nil {
			_ = pool.Close() // what is committed is in the file or its WAL either way
		}
	}
	l.guard.release()
}
