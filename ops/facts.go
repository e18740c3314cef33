package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/rpc"
)

// Limits of a replay of facts.
const (
	// defaultFacts is how many facts a second are said if nobody says how many.
	defaultFacts = 1000
	// readAtOnce is how many events are read at a time, and sayAtOnce how many
	// facts are published at a time, unless the rate is so low that this would
	// keep those who watch waiting.
	readAtOnce = 1000
	sayAtOnce  = 256
	// tellEvery is how often those who watch a slow replay hear of it.
	tellEvery = time.Second / 2

	// publishWithin bounds one publication. A broker that takes nothing for
	// giveUpAfter ends the replay, which can be taken up where it ended.
	publishWithin = 15 * time.Second
	giveUpAfter   = 30 * time.Second
	retryAfter    = 250 * time.Millisecond
)

// ReplayFacts says again what the service has said before, and whatever else is in
// its log by now: how far the relay has come is not known. The relay goes on
// meanwhile, and its cursor stays where it is. Facts of a stream are said in their
// order; that the relay says later ones in between, hearers must not mind, as they
// must not mind any order. They pass over what they have heard by its id, which
// stays the same, as does the trace.
func (d *Desk) ReplayFacts(r *opsv1.ReplayFactsRequest, out grpc.ServerStreamingServer[opsv1.ReplayFactsResponse]) error {
	ctx := out.Context()
	if err := d.checkTypes(r.GetTypes()); err != nil {
		return err
	}
	s, err := d.stretch(ctx, r)
	if err != nil {
		return err
	}
	per := r.GetRate()
	if per == 0 {
		per = defaultFacts
	}
	atOnce := max(1, min(sayAtOnce, int(per*tellEvery.Seconds())))
	e := &echo{
		Desk: d, types: r.GetTypes(), silent: r.GetDryRun(), at: s.after, end: s.end,
		atOnce: atOnce, limit: rate.NewLimiter(rate.Limit(per), atOnce), tell: out.Send,
	}
	d.log.InfoContext(ctx, "facts are said again", "operator", r.GetOperator(), "dry_run", e.silent, "types", e.types,
		"after", s.after, "end", s.end)
	err = e.run(ctx)
	d.log.InfoContext(ctx, "facts were said again", "operator", r.GetOperator(), "facts", e.facts, "position", e.at)
	return err
}

// checkTypes refuses types that the service never says: nothing would be replayed,
// and nobody would know why.
func (d *Desk) checkTypes(types []string) error {
	for i, t := range types {
		if d.Says == nil || !d.Says(t) {
			return rpc.BadField(fmt.Sprintf("types[%d]", i), "is no fact that "+d.Name+" says")
		}
	}
	return nil
}

// An echo is one replay of facts.
type echo struct {
	*Desk
	types  []string // only these, if any
	silent bool     // only count
	atOnce int
	limit  *rate.Limiter
	tell   func(*opsv1.ReplayFactsResponse) error

	at, end int64 // all up to at is done
	facts   int64
}

// run replays to the end. What comes of it is told after each publication, and
// in any case once.
func (e *echo) run(ctx context.Context) error {
	for e.at < e.end {
		records, err := e.Store.ReadAll(ctx, e.at, int(min(readAtOnce, e.end-e.at)))
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return fmt.Errorf("log has no event after position %d, and should reach to %d", e.at, e.end)
		}
		if err := e.repeat(ctx, records); err != nil {
			return err
		}
	}
	return e.report()
}

func (e *echo) report() error {
	return e.tell(&opsv1.ReplayFactsResponse{Facts: e.facts, Position: e.at, End: e.end})
}

// repeat says again what is a fact among records.
func (e *echo) repeat(ctx context.Context, records []eventlog.Record) error {
	var messages []bus.Message
	for _, r := range records {
		if e.wanted(r.Type) {
			messages = append(messages, e.message(r))
		}
		if len(messages) == e.atOnce {
			if err := e.say(ctx, messages, r.Position); err != nil {
				return err
			}
			messages = nil
		}
	}
	return e.say(ctx, messages, records[len(records)-1].Position)
}

func (e *echo) wanted(kind string) bool {
	return e.Says(kind) && (len(e.types) == 0 || slices.Contains(e.types, kind))
}

func (e *echo) message(r eventlog.Record) bus.Message {
	m := outbox.Message(e.Name, e.Terminal, r)
	m.Replayed = true
	return m
}

// say publishes messages, after which all up to a position is done.
func (e *echo) say(ctx context.Context, messages []bus.Message, position int64) error {
	if len(messages) > 0 && !e.silent {
		if err := e.limit.WaitN(ctx, len(messages)); err != nil {
			return err
		}
		if err := e.publish(ctx, messages); err != nil {
			return err
		}
	}
	e.facts, e.at = e.facts+int64(len(messages)), position
	if len(messages) == 0 {
		return nil
	}
	return e.report()
}

// publish publishes messages in their order, however often the broker has to be
// asked. It goes on with the first that was not confirmed, so that none of a
// stream overtakes another.
func (e *echo) publish(ctx context.Context, messages []bus.Message) error {
	for patience := time.Now().Add(giveUpAfter); len(messages) > 0; {
		n, err := e.publishOnce(ctx, messages)
		messages = messages[n:]
		if n > 0 {
			patience = time.Now().Add(giveUpAfter)
		}
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(patience):
			return e.refusal(ctx, err)
		}
		if err := loop.Sleep(ctx, retryAfter); err != nil {
			return err
		}
	}
	return nil
}

func (e *echo) publishOnce(ctx context.Context, messages []bus.Message) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, publishWithin)
	defer cancel()
	return e.Bus.Publish(ctx, messages)
}

// refusal says how to go on from where a replay has ended.
func (e *echo) refusal(ctx context.Context, err error) error {
	r := rpc.Refusal{
		Code: codes.Unavailable, Reason: "BROKER_UNAVAILABLE",
		Message:    fmt.Sprintf("the broker takes nothing; replay again from position %d", e.at),
		Metadata:   map[string]string{"position": strconv.FormatInt(e.at, 10)},
		RetryAfter: giveUpAfter,
	}
	if errors.Is(err, bus.ErrUnroutable) {
		r.Code, r.Reason, r.RetryAfter = codes.FailedPrecondition, "NO_QUEUE", 0
		r.Message = fmt.Sprintf("nobody hears this any more: %v; start its hearers, and replay again from position %d", err, e.at)
	}
	e.log.ErrorContext(ctx, "facts cannot be replayed", "position", e.at, "error", err)
	return r
}
