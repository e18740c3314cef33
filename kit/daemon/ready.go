package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// How readiness is found out. Three seconds after its store is gone, a service says
// so at the latest: a store may vouch for itself for one of them (pglog does).
const (
	ReadyEvery  = time.Second // how often the store is asked
	ReadyWithin = time.Second // what its answer may take
)

// A state is how far the process is, for those who ask.
type state struct {
	mu  sync.Mutex
	why string // it is not ready; empty if it is
}

func newState() *state { return &state{why: "starting"} }

func (s *state) notReady() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// set reports whether anything has changed.
func (s *state) set(why string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := (s.why == "") != (why == "")
	s.why = why
	return changed
}

// A pulse asks a store now and then whether it can be used, and tells.
type pulse struct {
	ready func(context.Context) error
	state *state
	tell  func(serving bool)
}

// run asks until ctx is done. It does not tell that the process stops: whoever
// ends ctx does.
func (p *pulse) run(ctx context.Context) {
	ticker := time.NewTicker(ReadyEvery)
	defer ticker.Stop()
	for {
		p.beat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// beat asks once. A store that does not even heed its context counts as not
// ready, and is not asked again before it has answered.
func (p *pulse) beat(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, ReadyWithin)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- p.ready(limited) }()
	select {
	case err := <-answer:
		p.settle(ctx, err)
		return
	case <-limited.Done():
		p.settle(ctx, limited.Err())
	}
	select {
	case <-answer: //nolint:errcheck // it comes too late to count; the next question is due
	case <-ctx.Done():
	}
}

// settle takes an answer for the truth, and tells if it is a new one. A single
// failure counts: a store that fails now and then is not ready now and then.
func (p *pulse) settle(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the process stops, and what the store says no longer matters
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errSlow
	}
	if !p.state.set(reason(err)) {
		return
	}
	p.tell(err == nil)
	if err == nil {
		slog.InfoContext(ctx, "ready")
		return
	}
	slog.WarnContext(ctx, "not ready", "error", err)
}

var errSlow = errors.New("store does not answer in time")

// reason returns what readyz says about err.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
