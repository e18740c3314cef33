package duty_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/duty"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/sqlitelog"
)

// The thing of these tests is a letter: once written it owes a posting, and after
// that, if it is registered, a receipt, asked for until it is there.
type letter struct{ written, registered, posted, received bool }

type codec struct{}

func (codec) Encode(e string) (string, int, []byte, error) { return e, 1, nil, nil }
func (codec) Decode(r eventlog.Record) (string, error)     { return r.Type, nil }
func decide(s letter, c string) ([]string, error) {
	if evolve(s, c) == s {
		return nil, nil
	}
	return []string{c}, nil
}

func evolve(s letter, e string) letter {
	switch e {
	case "write":
		s.written = true
	case "register":
		s.written, s.registered = true, true
	case "post":
		s.posted = true
	case "receive":
		s.received = true
	}
	return s
}

func owe(s letter) []decider.Duty[string] {
	switch {
	case s.written && !s.posted:
		return []decider.Duty[string]{{Key: "post", Do: "post"}}
	case s.posted && s.registered && !s.received:
		return []decider.Duty[string]{{Key: "ask", Do: "receive"}}
	}
	return nil
}

type host = decider.Host[letter, string, string, string]

// An office does the duties of letters, and has a clock that is set by hand.
type office struct {
	log  *sqlitelog.Log
	host *host
	step *agenda.Step

	mu    sync.Mutex
	now   time.Time
	calls []string
}

const every = time.Minute

// open returns an office whose calls are made by do.
func open(t *testing.T, stepped bool, do func(call string) (string, error)) *office {
	t.Helper()
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	o := &office{log: log, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	o.again(stepped, do)
	return o
}

// again is what a restart does: the log stays.
func (o *office) again(stepped bool, do func(call string) (string, error)) {
	o.host = decider.NewHost(decider.Decider[letter, string, string, string]{Decide: decide, Evolve: evolve, Owe: owe},
		decider.Config[string]{Log: o.log, Codec: codec{}, Now: o.clock})
	o.step = duty.New(duty.Config[letter, string, string, string]{
		Name: "test", Store: o.log, Host: o.host, Holder: "me", Now: o.clock, Every: every, Inline: stepped,
		Rand: func(below time.Duration) time.Duration { return below / 2 },
		Do: func(_ context.Context, stream string, _ letter, call string) (string, error) {
			o.mu.Lock()
			o.calls = append(o.calls, call+" "+stream)
			o.mu.Unlock()
			return do(call)
		},
	})
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) made() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.calls, ", ")
}

func (o *office) mustAsk(t *testing.T, stream, c string) {
	t.Helper()
	if _, err := o.host.Ask(t.Context(), decider.Cause{ID: uuid.New(), Actor: "tester"}, stream, c); err != nil {
		t.Fatal(err)
	}
}

func (o *office) mustStep(t *testing.T) {
	t.Helper()
	if err := loop.Until(t.Context(), o.step); err != nil {
		t.Fatal(err)
	}
}

func (o *office) check(t *testing.T, when, want string) {
	t.Helper()
	if got := o.made(); got != want {
		t.Errorf("%s: calls %q; want %q", when, got, want)
	}
}

func done(call string) (string, error) { return call, nil }

func TestADutyIsDoneOnceAndNoted(t *testing.T) {
	t.Parallel()
	o := open(t, true, done)
	o.mustAsk(t, "letter-a", "write")
	o.mustStep(t)
	o.pass(time.Hour)
	o.mustStep(t)
	o.check(t, "an hour later", "post letter-a")
	if s, _, err := o.host.Load(t.Context(), "letter-a"); err != nil || !s.posted {
		t.Errorf("Load = %+v, %v; want it posted", s, err)
	}
}

// A call that fails is owed still, and made again later under the same key.
func TestAFailedCallIsMadeAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	o := open(t, true, func(call string) (string, error) {
		if tries++; tries == 1 {
			return "", errors.New("line is dead")
		}
		return call, nil
	})
	o.mustAsk(t, "letter-a", "write")
	o.mustStep(t)
	o.check(t, "at once", "post letter-a")
	o.pass(agenda.LongestPause)
	o.mustStep(t)
	o.check(t, "later", "post letter-a, post letter-a")
}

// While the breaker is open nothing is tried; the duty looks again soon, however
// often that happens.
func TestAnOpenBreakerIsNoFailure(t *testing.T) {
	t.Parallel()
	isOpen := true
	o := open(t, true, func(call string) (string, error) {
		if isOpen {
			return "", fmt.Errorf("post: %w", breaker.ErrOpen)
		}
		return call, nil
	})
	o.mustAsk(t, "letter-a", "write")
	for range 10 {
		o.mustStep(t)
		o.pass(2 * time.Second)
	}
	isOpen = false
	o.mustStep(t)
	if s, _, err := o.host.Load(t.Context(), "letter-a"); err != nil || !s.posted {
		t.Errorf("Load = %+v, %v; want it posted as soon as the breaker is closed", s, err)
	}
}

// What is still owed after its result was noted comes up again after a while.
func TestWhatIsStillOwedComesUpAgain(t *testing.T) {
	t.Parallel()
	news := "nothing"
	o := open(t, true, func(call string) (string, error) {
		if call == "receive" {
			return news, nil
		}
		return call, nil
	})
	o.mustAsk(t, "letter-a", "register")
	o.mustStep(t)
	o.check(t, "at first", "post letter-a, receive letter-a")
	o.mustStep(t)
	o.check(t, "at once", "post letter-a, receive letter-a")
	news = "receive"
	o.pass(every)
	o.mustStep(t)
	o.pass(every)
	o.mustStep(t)
	o.check(t, "in the end", "post letter-a, receive letter-a, receive letter-a")
}

// An entry that nobody owes, as a change of the rules leaves behind, is dropped.
func TestWhatNobodyOwesIsDropped(t *testing.T) {
	t.Parallel()
	o := open(t, true, done)
	key := eventlog.DueKey{Kind: eventlog.Duty, Stream: "letter-a", Key: "frank"}
	if _, err := o.log.Append(t.Context(), []eventlog.Unit{{Set: []eventlog.Due{{DueKey: key, At: o.clock()}}}}); err != nil {
		t.Fatal(err)
	}
	o.mustStep(t)
	o.check(t, "after all", "")
	if at, ok, err := o.log.NextDue(t.Context(), eventlog.Duty); ok || err != nil {
		t.Errorf("NextDue = %s, %t, %v; want none", at, ok, err)
	}
}
