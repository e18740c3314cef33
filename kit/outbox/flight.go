package outbox

import (
	"context"
	"fmt"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/telemetry"
)

// A flight is messages that were sent together.
type flight struct {
	messages  []bus.Message
	positions []int64 // of messages
	last      int64   // position up to which there is nothing else to say
	cancel    context.CancelFunc

	n    int   // how many were confirmed, valid once done is closed
	err  error // and why not the next
	done chan struct{}
}

// launch sends messages. Who has sent before is waited for before, as the bus
// demands. The step may be told to stop meanwhile: what is on its way then has a
// moment to arrive.
func (s *Step) launch(ctx context.Context, messages []bus.Message, positions []int64, last int64) *flight {
	f := &flight{messages: messages, positions: positions, last: last, done: make(chan struct{})}
	ctx, f.cancel = loop.Within(loop.Unending(ctx), publishWithin)
	var created []string
	if !telemetry.Off() {
		created = traces(messages)
	}
	ctx, end := telemetry.Publish(ctx, bus.Exchange, created)
	if s.Inline {
		f.n, f.err = s.Bus.Publish(ctx, messages)
		f.land(end)
		return f
	}
	var before <-chan struct{}
	if len(s.flights) > 0 {
		before = s.flights[len(s.flights)-1].done
	}
	sent := s.Bus.Send(ctx, messages)
	s.landing.Go(func() {
		if before != nil {
			<-before
		}
		f.n, f.err = sent.Wait(ctx)
		f.land(end)
	})
	return f
}

func (f *flight) land(end func(int, error)) {
	f.cancel()
	end(f.n, f.err)
	if f.err != nil {
		f.err = fmt.Errorf("publish %s: %w", f.messages[f.n].Type, f.err)
	}
	close(f.done)
}

func (f *flight) landed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// position returns up to where nothing is left to say, once f has landed.
func (f *flight) position() int64 {
	if f.err != nil {
		return f.positions[f.n] - 1
	}
	return f.last
}

// wait returns when f has landed, after soon if that is not negative, or when
// ctx is done.
func (f *flight) wait(ctx context.Context, soon time.Duration) {
	var over <-chan time.Time
	if soon >= 0 {
		t := time.NewTimer(soon)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
	case <-f.done:
	case <-over:
	}
}
