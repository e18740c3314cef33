package sim

import (
	"context"
	"slices"

	"orpheus.example/kit/bus"
)

// A broker holds what was published and not yet settled. It keeps what a bus
// promises and nothing beyond: at least once, in any order. Its queues outlive
// their hearers; a wipe empties them, as when its disk is lost and the hearers
// declare their queues anew.
type broker struct {
	w      *world
	queues []*queue // in the order of the services
	said   []bus.Message
	first  map[string]int64 // by stream: the highest version that was published
	before int64            // what first was before the last publication
}

// A queue is one hearer's.
type queue struct {
	name    string
	types   map[string]bool
	ready   []letter
	out     []letter // delivered and not settled
	epoch   uint64   // of the present connection
	lastTag uint64
}

// A letter is one copy of a message on its way to one hearer.
type letter struct {
	bus.Message
	tag   uint64
	again bool // it was delivered before
}

func newBroker(w *world) *broker { return &broker{w: w, first: map[string]int64{}} }

// reset empties the broker, and keeps the queues.
func (b *broker) reset() {
	b.wipe()
	b.said = b.said[:0]
	clear(b.first)
}

// wipe loses all messages, and the connections with them.
func (b *broker) wipe() {
	for _, q := range b.queues {
		clear(q.ready)
		q.ready, q.out = q.ready[:0], q.out[:0]
		q.epoch++
	}
}

// route puts m into every queue that wants it, and reports whether there was one.
func (b *broker) route(m bus.Message) bool {
	routed := false
	for _, q := range b.queues {
		if q.types[m.Type] {
			q.ready = append(q.ready, letter{Message: m})
			routed = true
		}
	}
	return routed
}

// queue returns the queue of a name, made if it is not there.
func (b *broker) queue(s bus.Subscription) *queue {
	for _, q := range b.queues {
		if q.name == s.Queue {
			return q
		}
	}
	q := &queue{name: s.Queue, types: map[string]bool{}}
	for _, t := range s.Types {
		q.types[t] = true
	}
	b.queues = append(b.queues, q)
	return q
}

// disconnect has all that was not settled come again, first of all. Acks of what
// was delivered before mean nothing from then on: hence the epoch.
func (q *queue) disconnect() {
	for i := range q.out {
		q.out[i].again = true
	}
	q.ready = slices.Insert(q.ready, 0, q.out...)
	q.out = q.out[:0]
	q.epoch++
}

// A link is one process's connection to the broker.
type link struct {
	l      *life
	q      *queue
	convoy bus.Convoy
}

var (
	_ bus.Bus   = (*link)(nil)
	_ bus.Queue = (*link)(nil)
)

// Publish sends messages. The answer may be lost, or cover a part of them only:
// each message is an effect of its own, and a process may crash between two.
func (k *link) Publish(_ context.Context, messages []bus.Message) (n int, err error) {
	w := k.l.w
	for n < len(messages) {
		verdict := k.l.ask(sitePublish)
		if verdict == crashBefore {
			return n, k.l.die()
		}
		if verdict == failBefore {
			w.happened(PublishFailed)
			return n, bus.ErrDown
		}
		// Every service has subscribed before the first fact, so this is a fact
		// that somebody declares to say and nobody declares to hear.
		if !w.broker.route(messages[n]) && !messages[n].Terminal {
			w.violated("routing", "no queue takes %s", messages[n].Type)
		}
		w.published(k.l, messages[n])
		if verdict == crashAfter {
			return n, k.l.die()
		}
		if verdict == failAfter {
			w.happened(ConfirmLost)
			return n, bus.ErrDown
		}
		n++
	}
	return n, nil
}

// Send publishes at once. Nothing that is sent after a failure goes before the
// failure is known.
func (k *link) Send(ctx context.Context, messages []bus.Message) bus.Sent {
	s := &sent{link: k}
	if !k.convoy.Join(k.q) {
		s.err = bus.ErrBehind
		return s
	}
	if s.n, s.err = k.Publish(ctx, messages); s.err != nil {
		k.convoy.Halt()
	}
	return s
}

// A sent is a publication whose fate is known.
type sent struct {
	link *link
	n    int
	err  error
}

// Wait returns what became of it.
func (s *sent) Wait(context.Context) (int, error) {
	s.link.convoy.Leave()
	return s.n, s.err
}

// Subscribe connects to the queue.
func (k *link) Subscribe(_ context.Context, s bus.Subscription) (bus.Queue, error) {
	k.q = k.l.w.broker.queue(s)
	k.q.disconnect() // what an earlier life had in hand
	return k, nil
}

// Close does nothing: lives end by crashing.
func (k *link) Close(context.Context) error { return nil }

// Receive returns some of what has arrived, which need not be what arrived first.
func (k *link) Receive(limit int) []bus.Delivery {
	if k.l.dead || len(k.q.ready) == 0 || limit < 1 {
		return nil
	}
	w := k.l.w
	n := limit
	if w.faulty { // few at a time, so that other steps come in between
		n = 1 + w.tape.draw(3)
	}
	n = min(n, len(k.q.ready), limit)
	got := make([]bus.Delivery, 0, n)
	for range n {
		got = append(got, k.take())
	}
	return got
}

// take takes one letter out of the queue. Reordering is drawn apart from how far
// it goes, so that the tame choice is the one in front.
func (k *link) take() bus.Delivery {
	w, i := k.l.w, 0
	if w.faulty && len(k.q.ready) > 1 && w.tape.chance(w.reorder) {
		i = w.tape.draw(min(len(k.q.ready), 256))
		if i > 0 {
			w.happened(MessageReordered)
		}
	}
	one := k.q.ready[i]
	switch {
	case w.faulty && w.tape.chance(w.duplicate):
		w.happened(MessageDuplicated) // it stays where it is, and comes once more
		k.q.ready[i].again = true
	case i == 0:
		k.q.ready = k.q.ready[1:]
	default:
		k.q.ready = slices.Delete(k.q.ready, i, i+1)
	}
	k.q.lastTag++
	one.tag = k.q.lastTag
	k.q.out = append(k.q.out, one)
	w.delivered(k.l, one)
	return bus.Delivery{Message: one.Message, Redelivered: one.again, Epoch: k.q.epoch, Tag: one.tag}
}

// Arrived is for loops that wait; nothing waits here.
func (k *link) Arrived() <-chan struct{} { return nil }

// Ack settles deliveries, unless the connection breaks first.
func (k *link) Ack(deliveries ...bus.Delivery) error {
	if k.l.dead || len(deliveries) == 0 {
		return nil
	}
	switch k.l.ask(siteAck) {
	case crashBefore:
		return k.l.die()
	case failBefore, failAfter: // nothing tells whether it was heard
		k.l.w.happened(AckLost)
		k.l.w.tell("%s loses its connection, and its acks", k.l.service.name)
		k.q.disconnect()
		return nil
	case crashAfter:
		k.q.settle(deliveries)
		return k.l.die()
	case goesWell:
		k.q.settle(deliveries)
	}
	return nil
}

// settle forgets deliveries. Those of an earlier connection come again.
func (q *queue) settle(deliveries []bus.Delivery) {
	for _, d := range deliveries {
		if d.Epoch == q.epoch {
			q.out = slices.DeleteFunc(q.out, func(l letter) bool { return l.tag == d.Tag })
		}
	}
}

// Reject sets a delivery aside. Nothing here is ever malformed, so that it comes
// to this is always wrong.
func (k *link) Reject(d bus.Delivery) error {
	if !k.l.dead {
		k.l.w.violated("dead letter", "%s sets %s of %s aside", k.l.service.name, d.Type, d.Correlation)
		k.q.settle([]bus.Delivery{d})
	}
	return nil
}

// published notes what was said, for replays and for the transcript. Only what is
// further on in its stream than all before is new; the rest is a repeat.
func (w *world) published(l *life, m bus.Message) {
	m.Terminal = false
	if before := w.broker.first[m.Subject]; before < m.Version {
		w.broker.first[m.Subject], w.broker.before = m.Version, before
		w.broker.said = append(w.broker.said, m)
		w.checkNoGhost(l, m)
	}
	w.note(line{kind: says, from: l.service.name, what: m.Type, order: m.Correlation, version: m.Version})
}

func (w *world) delivered(l *life, one letter) {
	w.work.Messages++
	w.note(line{kind: hears, from: one.Source, to: l.service.name, what: one.Type, order: one.Correlation, version: one.Version, again: one.again})
}
