// Package breaker guards calls to what may be down.
//
//	         failures in a row, or too many of the recent calls
//	closed ───────────────────────────────────────────────────▶ open
//	  ▲  ▲                                                      │  ▲
//	  │  └── refusals, the caller's own cancel, and repeats of  │  │ probe fails,
//	  │      one failure (About) do not count          OpenFor  │  │ or hangs until
//	  │                     probe succeeds                      ▼  │ its deadline
//	  └──────────────────────────────────────────────────── half open
//
// While it is open, calls are refused at once with ErrOpen and the target is
// left alone. Then one call at a time is let through as a probe.
//
// What is promised: every call gets a deadline of its own, and Call returns soon
// after it even if the function does not. Such a call is abandoned: it counts as
// a failure, its goroutine lives on until the function returns, and its result
// is dropped. So a probe that hangs cannot keep the breaker half open for ever.
// Whether an abandoned call had its effect is not known; calls that change
// something need an idempotency key and must be repeated, not given up.
//
// A breaker is one process's opinion. It is kept in memory, begins closed, and
// replicas form theirs alone. It does not retry and does not queue.
//
// The states and their rules are those of github.com/sony/gobreaker; this
// package adds deadlines, abandonment, the limit on calls that are out, and
// telemetry: the log line "breaker changed", the counter breaker.state.changes
// and the gauge breaker.state.
package breaker

import (
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Defaults of Config.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultOpenFor  = 10 * time.Second
	DefaultFailures = 5
	DefaultWindow   = 10 * time.Second
	DefaultMaxOut   = 1000
)

const (
	// Grace is how long a call may outlive its deadline, or the cancellation of
	// its caller, before it is abandoned. A function that watches its context
	// returns well within it, and what it found out is not lost.
	Grace = 100 * time.Millisecond

	// LeastCalls is how many calls a window must hold before its ratio of
	// failures means anything.
	LeastCalls = 20

	probes  = 1  // at a time, while half open
	buckets = 10 // of a window, each forgotten as a whole
)

var (
	// ErrOpen says that the call was not made, because its target is believed to
	// be down or has too many calls out. Another target may do, or a later time.
	ErrOpen = errors.New("circuit breaker is open")

	// ErrNoAnswer says that the call had not returned when its time was up, and
	// was abandoned. It always comes with context.DeadlineExceeded or
	// context.Canceled. The call may yet have its effect.
	ErrNoAnswer = errors.New("call did not return in time")
)

// errExcluded tells gobreaker that an outcome says nothing about the target.
var errExcluded = errors.New("says nothing about the target")

// A State is what a breaker believes of its target.
type State string

// The states of a breaker.
const (
	Closed   State = "closed"    // the target works
	HalfOpen State = "half_open" // one probe finds out
	Open     State = "open"      // the target is left alone
)

// A Config says how a breaker judges. Name is required.
type Config struct {
	Name string // of the target, in logs, metrics and errors

	// Timeout is the time that one call gets, 5 s by default. It should be
	// shorter than what callers allow themselves: a caller who leaves first has
	// proved nothing against the target.
	Timeout time.Duration

	// OpenFor is how long the target is left alone before a probe, 10 s by
	// default.
	OpenFor time.Duration

	// Failures is how many calls must fail in a row to open, 5 by default.
	Failures uint32

	// Ratio, if above zero, opens also when this share of the calls within
	// Window fail, of at least LeastCalls. Window is 10 s by default, and never
	// less than four times Timeout: a call that outlives the window in which it
	// began would not be counted. With a Ratio, a row of failures must fall into
	// the window as well.
	Ratio  float64
	Window time.Duration

	// MaxOut is how many calls may be out at once, abandoned ones included,
	// 1000 by default. It bounds the goroutines that a hanging target can tie up.
	MaxOut int64

	// Now is the clock by which OpenFor passes, the process's own by default. It
	// is for simulation; deadlines and Window go by the process's own always.
	Now func() time.Time

	// Refused says that an error is an answer: the target is well and says no.
	// Such a call counts as a success. By default no error is an answer.
	Refused func(error) bool
}

// A Breaker guards one target. It is used through Call, by many at a time.
type Breaker struct {
	name     string
	timeout  time.Duration
	maxOut   int64
	now      func() time.Time
	openFor  time.Duration
	answered func(error) bool // by a target that is well
	gate     *gobreaker.TwoStepCircuitBreaker[struct{}]
	out      atomic.Int64 // calls that have not returned

	// until is when the target may be probed, in nanoseconds of now. gobreaker
	// knows no clock but the process's own, so how long a breaker is open is
	// measured here: it is asked nothing before that time, and then finds that
	// its own time, of a nanosecond, has passed.
	until atomic.Int64

	blamed atomic.Pointer[string] // what the last call was about, if it failed
}

const openInside = time.Nanosecond

// New returns a closed breaker.
func New(c Config) *Breaker {
	b := &Breaker{
		name:     c.Name,
		timeout:  cmp.Or(c.Timeout, DefaultTimeout),
		maxOut:   cmp.Or(c.MaxOut, DefaultMaxOut),
		openFor:  cmp.Or(c.OpenFor, DefaultOpenFor),
		now:      c.Now,
		answered: c.answered,
	}
	if b.now == nil {
		b.now = time.Now
	}
	settings, report := c.settings(b.timeout), newReport(c.Name)
	settings.OnStateChange = func(name string, from, to gobreaker.State) {
		if to == gobreaker.StateOpen {
			b.until.Store(b.now().Add(b.openFor).UnixNano())
		}
		report(name, from, to)
	}
	b.gate = gobreaker.NewTwoStepCircuitBreaker[struct{}](settings)
	return b
}

func (c Config) settings(timeout time.Duration) gobreaker.Settings {
	s := gobreaker.Settings{
		Name:         c.Name,
		MaxRequests:  probes,
		Timeout:      openInside,
		ReadyToTrip:  c.tripped,
		IsExcluded:   func(err error) bool { return errors.Is(err, errExcluded) },
		IsSuccessful: c.answered,
	}
	if c.Ratio > 0 {
		s.Interval = max(cmp.Or(c.Window, DefaultWindow), 4*timeout)
		s.BucketPeriod = s.Interval / buckets
	}
	return s
}

// answered reports whether an outcome is an answer of a target that is well.
func (c Config) answered(err error) bool { return err == nil || c.Refused != nil && c.Refused(err) }

// tripped says whether a closed breaker opens, after a failure.
func (c Config) tripped(n gobreaker.Counts) bool {
	if n.ConsecutiveFailures >= cmp.Or(c.Failures, DefaultFailures) {
		return true
	}
	judged := n.TotalSuccesses + n.TotalFailures
	return c.Ratio > 0 && judged >= LeastCalls && float64(n.TotalFailures) >= c.Ratio*float64(judged)
}

// Name returns the name of the target.
func (b *Breaker) Name() string { return b.name }

// State returns what b believes of its target now.
func (b *Breaker) State() State {
	if b.shut() {
		return Open
	}
	return named(b.gate.State())
}

// shut reports whether b is open and has to stay so for a while.
func (b *Breaker) shut() bool { return b.now().UnixNano() <= b.until.Load() }

func named(s gobreaker.State) State {
	switch s {
	case gobreaker.StateClosed:
		return Closed
	case gobreaker.StateHalfOpen:
		return HalfOpen
	case gobreaker.StateOpen:
		return Open
	}
	panic("breaker: state of unknown kind")
}

// Ready reports whether a call made now would be let through, so that a caller
// with several targets can choose the next one. Another caller may come first;
// ErrOpen must be expected all the same.
func (b *Breaker) Ready() bool {
	if b.out.Load() >= b.maxOut {
		return false
	}
	switch b.State() {
	case Closed:
		return true
	case HalfOpen:
		n := b.gate.Counts()
		return n.Requests < n.TotalExclusions+probes
	case Open:
	}
	return false
}

// admit asks whether a call may be made. Whoever is admitted must call settle
// once with what the call says about the target.
func (b *Breaker) admit() (settle func(error), err error) {
	if b.out.Add(1) > b.maxOut {
		b.out.Add(-1)
		return nil, fmt.Errorf("%s: %w: %d calls are out", b.name, ErrOpen, b.maxOut)
	}
	var done func(error)
	err = gobreaker.ErrOpenState
	if !b.shut() {
		done, err = b.gate.Allow()
	}
	if err != nil {
		b.out.Add(-1)
		return nil, fmt.Errorf("%s: %w (%w)", b.name, ErrOpen, err)
	}
	return func(err error) {
		if !b.shut() { // else the call is older than the opening, and proves nothing
			done(err)
		}
	}, nil
}
