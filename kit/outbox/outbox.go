// Package outbox says what has happened: it relays a service's log to the bus.
//
// The log itself is the outbox. The relay has a cursor in it, sends what follows
// in order, and moves the cursor once the broker has confirmed. While it waits
// for the broker's word on what it has sent, more is on the way already:
//
//	log ──▶ read ──▶ sent ──▶ confirmed ──▶ kept
//	            (up to Flights)    (every KeepEvery)
//
// The store hands over what this process has just committed from memory, so
// nothing but the broker is between a commit and its publication. The cursor
// follows at a distance: moving it costs a commit, and all that it saves is
// repetition after a crash. What was sent and not kept is then published again:
// hearers must not mind, and package inbox sees to it that they don't. Nothing
// is ever skipped. While the broker is down facts wait in the log, for as long
// as it takes.
//
// One relay per log is at work at a time. The cursor is leased and carries a
// term, so a relay that was asleep while another took over cannot move it; at
// worst it repeats what the other one says, until it learns of it.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
)

// Limits of a Step.
const (
	// Batch is how many events are sent at once.
	Batch = 256
	// Flights is how many such batches are on the way at a time: one that the
	// broker works on, and one that follows. What happens meanwhile goes
	// together in the next.
	Flights = 2
	// KeepEvery is how far the cursor is behind what was confirmed.
	KeepEvery = 50 * time.Millisecond

	// publishWithin bounds the wait for the broker's answers, and drainWithin
	// when the relay is about to stop.
	publishWithin = 15 * time.Second
	drainWithin   = 2 * time.Second
)

// Config says whose facts are relayed.
type Config struct {
	Name   string // of the service
	Store  eventlog.Store
	Bus    bus.Bus
	Holder string // identity of this process, the same after a restart
	Now    func() time.Time
	// Says reports whether a kind of event is published; others are the
	// service's own record.
	Says func(kind string) bool
	// Terminal reports whether nobody need hear a kind. Of the others, one that
	// no queue takes holds the relay up until somebody hears it. May be nil.
	Terminal func(kind string) bool
	// Inline makes Once wait for the broker and keep the cursor, so that it
	// leaves nothing under way: for tests and simulation.
	Inline bool
}

// A Step relays.
type Step struct {
	Config
	place *lease.Place
	term  int64 // under which all of the following was done

	flights []*flight // on the way, in the order of sending
	landing sync.WaitGroup
	back    bool      // something has failed: once nothing is on the way any more, go on after said
	doubt   bool      // nothing has arrived since something failed
	said    int64     // the position up to which nothing is left to say
	unkept  time.Time // since when the cursor is behind said; zero if it is not
}

// New returns a step that relays as c says.
func New(c Config) *Step {
	return &Step{Config: c, place: lease.New(c.Store, cursor, c.Holder, c.Now)}
}

// Name returns the step's name.
func (s *Step) Name() string { return s.Config.Name + ".relay" }

// Once takes in what the broker has answered, sends what follows as far as there
// is room, and moves the cursor if it is time. If another replica has the cursor
// there is nothing to do.
func (s *Step) Once(ctx context.Context) (bool, error) {
	landed, err := s.land()
	if err == nil && s.doubt {
		err = s.clear(ctx)
	}
	sent := false
	if err == nil {
		sent, err = s.send(ctx)
	}
	if err == nil && (s.Inline || s.doubt) {
		err = s.clear(ctx)
	}
	kept, late := s.keep(ctx, s.Inline) // also what was confirmed before something failed
	err = errors.Join(err, late)
	return err == nil && (landed || sent || kept), err
}

// Wait returns when there may be more to say, the broker has answered, the
// cursor is to be kept, or ctx is done.
func (s *Step) Wait(ctx context.Context) {
	soon := time.Duration(-1)
	if !s.unkept.IsZero() {
		soon = max(0, time.Until(s.unkept.Add(KeepEvery)))
	}
	switch {
	case s.full():
		s.flights[0].wait(ctx, soon) // what grows meanwhile has to wait
	case len(s.flights) > 0:
		s.place.Wait(ctx, soon, s.flights[0].done)
	default:
		s.place.Wait(ctx, soon, nil)
	}
}

// Drain waits a little for what is on the way, and gives the cursor back, so
// that another replica can go on at once.
func (s *Step) Drain() {
	flights := slices.Clone(s.flights)
	patience := time.AfterFunc(drainWithin, func() {
		for _, f := range flights {
			f.cancel()
		}
	})
	s.landing.Wait()
	patience.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	_, _ = s.land()
	_, _ = s.keep(ctx, true) // or it is said again
	s.place.Yield()
}

// full reports whether nothing may be sent for now.
func (s *Step) full() bool { return len(s.flights) >= Flights || s.back && len(s.flights) > 0 }

// land takes in the answers that are there, and returns what the first one to
// fail says. All that was sent after that will have to be sent again: nothing
// may overtake it.
func (s *Step) land() (landed bool, err error) {
	for len(s.flights) > 0 && s.flights[0].landed() {
		f := s.flights[0]
		s.flights, landed = s.flights[1:], true
		if s.back || s.term != s.place.Term() {
			continue
		}
		s.confirmed(f.position())
		s.doubt = f.err != nil
		if f.err != nil {
			s.back, err = true, f.err
		}
	}
	return landed, err
}

// clear waits until nothing is on the way. After a failure it is what tells a
// success from the mere fact that something could be sent again: without it a relay
// would seem to work between two failures, and be tried again and again at once.
func (s *Step) clear(ctx context.Context) error {
	for len(s.flights) > 0 {
		s.flights[0].wait(ctx, -1)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := s.land(); err != nil {
			return err
		}
	}
	return nil
}

// confirmed says that nothing is left to say up to a position.
func (s *Step) confirmed(position int64) {
	s.said = position
	if s.unkept.IsZero() && s.said > s.place.Kept() {
		s.unkept = time.Now()
	}
}

// send sends the next facts, if there is room.
func (s *Step) send(ctx context.Context) (bool, error) {
	if s.full() {
		return false, nil
	}
	if s.back {
		s.place.Went(s.said)
		s.back = false
	}
	records, err := s.place.Read(ctx, Batch)
	if s.term != s.place.Term() {
		s.begin()
	}
	if err != nil || len(records) == 0 || s.back {
		return false, err
	}
	last := records[len(records)-1].Position
	s.place.Went(last)
	messages, positions := s.messages(records)
	switch {
	case len(messages) > 0:
		s.flights = append(s.flights, s.launch(ctx, messages, positions, last))
	case len(s.flights) > 0:
		s.flights[len(s.flights)-1].last = last
	default:
		s.confirmed(last) // the service's own record, all of it
	}
	return true, nil
}

// begin begins a term, or what comes after one. What is on the way belongs to
// another: whoever had the cursor since may have been further, or not as far.
func (s *Step) begin() {
	s.term, s.said, s.unkept = s.place.Term(), s.place.Kept(), time.Time{}
	s.back = len(s.flights) > 0
}

// keep moves the cursor to what was said, if it is time or must be now.
func (s *Step) keep(ctx context.Context, now bool) (bool, error) {
	if s.unkept.IsZero() || s.term != s.place.Term() || !now && time.Since(s.unkept) < KeepEvery {
		return false, nil
	}
	s.unkept = time.Time{}
	if err := s.place.Keep(ctx, s.said); err != nil {
		return false, fmt.Errorf("advance: %w", err)
	}
	return true, nil
}

func (s *Step) messages(records []eventlog.Record) (messages []bus.Message, positions []int64) {
	for _, r := range records {
		if s.Says(r.Type) {
			messages = append(messages, Message(s.Config.Name, s.Terminal, r))
			positions = append(positions, r.Position)
		}
	}
	return messages, positions
}

// Message returns an event of a service as it is sent; terminal is as in Config.
func Message(source string, terminal func(kind string) bool, r eventlog.Record) bus.Message {
	return bus.Message{
		ID: r.ID, Type: r.Type, Subject: r.Stream, Version: r.Version, Source: source, Body: r.Body,
		Time: r.Time, Correlation: r.Correlation, Causation: r.Causation, Actor: r.Actor, Trace: r.Trace,
		Terminal: terminal != nil && terminal(r.Type),
	}
}

func traces(messages []bus.Message) []string {
	traces := make([]string, len(messages))
	for i, m := range messages {
		traces[i] = m.Trace
	}
	return traces
}
