package membus

import (
	"context"
	"fmt"
	"slices"

	"orpheus.example/kit/bus"
)

// A Bus is a bus.Bus on a Broker.
type Bus struct {
	broker *Broker
	source string
	convoy bus.Convoy // of what Send has sent
	closed bool       // guarded by the broker
}

// Publish implements bus.Bus. It waits for the disk and for nothing else.
func (b *Bus) Publish(ctx context.Context, messages []bus.Message) (int, error) {
	return b.start(ctx, messages, nil).finish()
}

// Send implements bus.Bus. What it sends is in the queues when it returns; Wait
// waits for the disk.
func (b *Bus) Send(ctx context.Context, messages []bus.Message) bus.Sent {
	return b.start(ctx, messages, &b.convoy)
}

// A sent is a publication of which the first n messages are in their queues,
// and err says why the next is not.
type sent struct {
	messages []bus.Message
	convoy   *bus.Convoy // which it leaves once it was waited for, or nil
	n        int
	err      error
	wait     func() error // until they are on disk
}

// start puts messages into the queues. Those of a convoy go only if nothing
// before them has failed.
func (b *Bus) start(ctx context.Context, messages []bus.Message, convoy *bus.Convoy) *sent {
	s := &sent{messages: messages, convoy: convoy, wait: func() error { return nil }}
	if convoy != nil && !convoy.Join(b.broker.way()) {
		s.err = bus.ErrBehind
		return s
	}
	if len(messages) > 0 {
		s.n, s.wait, s.err = b.enter(ctx, messages)
	}
	if s.err != nil && convoy != nil {
		convoy.Halt()
	}
	return s
}

// Wait implements bus.Sent. It waits for the disk, which no context can hurry.
func (s *sent) Wait(context.Context) (int, error) {
	if s.convoy != nil {
		defer s.convoy.Leave()
	}
	return s.finish()
}

// finish waits for the disk. The first n may be delivered, handled and settled
// before they are there; if they never get there they are not confirmed either,
// and come twice at worst.
func (s *sent) finish() (int, error) {
	if broken := s.wait(); broken != nil {
		if s.convoy != nil {
			s.convoy.Halt()
		}
		s.n, s.err = 0, fmt.Errorf("%w: %w", bus.ErrRefused, broken)
	}
	if s.err != nil && len(s.messages) > 0 {
		m := s.messages[s.n]
		return s.n, fmt.Errorf("publish %s %s: %w", m.Type, m.ID, s.err)
	}
	return s.n, nil
}

// enter puts messages into the queues, up to the first that cannot be. What is
// written it is for wait to see safely on disk, with the broker unlocked.
func (b *Bus) enter(ctx context.Context, messages []bus.Message) (n int, wait func() error, err error) {
	here := b.broker
	here.mu.Lock()
	defer here.mu.Unlock()
	wait = func() error { return nil }
	switch {
	case b.closed:
		return 0, wait, bus.ErrClosed
	case ctx.Err() != nil:
		return 0, wait, context.Cause(ctx)
	case !here.up:
		return 0, wait, bus.ErrDown
	}
	letters, n, unfit := here.accept(b.source, messages)
	if err := here.deliver(letters); err != nil {
		return 0, wait, fmt.Errorf("%w: %w", bus.ErrRefused, err)
	}
	if j := here.journal; j != nil && len(letters) > 0 {
		mark := j.written.Load()
		wait = func() error { return j.commit(mark) }
		here.tidy()
	}
	return n, wait, unfit
}

// accept makes letters of the first n messages, up to the one that cannot be
// sent, and takes room for them. What nobody need hear and nobody does is among
// the n but not among the letters.
func (b *Broker) accept(source string, messages []bus.Message) (letters []*letter, n int, err error) {
	letters = make([]*letter, 0, len(messages))
	for i, m := range messages {
		if m.Source == "" {
			m.Source = source
		}
		if err := bus.Check(m); err != nil {
			return letters, i, err
		}
		l := b.seal(m)
		switch {
		case len(l.to) == 0 && m.Terminal:
			continue
		case len(l.to) == 0:
			return letters, i, bus.ErrUnroutable
		}
		if err := b.reserve(l); err != nil {
			return letters, i, err
		}
		letters = append(letters, l)
	}
	return letters, len(messages), nil
}

// seal makes a letter of m that holds only what travels, and nothing that its
// sayer can still write to.
func (b *Broker) seal(m bus.Message) *letter {
	b.seq++
	m.Terminal = false
	m.Body = slices.Clone(m.Body)
	if !m.Time.IsZero() {
		m.Time = m.Time.Round(0).UTC() // Round drops the monotonic reading
	}
	return &letter{
		Message: m, seq: b.seq, partition: bus.Partition(m.Correlation, b.config.Partitions), to: b.routes[m.Type],
	}
}

// reserve takes room for a letter in all queues that it goes to, or in none.
func (b *Broker) reserve(l *letter) error {
	for _, h := range l.to {
		if line := h.lineOf(l); line.size() >= b.config.Cap {
			return fmt.Errorf("queue %s is full at %d messages: %w", line.name, b.config.Cap, bus.ErrRefused)
		}
	}
	for _, h := range l.to {
		h.lineOf(l).coming++
	}
	return nil
}

// deliver writes letters to the journal and then puts them into their queues.
// What cannot be written is in none.
func (b *Broker) deliver(letters []*letter) error {
	var failed error
	if b.journal != nil {
		failed = b.journal.said(letters)
	}
	touched := map[*hearer]bool{}
	for _, l := range letters {
		for _, h := range l.to {
			line := h.lineOf(l)
			line.coming--
			if failed == nil {
				line.ready = append(line.ready, item{letter: l})
				touched[h] = true
			}
		}
		l.to = nil
	}
	for h := range touched { // in any order: to signal has no effect but on who waits
		h.signal()
	}
	return failed
}

// Subscribe implements bus.Bus. While the broker is stopped it succeeds as well,
// and the queue is there once the broker is.
func (b *Bus) Subscribe(ctx context.Context, s bus.Subscription) (bus.Queue, error) {
	if err := bus.CheckSubscription(s); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	here := b.broker
	here.mu.Lock()
	defer here.mu.Unlock()
	switch {
	case b.closed:
		return nil, fmt.Errorf("subscribe %s: %w", s.Queue, bus.ErrClosed)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("subscribe %s: %w", s.Queue, context.Cause(ctx))
	}
	q := newQueue(b, s)
	if here.up {
		if err := here.attach(q); err != nil {
			return nil, fmt.Errorf("subscribe %s: %w", s.Queue, err)
		}
	}
	here.queues = append(here.queues, q)
	return q, nil
}

// Close implements bus.Bus. It does not wait, so ctx does not matter.
func (b *Bus) Close(context.Context) error {
	here := b.broker
	here.mu.Lock()
	defer here.mu.Unlock()
	b.closed = true
	here.queues = slices.DeleteFunc(here.queues, func(q *queue) bool {
		if q.bus != b {
			return false
		}
		q.closed = true
		q.detach()
		return true
	})
	return nil
}
