package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"
)

// A Record is one event as it is kept.
type Record struct {
	Position int64  // place in the log, from 1; given by the log
	Stream   string // the thing it happened to, as in "order-7f0c…"
	Version  int64  // place in the stream, from 1

	ID     uuid.UUID // derived from the cause, so that a repeat makes the same id
	Type   string    // full name of the body's kind, as in "order.v1.OrderPlaced"
	Schema int       // version of the body's form, from 1
	Body   []byte

	Time        time.Time // when it was recorded; for people, never for logic
	Correlation string    // what larger undertaking it belongs to
	Causation   string    // id of the event or request that led to it
	Actor       string    // who asked: a caller, another service, a clock
	Trace       string    // W3C traceparent of its creation, or empty
}

// Expect names a stream and the version that a decision found it at. Version 0
// is a stream that does not exist yet.
type Expect struct {
	Stream  string
	Version int64

	// Last, unless it is zero, is the id that the event at Version must have. A
	// decision that rests on an event which was not committed yet says so by it:
	// another process's event may have taken that version meanwhile.
	Last uuid.UUID
}

// A Mark says that a cause was handled, so that it is handled once only. Digest
// tells a repeat from another content under the same id; zero is not compared.
type Mark struct {
	Consumer string
	ID       uuid.UUID
	Digest   int64
}

// A Unit is what one decision wants kept. It commits whole or not at all.
//
// Every stream that gets events must be in Expect, and its events must be
// numbered from the expected version on. A stream may be in Expect without
// getting events: then the decision only rests on it.
type Unit struct {
	Mark   *Mark // nil if the cause needs none
	Expect []Expect
	Events []Record // Position is ignored
	Set    []Due    // work that now waits; replaces what has the same key
	Clear  []DueKey // work that no longer waits
}

// An Outcome says what became of one unit.
type Outcome struct {
	// Err is nil if the unit was committed; ErrHandled, ErrReused or
	// ErrConflict if it was not, and will not be in this form.
	Err error
	// Events are the unit's events with their positions, if committed. They
	// share their bodies with what was passed in.
	Events []Record
}

// What can become of a unit.
var (
	// ErrConflict says that a stream has moved on since the decision was made.
	// Decide again.
	ErrConflict = errors.New("stream has moved on")
	// ErrHandled says that the mark was there already: the cause was handled
	// before, and there is nothing left to do.
	ErrHandled = errors.New("cause was handled before")
	// ErrReused says that the mark was there, with another digest: two
	// different things go by one id.
	ErrReused = errors.New("id was used for something else")
	// ErrFenced says that somebody else has taken over the cursor or the work.
	ErrFenced = errors.New("taken over by another holder")
	// ErrUnavailable marks errors that pass once the store can be reached again.
	ErrUnavailable = errors.New("store cannot be reached")
)

// A Store is all that a service keeps, behind one driver. Its methods may be
// called by many at a time.
type Store interface {
	Log
	Agenda
	Cursors
	Views
	// Ready says whether the store can be used now; nil if it can.
	Ready(ctx context.Context) error
	// Close lets go of all resources. Calls under way fail.
	Close() error
}

// A Log is the append-only part of a store.
type Log interface {
	// Append commits units. They are considered in order, and each sees those
	// before it, also within one call; what becomes of one never harms another.
	//
	// An error means that nothing is known of any unit: some may have been
	// committed, as after a lost answer to COMMIT. Load and decide again; marks
	// and expected versions see to it that nothing happens twice.
	Append(ctx context.Context, units []Unit) ([]Outcome, error)

	// ReadStream returns up to limit events of a stream that follow version
	// after, in order.
	ReadStream(ctx context.Context, stream string, after int64, limit int) ([]Record, error)

	// ReadAll returns up to limit events that follow position after, in order. It
	// returns none only if there are none; fewer than limit does not mean that
	// there are no more, for it may come from what the process has in memory.
	ReadAll(ctx context.Context, after int64, limit int) ([]Record, error)

	// Head returns the position of the last event, 0 if there is none.
	Head(ctx context.Context) (int64, error)

	// Grown returns a channel that is closed once the log is, as far as this
	// process knows, longer than after. Events of other processes are noticed
	// with a delay of up to MaxNoticeDelay. The channel may close early, and
	// closes when the store does.
	Grown(after int64) <-chan struct{}
}

// Grew reports whether a log is, as far as this process knows, longer than after.
// Unlike a read it does not ask the store, so whoever follows a log and has just read
// to its end finds out for nothing that there is no more.
func Grew(log Log, after int64) bool {
	select {
	case <-log.Grown(after):
		return true
	default:
		return false
	}
}

// Marked reports whether a log has a mark. The error is ErrReused if it has it with
// another digest.
//
// It asks by a unit that is never kept: a log looks at the mark first, and no stream
// has the version that is expected here. So it needs no method of its own, and the
// answer takes in all that was put in line before, which a read might not.
func Marked(ctx context.Context, log Log, mark Mark) (bool, error) {
	never := Unit{Mark: &mark, Expect: []Expect{{Stream: "nothing", Version: math.MaxInt64}}}
	outcomes, err := log.Append(ctx, []Unit{never})
	switch {
	case err != nil:
		return false, err
	case errors.Is(outcomes[0].Err, ErrReused):
		return false, outcomes[0].Err
	}
	return errors.Is(outcomes[0].Err, ErrHandled), nil
}

// MaxNoticeDelay bounds how long another process's events go unnoticed by an
// idle reader.
const MaxNoticeDelay = time.Second

// Kinds of work that may wait on an agenda.
const (
	Duty  = "duty"  // a call to the outside is owed
	Alarm = "alarm" // a question is to be asked at a time
)

// A DueKey names one piece of waiting work.
type DueKey struct {
	Kind   string
	Stream string
	Key    string // tells several of one stream and kind apart
}

// Due is work that waits for its time.
type Due struct {
	DueKey
	At    time.Time
	Tries int    // how often it was claimed
	Trace string // W3C traceparent of what it follows from, or empty

	// Holder, unless it is empty, has the work claimed from the moment that a
	// unit sets it: At is then the end of its lease, and Tries counts this claim.
	// Claim leaves it empty, for its caller is the holder.
	Holder string

	// New says that, as far as is known, nothing with this key waits yet: a store
	// may find that cheaper. It need not be right, and is not kept.
	New bool
}

// An Agenda keeps work that waits. Entries come and go with units; what an
// entry means is derived from its stream, so an agenda can always be rebuilt.
type Agenda interface {
	// Claim takes up to limit entries of a kind that are due at now, earliest
	// first, for holder. Nobody else is given them before now plus lease; if
	// the holder dies, they come up again by themselves.
	Claim(ctx context.Context, kind, holder string, now time.Time, lease time.Duration, limit int) ([]Due, error)

	// Postpone sets a claimed entry's time anew. It does nothing if the entry
	// is gone, or has been claimed again since.
	Postpone(ctx context.Context, holder string, d Due, at time.Time) error

	// Reclaim makes all of a kind that holder had claimed due at now: for a process that
	// comes back after a crash.
	Reclaim(ctx context.Context, kind, holder string, now time.Time) error

	// NextDue returns the earliest time at which an entry of a kind is due, and
	// false if there is none.
	NextDue(ctx context.Context, kind string) (time.Time, bool, error)

	// CountDue returns how many entries of a kind are due at now and in nobody's
	// hands. It is for people who look, not for work.
	CountDue(ctx context.Context, kind string, now time.Time) (int64, error)
}

// A Cursor is a place in a log that one holder at a time may move.
type Cursor struct {
	Name     string
	Position int64
	Term     int64 // rises with each change of holder
}

// Cursors keeps cursors, each leased to one holder.
type Cursors interface {
	// Lease takes or renews a cursor for holder until ttl from now, by the
	// store's own clock. It returns ErrFenced while another holder has it. A
	// holder that comes back under its own name gets its cursor at once, with a
	// new term if it did not know the old one (term 0).
	Lease(ctx context.Context, name, holder string, term int64, ttl time.Duration) (Cursor, error)

	// Advance moves a cursor to c.Position. It returns ErrFenced if c.Term is
	// not the present one. A cursor never moves back.
	Advance(ctx context.Context, c Cursor) error

	// Where returns the position of a cursor, whoever has it, and 0 if there is
	// none of that name.
	Where(ctx context.Context, name string) (int64, error)

	// Yield ends a lease, so that another holder need not wait for its end.
	Yield(ctx context.Context, c Cursor) error
}

// Views gives views the database that the log is in, so that a view and the
// cursor of how far it has come are always of one piece. A view's SQL keeps to
// what every driver speaks, with placeholders $1, $2 ….
type Views interface {
	// DB is for reading views.
	DB() *sql.DB

	// Define runs statements that make what is not there yet: the tables of a
	// view. Replicas may do so at once.
	Define(ctx context.Context, statements string) error

	// Show lets change a view and moves c, in one transaction. It returns
	// ErrFenced, and nothing has changed, if c.Term is not the present one.
	Show(ctx context.Context, c Cursor, change func(*sql.Tx) error) error
}
