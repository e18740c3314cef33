package pglog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// What can be wrong with the log as a whole.
var (
	// ErrUnfit says that the server cannot keep what the log promises.
	ErrUnfit = errors.New("server is unfit for a log")
	// ErrClosed says that the log was closed.
	ErrClosed = groupcommit.ErrClosed
)

// Limits on time. The context of a call may set a shorter one.
const (
	// callWithin bounds every call but what is done through DB. It only matters if
	// the server does not answer and the caller is in no hurry: that is how long a
	// connection which is half open is taken for a good one. It includes waiting for
	// other writers.
	callWithin = 5 * time.Second
	// silence is after how long a connection is given up over which nothing comes,
	// once a call was not answered within its limit. All may be half open by then, and
	// each would keep whoever uses it next waiting as long, one service after the other.
	silence = callWithin - time.Second
	// finishWithin is how long Close lets a commit that is under way finish.
	finishWithin = 2 * time.Second
	// partWithin is how long Close waits for the server to say goodbye.
	partWithin = time.Second
)

// A Log is an eventlog.Store in a PostgreSQL database. Other processes may have
// the same database open.
type Log struct {
	pool    *pgxpool.Pool // for all but Append
	writer  *pgxpool.Pool // for Append
	db      *sql.DB       // a face of pool
	sockets *sockets
	notice  *notice

	gathering *gathering // of ReadStream
	lapses    lapses     // of Claim and NextDue

	queue   *groupcommit.Queue // of Append
	pace    pace               // of the committer
	writing writing            // of its transaction
	tail    groupcommit.Tail   // what it has committed last
	once    sync.Once

	// life ends when Close has run out of patience: nothing outlives it.
	life context.Context //nolint:containedctx // it is the log's own, not a call's
	end  context.CancelFunc
}

var _ eventlog.Store = (*Log)(nil)

// Open connects to the server, sees whether it is fit, and migrates the tables.
// It does not wait for a server that is not there: who wants to, tries again.
func Open(ctx context.Context, c Config) (*Log, error) {
	l := &Log{
		sockets: newSockets(),
		notice:  newNotice(),
		lapses:  lapses{looked: map[string]time.Time{}},
	}
	l.life, l.end = context.WithCancel(context.Background())
	l.gathering = &gathering{read: l.readStreams}
	l.queue = groupcommit.Start(l.commit, c.Patience)
	config, err := c.parse(l.sockets.dial)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.connect(ctx, config); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.prepare(ctx, c, config); err != nil {
		_ = l.Close() // err says more
		return nil, fmt.Errorf("open log: %w", blame(err))
	}
	return l, nil
}

// connect makes the pools, which connect when they are used.
func (l *Log) connect(ctx context.Context, config *pgxpool.Config) (err error) {
	if l.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	if l.writer, err = pgxpool.NewWithConfig(ctx, forWriter(config)); err != nil {
		l.pool.Close()
		return err
	}
	l.db = newFace(l.pool)
	return nil
}

// prepare makes sure that the server and the tables are as they must be.
func (l *Log) prepare(ctx context.Context, c Config, config *pgxpool.Config) error {
	if err := c.vet(ctx, l.pool); err != nil {
		return err
	}
	if err := migrate(ctx, config.ConnConfig); err != nil {
		return err
	}
	if c.Traced {
		return errors.Join(measure(l.pool, "read"), measure(l.writer, "append"))
	}
	return nil
}

// Ready returns nil if the log can be read and, as far as that shows, written.
// Where somebody waits for the log to grow, the server was asked just now.
func (l *Log) Ready(ctx context.Context) error {
	ctx, done := l.call(ctx)
	defer done()
	if ctx.Err() == nil && l.life.Err() == nil && l.notice.vouched() {
		return nil
	}
	var standby bool
	err := l.pool.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby)
	if err == nil && standby {
		err = errStandby
	}
	return l.explain(ctx, "ready", err)
}

var errStandby = fmt.Errorf("%w: server is a standby", eventlog.ErrUnavailable)

// call returns the context of one call: the caller's, with a limit, that also
// ends with the log; and what ends the call. If that has reached the limit, silent
// connections are given up.
func (l *Log) call(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithTimeoutCause(ctx, callWithin, errSilent)
	stop := context.AfterFunc(l.life, cancel)
	return ctx, func() {
		if errors.Is(context.Cause(ctx), errSilent) {
			l.sockets.drop(time.Now().Add(-silence))
		}
		stop()
		cancel()
	}
}

// errSilent tells the log's own limit from one that the caller has set.
var errSilent = errors.New("server does not answer")

// Close ends the log. What Append is committing right now may finish, if it is
// quick; all other calls under way fail. Close takes 4 s at most, also if the
// server does not answer. Further calls of Close do nothing.
func (l *Log) Close() error {
	l.once.Do(l.close)
	return nil
}

// close goes from asking to cutting. Its order matters: the committer ends
// before the connections do, so that what it is about to commit is committed,
// and its callers know.
func (l *Log) close() {
	within(finishWithin, l.queue.Close())
	l.end() // calls under way fail now
	l.notice.close()
	parted := make(chan struct{})
	go func() {
		defer close(parted)
		_ = l.db.Close() // holds nothing of its own
		l.pool.Close()
		l.writer.Close()
	}()
	if !within(partWithin, parted) {
		l.sockets.cutAll() // which lets the goroutine above end
		within(partWithin, parted)
	}
}

// within waits for done and reports whether it came in time.
func within(d time.Duration, done <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}
