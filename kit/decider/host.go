package decider

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// A Codec turns events into what is kept, and back.
type Codec[E any] interface {
	Encode(e E) (kind string, schema int, body []byte, err error)
	// Decode fails on a kind it does not know, as when a newer replica wrote
	// it. What rests on that stream then waits for the upgrade.
	Decode(r eventlog.Record) (E, error)
}

// A Cause is why something is asked.
type Cause struct {
	// ID is the event heard, the request, or what a duty or an alarm derives
	// from itself. The ids of the events that follow are made from it.
	ID uuid.UUID
	// Mark, if not nil, makes the cause count once only.
	Mark *eventlog.Mark
	// Actor says who asks: "customer:…", "service:payment", "clock".
	Actor string
	// Correlation is the larger undertaking. By default it is what follows the
	// first dash in the name of the asked stream.
	Correlation string
	// Along, if not nil, returns what is kept in one piece with what the cause
	// leads to, or the error with which the cause is refused before anything is
	// decided. It is called in every try, and may answer from memory unless
	// fresh is set: what it takes for true is checked as it is kept.
	Along func(ctx context.Context, fresh bool) (Along, error)
}

// An Answer is what came of an Ask.
type Answer[S any] struct {
	State   S
	Version int64             // of the asked stream
	Events  []eventlog.Record // what happened, without what went along; empty if nothing did
	// Handled reports that the cause had been handled before: the answer is
	// what is known now.
	Handled bool
}

// Limits of a Host.
const (
	// Tries is how often an Ask decides anew after a conflict. Within a process
	// asks of one thing follow one another, so a conflict means another replica,
	// or that what the decision rested on was lost.
	Tries = 20
	// Remembered is how many folded states a host keeps in memory. They are
	// never trusted: the version check of the log has the last word.
	Remembered = 20_000
	readLimit  = 1_000
)

// A Host keeps the things of one service in a log and has them decided about.
// Its methods may be called by many at a time: asks of different things run side
// by side and share commits, and so do asks of one thing.
//
// Asks of one thing follow one another, but do not wait for each other's commit.
// Under the lock of its thing a decision is made and put in line at the log; the
// next one already rests on what is going to be true. The log considers units in
// the order of their line and holds each to the version and the id of the event
// that it rests on (eventlog.Expect). So if one is refused or lost, all that rest
// on it are refused, whatever another process has written meanwhile, and are
// decided again. Nothing is told to anybody before what it rests on is in the
// log: an answer waits for its own commit, a refusal and a Load for that of the
// last decision they have seen.
//
// An ask may need several locks, as a reservation does, and which it needs may
// depend on what is known of the first thing. Nobody waits for a lock while
// holding one that comes after it in sorted order: all are taken at once, sorted,
// and who finds that one is missing gives back what it has and begins anew. So no
// ring of waiting can form. Nobody waits for a commit under a lock either, except
// for room in the log's line, which needs no lock to become free.
type Host[S, C, E, D any] struct {
	Decider[S, C, E, D]
	config Config[E]
	locks  *locks
	memory *memory[S]
	line   eventlog.Enqueuer // the log, if it can do that

	attendants map[string]Attendant // by the kind of work
}

// Config says what a host stands on.
type Config[E any] struct {
	Log   eventlog.Log
	Codec Codec[E]
	// Now gives the recording time of events.
	Now func() time.Time
	// Exchange is where the events for which Says is true are going to be
	// published; it names them in traces. Says may be nil if none is.
	Exchange string
	Says     func(kind string) bool
	// Rand returns a random duration below its argument, to spread what would
	// otherwise collide. The default is rand.N; a simulation has its own.
	Rand func(below time.Duration) time.Duration
}

// NewHost returns a host of d that stands on c.
func NewHost[S, C, E, D any](d Decider[S, C, E, D], c Config[E]) *Host[S, C, E, D] {
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
	h := &Host[S, C, E, D]{Decider: d, config: c, locks: newLocks(), memory: newMemory[S](), attendants: map[string]Attendant{}}
	h.line, _ = c.Log.(eventlog.Enqueuer)
	return h
}

// Ask has c decided for the thing kept in stream to, and keeps what happened.
// Errors are the refusals of Decide, marked with ErrRefused, and those of the log.
func (h *Host[S, C, E, D]) Ask(ctx context.Context, cause Cause, to string, c C) (Answer[S], error) {
	return h.AskAll(ctx, cause, []Reaction[C]{{To: to, Do: c}})
}

// AskAll has several asks of one cause decided in order, and keeps what happened
// in one piece, or nothing. Without asks it only keeps the cause's mark. The
// answer is that of the first ask.
func (h *Host[S, C, E, D]) AskAll(ctx context.Context, cause Cause, asks []Reaction[C]) (Answer[S], error) {
	var err error
	for try := range Tries {
		// The first try trusts memory, which is right but for other replicas.
		var answer Answer[S]
		answer, err = h.askOnce(ctx, cause, asks, try)
		if !errors.Is(err, eventlog.ErrConflict) {
			return answer, err
		}
		if err := h.rest(ctx, try); err != nil {
			return Answer[S]{}, err
		}
	}
	return Answer[S]{}, fmt.Errorf("ask for %s: %w", cause.ID, err)
}

// rest waits a moment after a lost race, so that replicas do not lose to each
// other for ever. After the first try it does not: memory may have been out of
// date, which is no race.
func (h *Host[S, C, E, D]) rest(ctx context.Context, try int) error {
	if try == 0 {
		return ctx.Err()
	}
	return loop.Sleep(ctx, h.config.Rand(time.Millisecond<<min(try, 6)))
}

// Load returns what is known of the thing kept in stream, and as of which
// version.
func (h *Host[S, C, E, D]) Load(ctx context.Context, stream string) (S, int64, error) {
	for range Tries {
		f, ok := h.memory.recall(stream)
		if !ok || f.rests == nil {
			f, err := h.read(ctx, stream, f.folded, ok)
			return f.state, f.version, err
		}
		// It becomes true while the caller waits, so nothing can be newer.
		if err := f.rests.wait(ctx); !errors.Is(err, eventlog.ErrConflict) {
			return f.state, f.version, err
		}
	}
	f, err := h.read(ctx, stream, h.memory.nothing, false)
	return f.state, f.version, err
}

// Recall returns what this process knows of the thing kept in stream, and false
// if it knows nothing for sure. Another replica may know more.
func (h *Host[S, C, E, D]) Recall(stream string) (s S, version int64, ok bool) {
	f, ok := h.memory.recall(stream)
	return f.state, f.version, ok && f.rests == nil
}

// After returns what is known after records, which are the first of a stream, all
// without a gap. They are not read if this process remembers just that.
func (h *Host[S, C, E, D]) After(records []eventlog.Record) (S, error) {
	if n := len(records); n > 0 {
		last := &records[n-1]
		if known, ok := h.memory.recall(last.Stream); ok && known.version == last.Version && known.last == last.ID {
			return known.state, nil
		}
	}
	f, err := h.fold(h.memory.nothing, records)
	return f.state, err
}

// Decode returns the event in r.
func (h *Host[S, C, E, D]) Decode(r eventlog.Record) (E, error) { return h.config.Codec.Decode(r) }

// askOnce has everything decided on one desk, under its locks, and waits for
// what becomes of it without them.
func (h *Host[S, C, E, D]) askOnce(ctx context.Context, cause Cause, asks []Reaction[C], try int) (Answer[S], error) {
	along, err := cause.along(ctx, try > 0)
	if err != nil {
		return Answer[S]{}, err
	}
	held := streams(asks)
	for {
		d := &desk[S, C, E, D]{
			host: h, cause: cause, along: along,
			now: h.config.Now().UTC(), fresh: try > 0, last: try == Tries-1, held: held,
		}
		p, err := d.work(ctx, asks)
		switch {
		case errors.Is(err, errLacks):
			held = sorted(append(held, d.lacks...))
		case errors.Is(err, errNothing):
			return d.answer(nil), d.verified(ctx)
		case err != nil:
			if doubt := d.verified(ctx); doubt != nil {
				return Answer[S]{}, doubt
			}
			return h.refused(ctx, cause, asks, err)
		default:
			return h.conclude(ctx, p, asks, try)
		}
	}
}

// conclude waits for the outcome of what was put in line.
func (h *Host[S, C, E, D]) conclude(ctx context.Context, p *pending[S, C, E, D], asks []Reaction[C], try int) (Answer[S], error) {
	answer, err := p.answer(ctx)
	switch {
	case errors.Is(err, eventlog.ErrHandled):
		return h.handled(ctx, asks)
	case !errors.Is(err, eventlog.ErrConflict):
	case try > Tries/2:
		p.desk.forget() // memory is wrong about the past, as after a restore of the database
	default:
		p.desk.prove(false)
	}
	return answer, err
}

// refused answers a refusal, unless the cause was handled before: then what was
// granted once is not refused because the world has moved on since.
func (h *Host[S, C, E, D]) refused(ctx context.Context, cause Cause, asks []Reaction[C], refusal error) (Answer[S], error) {
	if cause.Mark == nil || errors.Is(refusal, eventlog.ErrConflict) {
		return Answer[S]{}, refusal
	}
	switch handled, err := eventlog.Marked(ctx, h.config.Log, *cause.Mark); {
	case err != nil:
		return Answer[S]{}, err
	case handled:
		return h.handled(ctx, asks)
	}
	return Answer[S]{}, refusal
}

// handled answers a cause that was handled before with what is known now.
func (h *Host[S, C, E, D]) handled(ctx context.Context, asks []Reaction[C]) (Answer[S], error) {
	if len(asks) == 0 {
		return Answer[S]{Handled: true}, nil
	}
	s, version, err := h.Load(ctx, asks[0].To)
	return Answer[S]{State: s, Version: version, Handled: true}, err
}

// read reads on from what is known of a thing, if anything is.
func (h *Host[S, C, E, D]) read(ctx context.Context, stream string, f *folded[S], known bool) (*folded[S], error) {
	before := f.version
	for {
		records, err := h.config.Log.ReadStream(ctx, stream, f.version, readLimit)
		if err != nil {
			return f, fmt.Errorf("load %s: %w", stream, err)
		}
		if f, err = h.fold(f, records); err != nil {
			return f, fmt.Errorf("load %s: %w", stream, err)
		}
		if len(records) < readLimit {
			break
		}
	}
	// What is not known is version 0: it was right if the thing is new.
	if right := f.version == before; known {
		h.memory.faith.found(right)
	} else {
		h.memory.luck.found(right)
	}
	h.memory.learn(stream, f)
	return f, nil
}

func (h *Host[S, C, E, D]) fold(f *folded[S], records []eventlog.Record) (*folded[S], error) {
	if len(records) == 0 {
		return f, nil
	}
	next := *f
	for i := range records {
		r := &records[i]
		e, err := h.config.Codec.Decode(*r)
		if err != nil {
			return f, fmt.Errorf("version %d: %w", r.Version, err)
		}
		next.state, next.version, next.last = h.Evolve(next.state, e), r.Version, r.ID
	}
	return &next, nil
}

// streams returns the streams that asks are addressed to, sorted.
func streams[C any](asks []Reaction[C]) []string {
	streams := make([]string, 0, len(asks))
	for _, ask := range asks {
		streams = append(streams, ask.To)
	}
	return sorted(streams)
}

// sorted sorts streams and drops repetitions.
func sorted(streams []string) []string {
	slices.Sort(streams)
	return slices.Compact(streams)
}
