package decider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
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
}

// An Answer is what came of an Ask.
type Answer[S any] struct {
	State   S
	Version int64             // of the asked stream
	Events  []eventlog.Record // what happened; empty if nothing did
	// Handled reports that the cause had been handled before: the answer is
	// what is known now.
	Handled bool
}

// Limits of a Host.
const (
	// Tries is how often an Ask decides anew after a conflict. Within a process
	// asks of one thing queue for it, so a conflict means another replica.
	Tries = 20
	// Remembered is how many folded states a host keeps in memory. They are
	// never trusted: the version check of the log has the last word.
	Remembered = 20_000
	readLimit  = 1_000
	never      = math.MaxInt64 // a version that no stream has
)

// A Host keeps the things of one service in a log and has them decided about.
// Its methods may be called by many at a time: asks of one thing follow one
// another, asks of different things run side by side and share commits.
type Host[S, C, E, D any] struct {
	Decider[S, C, E, D]
	config Config[E]
	locks  *locks
	known  *lru.Cache[string, folded[S]]
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
}

// folded is what is known of one thing as of a version of its stream.
type folded[S any] struct {
	state   S
	version int64
}

// NewHost returns a host of d that stands on c.
func NewHost[S, C, E, D any](d Decider[S, C, E, D], c Config[E]) *Host[S, C, E, D] {
	known, err := lru.New[string, folded[S]](Remembered)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Host[S, C, E, D]{Decider: d, config: c, locks: newLocks(), known: known}
}

// Ask has c decided for the thing kept in stream to, and keeps what happened.
// Errors are the refusals of Decide as they are, and those of the log.
func (h *Host[S, C, E, D]) Ask(ctx context.Context, cause Cause, to string, c C) (Answer[S], error) {
	return h.AskAll(ctx, cause, []Reaction[C]{{To: to, Do: c}})
}

// AskAll has several asks of one cause decided in order, and keeps what happened
// in one piece, or nothing. Without asks it only keeps the cause's mark. The
// answer is that of the first ask.
func (h *Host[S, C, E, D]) AskAll(ctx context.Context, cause Cause, asks []Reaction[C]) (Answer[S], error) {
	unlock, err := h.locks.lock(ctx, h.streams(asks))
	if err != nil {
		return Answer[S]{}, err
	}
	defer unlock()
	for try := range Tries {
		// The first try trusts memory, which is right but for other replicas.
		answer, err := h.askOnce(ctx, cause, asks, try > 0)
		if !errors.Is(err, eventlog.ErrConflict) {
			return answer, err
		}
		if err := rest(ctx, try); err != nil {
			return Answer[S]{}, err
		}
	}
	return Answer[S]{}, fmt.Errorf("ask %s: %w", asks[0].To, eventlog.ErrConflict)
}

// rest waits a moment after a lost race, so that replicas do not lose to each
// other for ever. After the first try it does not: memory may have been out of
// date, which is no race.
func rest(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	t := time.NewTimer(rand.N(time.Millisecond << min(try, 6))) //nolint:gosec // spreads load, guards nothing
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Load returns what is known of the thing kept in stream, and as of which
// version.
func (h *Host[S, C, E, D]) Load(ctx context.Context, stream string) (S, int64, error) {
	f, _, err := h.load(ctx, stream, true)
	return f.state, f.version, err
}

// Decode returns the event in r.
func (h *Host[S, C, E, D]) Decode(r eventlog.Record) (E, error) { return h.config.Codec.Decode(r) }

func (h *Host[S, C, E, D]) askOnce(ctx context.Context, cause Cause, asks []Reaction[C], fresh bool) (Answer[S], error) {
	d := desk[S, C, E, D]{host: h, cause: cause, fresh: fresh, at: map[string]*sheet[S]{}}
	defer d.close()
	for _, ask := range asks {
		if err := d.decide(ctx, ask); err != nil {
			return h.refused(ctx, cause, asks, d.unlessRemembered(err))
		}
	}
	unit := d.unit()
	if cause.Mark == nil && len(unit.Events) == 0 {
		return d.answer(asks, nil), d.unlessRemembered(nil)
	}
	return h.keep(ctx, &d, unit, asks)
}

func (h *Host[S, C, E, D]) keep(ctx context.Context, d *desk[S, C, E, D], unit eventlog.Unit, asks []Reaction[C]) (Answer[S], error) {
	outcomes, err := h.config.Log.Append(ctx, []eventlog.Unit{unit})
	if err == nil {
		err = outcomes[0].Err
	}
	switch {
	case errors.Is(err, eventlog.ErrHandled):
		return h.handled(ctx, asks)
	case err != nil:
		h.forget(d)
		return Answer[S]{}, err
	}
	for stream, s := range d.at {
		if s.touched {
			h.known.Add(stream, s.after)
		}
	}
	return d.answer(asks, outcomes[0].Events), nil
}

// refused answers a refusal, unless the cause was handled before: then what was
// granted once is not refused because the world has moved on since.
func (h *Host[S, C, E, D]) refused(ctx context.Context, cause Cause, asks []Reaction[C], refusal error) (Answer[S], error) {
	if cause.Mark == nil || errors.Is(refusal, eventlog.ErrConflict) {
		return Answer[S]{}, refusal
	}
	// A unit that no stream can meet only asks for the mark.
	look := eventlog.Unit{Mark: cause.Mark, Expect: []eventlog.Expect{{Stream: asks[0].To, Version: never}}}
	outcomes, err := h.config.Log.Append(ctx, []eventlog.Unit{look})
	switch {
	case err != nil:
		return Answer[S]{}, err
	case errors.Is(outcomes[0].Err, eventlog.ErrHandled):
		return h.handled(ctx, asks)
	case errors.Is(outcomes[0].Err, eventlog.ErrReused):
		return Answer[S]{}, outcomes[0].Err
	}
	return Answer[S]{}, refusal
}

// handled answers a cause that was handled before with what is known now.
func (h *Host[S, C, E, D]) handled(ctx context.Context, asks []Reaction[C]) (Answer[S], error) {
	if len(asks) == 0 {
		return Answer[S]{Handled: true}, nil
	}
	f, _, err := h.load(ctx, asks[0].To, true)
	return Answer[S]{State: f.state, Version: f.version, Handled: true}, err
}

func (h *Host[S, C, E, D]) forget(d *desk[S, C, E, D]) {
	for stream := range d.at {
		h.known.Remove(stream)
	}
}

// load folds a stream. What is in memory saves reading it again, and is taken
// as it is unless fresh asks to read on from there.
func (h *Host[S, C, E, D]) load(ctx context.Context, stream string, fresh bool) (f folded[S], remembered bool, err error) {
	f, ok := h.known.Get(stream)
	if ok && !fresh {
		return f, true, nil
	}
	for {
		records, err := h.config.Log.ReadStream(ctx, stream, f.version, readLimit)
		if err != nil {
			return f, false, fmt.Errorf("load %s: %w", stream, err)
		}
		if f, err = h.fold(f, records); err != nil {
			return f, false, fmt.Errorf("load %s: %w", stream, err)
		}
		if len(records) < readLimit {
			break
		}
	}
	h.known.Add(stream, f)
	return f, false, nil
}

func (h *Host[S, C, E, D]) fold(f folded[S], records []eventlog.Record) (folded[S], error) {
	for _, r := range records {
		e, err := h.config.Codec.Decode(r)
		if err != nil {
			return f, fmt.Errorf("version %d: %w", r.Version, err)
		}
		f = folded[S]{h.Evolve(f.state, e), r.Version}
	}
	return f, nil
}

// streams returns the streams that asks are addressed to: who asks the same
// thing waits in line here. What an ask needs besides is not locked, so that no
// two can wait for each other; there the log's version check decides.
func (h *Host[S, C, E, D]) streams(asks []Reaction[C]) []string {
	streams := make([]string, 0, len(asks))
	for _, ask := range asks {
		streams = append(streams, ask.To)
	}
	return streams
}

// record makes what is kept of e: its id follows from its cause, so that the
// same cause makes the same event again, never a second one.
func (h *Host[S, C, E, D]) record(ctx context.Context, cause Cause, to, stream string, version int64, n int, e E) (eventlog.Record, error) {
	kind, schema, body, err := h.config.Codec.Encode(e)
	if err != nil {
		return eventlog.Record{}, fmt.Errorf("keep %T: %w", e, err)
	}
	correlation := cause.Correlation
	if correlation == "" {
		_, correlation, _ = strings.Cut(to, "-")
	}
	return eventlog.Record{
		Stream: stream, Version: version,
		ID:   uuid.NewSHA1(cause.ID, fmt.Appendf(nil, "%s/%d", stream, n)),
		Type: kind, Schema: schema, Body: body,
		Time: h.config.Now().UTC(), Correlation: correlation, Causation: cause.ID.String(), Actor: cause.Actor,
		Trace: h.trace(ctx, kind),
	}, nil
}

// trace returns the context in which an event is created: a span of its own if
// it is going to be published, so that whoever hears it can join in.
func (h *Host[S, C, E, D]) trace(ctx context.Context, kind string) string {
	if h.config.Says == nil || !h.config.Says(kind) {
		return telemetry.Traceparent(ctx)
	}
	traceparent, done := telemetry.Create(ctx, h.config.Exchange, kind)
	done(nil)
	return traceparent
}
