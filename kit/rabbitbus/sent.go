package rabbitbus

import (
	"context"
	"fmt"

	"orpheus.example/kit/bus"
)

// A sent is a publication: the letters that its messages became, how far those
// were sent, and what kept the rest.
type sent struct {
	bus      *Bus
	messages []bus.Message
	convoy   *bus.Convoy   // which it leaves once it was waited for, or nil
	unwanted chan struct{} // closed then: what is still in the bag need not be sent any more

	fit   int   // how many of the first messages became letters
	unfit error // why not the next, or nil

	post    *post
	letters []*letter
	gone    int   // how many of the first letters were sent
	stopped error // why not the next, or nil
}

// start makes letters of messages and sends them, as far as there is room within
// ctx. Those of a convoy go only if nothing before them has failed.
func (b *Bus) start(ctx context.Context, messages []bus.Message, convoy *bus.Convoy) *sent {
	s := &sent{bus: b, messages: messages, unwanted: make(chan struct{})}
	if len(messages) == 0 {
		return s
	}
	s.convoy = convoy
	way, err := b.way(ctx)
	if convoy != nil && !convoy.Join(way) && err == nil {
		err = bus.ErrBehind
	}
	if err != nil {
		s.unfit = err
	} else {
		s.post = way
		s.seal()
		s.gone, s.stopped = way.send(ctx, s.letters)
	}
	if convoy != nil && (s.unfit != nil || s.stopped != nil) {
		convoy.Halt()
	}
	return s
}

// way returns the session to send in.
func (b *Bus) way(ctx context.Context) (*post, error) {
	if b.ctx.Err() != nil {
		return nil, bus.ErrClosed
	}
	return b.publisher.await(ctx)
}

// Wait implements bus.Sent.
func (s *sent) Wait(ctx context.Context) (int, error) {
	if s.convoy != nil {
		defer s.convoy.Leave()
	}
	ctx, end := s.bus.within(ctx)
	defer end()
	return s.finish(ctx)
}

// finish waits for all letters whose fate can matter, and tells it.
func (s *sent) finish(ctx context.Context) (int, error) {
	defer close(s.unwanted)
	n, err := s.fit, s.unfit
	for i, l := range s.letters {
		if l.first >= n {
			continue // something before it has failed, so it is sent again anyway
		}
		worse := s.stopped
		if i < s.gone {
			// Even if not all could be sent: those before may have fared well,
			// or worse.
			worse = s.post.await(ctx, l)
		}
		if worse != nil {
			n, err = l.first, worse
		}
	}
	if err != nil {
		if s.convoy != nil {
			s.convoy.Halt() // also if only ctx is done: nobody knows what became of it
		}
		m := s.messages[n]
		return n, fmt.Errorf("publish %s %s: %w", m.Type, m.ID, err)
	}
	return n, nil
}

// within returns a context that ends with the bus, too, and the function that
// lets go of it.
func (b *Bus) within(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	//nolint:contextcheck // it ends with the bus, too
	stop := context.AfterFunc(b.ctx, func() { cancel(bus.ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}
