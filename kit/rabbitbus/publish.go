package rabbitbus

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// A publisher sends letters over a link, in one session after the other.
type publisher struct {
	*keeper
	config Config
	link   *link
	counts counts
	post   atomic.Pointer[post] // of the session, or nil
}

func newPublisher(c Config, l *link, n counts) *publisher {
	return &publisher{keeper: newKeeper(c.Log, "publishing", firstPause), config: c, link: l, counts: n}
}

// run keeps the publisher in session until ctx is done.
func (p *publisher) run(ctx context.Context) { p.link.attend(ctx, p.keeper, p.session) }

// session publishes on one connection until its channel dies.
func (p *publisher) session(ctx context.Context, conn *amqp.Connection, up func()) error {
	err := aside(conn, func(ch *amqp.Channel) error {
		return declareExchange(ch, p.config.Exchange)
	})
	if err != nil {
		return err
	}
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	defer giveUp(ch)
	if err := ch.Confirm(noWait); err != nil {
		return fmt.Errorf("ask for confirms: %w", err)
	}
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	s := newPost(p, ch, p.link.wireOf(conn))
	p.post.Store(s)
	defer s.end()
	defer p.post.Store(nil)
	up()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-closed:
		return reason("channel", err)
	case <-s.stuck:
		// What was sent on this connection may or may not arrive. The only
		// way on is to end it, and send again on another.
		p.log.Warn("broker confirms nothing, giving up the connection", "limit", p.config.ConfirmLimit)
		p.link.cut(conn)
		return errLinkLost
	}
}

// await returns the post of the session, if there is one and the broker takes
// messages. It waits only for the very first one, which is being made right
// after Open.
func (p *publisher) await(ctx context.Context) (*post, error) {
	select {
	case <-p.up.raised():
	case <-p.down.raised():
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	switch s := p.post.Load(); {
	case s == nil:
		return nil, bus.ErrDown
	case s.blocked.isRaised():
		return nil, bus.ErrBlocked
	default:
		return s, nil
	}
}

// A post is one session of publishing. Letters pass through three hands, so
// that no caller ever waits longer than its own context, whatever the socket
// does: send puts them into the bag, the sender writes them to the broker, and
// the settler learns what became of them.
//
//	send ──▶ bag ──▶ sender ──▶ sent ──▶ settler ──▶ letter.settled
type post struct {
	ch      *amqp.Channel
	wire    *wire // under it, or nil if that is lost already
	blocked *flag
	limit   time.Duration // on waiting for a confirm
	counts  counts

	slots    chan struct{}    // one is taken by each letter until it is settled
	bag      chan *letter     // never full: whoever puts something in has a slot
	sent     chan *letter     // likewise
	returned chan amqp.Return // has room for all that slots allow for, or the library would drop some
	stuck    chan struct{}    // the settler says here that confirms stay away

	gone chan struct{} // closed when the session ends: nothing more is sent
	over chan struct{} // closed when all that was sent is settled
	work sync.WaitGroup
}

func newPost(p *publisher, ch *amqp.Channel, w *wire) *post {
	window := p.config.Window
	s := &post{
		ch: ch, wire: w, blocked: p.link.blocked, limit: p.config.ConfirmLimit, counts: p.counts,
		slots:    make(chan struct{}, window),
		bag:      make(chan *letter, window),
		sent:     make(chan *letter, window),
		returned: ch.NotifyReturn(make(chan amqp.Return, 2*window)),
		stuck:    make(chan struct{}, 1),
		gone:     make(chan struct{}),
		over:     make(chan struct{}),
	}
	s.work.Go(s.deliver)
	s.work.Go(s.settle)
	return s
}

// end lets go of the session, and returns when all that was sent is settled.
// The channel must be closed, or be about to be.
func (s *post) end() {
	close(s.gone)
	s.work.Wait()
	close(s.over)
}

// send puts letters into the bag, as far as there is room, and returns how many
// it has put there.
func (s *post) send(ctx context.Context, letters []*letter) (int, error) {
	blocked := s.blocked.raised()
	for i, l := range letters {
		select {
		case <-blocked: // even if there is room: it would not leave
			return i, bus.ErrBlocked
		default:
		}
		select {
		case s.slots <- struct{}{}:
			s.bag <- l
		case <-blocked:
			return i, bus.ErrBlocked
		case <-s.gone:
			return i, bus.ErrDown
		case <-ctx.Done():
			return i, context.Cause(ctx)
		}
	}
	return len(letters), nil
}

// await returns what became of a letter, or why nobody will know.
func (s *post) await(ctx context.Context, l *letter) error {
	select {
	case <-l.settled: // most are, by the time those before them are
		return l.err
	default:
	}
	select {
	case <-l.settled:
		return l.err
	case <-s.blocked.raised():
		return bus.ErrBlocked
	case <-s.over:
		return s.verdict(l)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// verdict is for a letter whose session is over.
func (s *post) verdict(l *letter) error {
	select {
	case <-l.settled:
		return l.err
	default:
		return bus.ErrDown
	}
}

// deliver writes what is in the bag to the broker, until the session ends.
func (s *post) deliver() {
	defer close(s.sent)
	for {
		select {
		case <-s.gone:
			return
		case l := <-s.bag:
			s.deliverMany(l)
		}
	}
}

// deliverMany writes a letter, and with it all that are in the bag by then, in
// one piece as far as that is reasonable.
func (s *post) deliverMany(l *letter) {
	if s.wire != nil && len(s.bag) > 0 {
		s.wire.cork()
		defer s.wire.uncork()
	}
	for {
		if s.deliverOne(l) {
			s.sent <- l
		} else {
			<-s.slots
		}
		select {
		case l = <-s.bag:
		default:
			return
		}
	}
}

// deliverOne writes a letter to the broker, and reports whether it has. If not,
// the letter is settled, unless nobody waits to be told.
func (s *post) deliverOne(l *letter) bool {
	select {
	case <-l.unwanted:
		return false
	case <-s.blocked.raised():
		l.settle(bus.ErrBlocked)
		return false
	default:
	}
	var err error
	l.confirm, err = s.ch.PublishWithDeferredConfirm(l.exchange, l.key, l.mandatory, immediate, l.content)
	if err != nil {
		// The library has given up the connection, and the link logs why.
		l.settle(fmt.Errorf("%w: %w", bus.ErrDown, err))
	}
	return err == nil
}

// settle learns what became of each letter that was sent, in the order of
// sending, which is nearly that of the broker's answers. It returns when the
// session has ended and all are settled: a channel that closes refuses what it
// has not confirmed.
func (s *post) settle() {
	back := returns{}
	for l := range s.sent {
		s.waitConfirm(l)
		s.sortReturns(back)
		l.settle(s.fate(l, back))
		<-s.slots
	}
}

// waitConfirm returns when the broker has answered, or the channel is closed.
// If neither happens in time it says so, and goes on waiting.
func (s *post) waitConfirm(l *letter) {
	select {
	case <-l.confirm.Done():
		return
	default:
	}
	timer := time.NewTimer(s.limit)
	defer timer.Stop()
	for {
		select {
		case <-l.confirm.Done():
			return
		case <-timer.C:
		}
		if !s.blocked.isRaised() {
			s.complain()
			<-l.confirm.Done()
			return
		}
		// A blocked broker confirms nothing, and that is not held against it.
		select {
		case <-l.confirm.Done():
			return
		case <-s.blocked.lowered():
			timer.Reset(s.limit)
		}
	}
}

// complain asks for the end of the session. To ask once is enough.
func (s *post) complain() {
	select {
	case s.stuck <- struct{}{}:
	default:
	}
}

// returns counts what came back.
type returns map[returned]int

// A returned is a message that came back. Messages of which all this is the same
// say the same, so it does not matter which of them it was.
type returned struct{ exchange, key, id string }

// sortReturns takes note of what has come back until now. The broker sends a
// message back before it confirms it, and the library's one reader hands over
// both in that order, so when a confirm is there, its return is too.
func (s *post) sortReturns(back returns) {
	for {
		select {
		case r, ok := <-s.returned:
			if !ok {
				s.returned = nil
				return
			}
			s.counts.returned.Add(context.Background(), 1)
			back[returned{r.Exchange, r.RoutingKey, r.MessageId}]++
		default:
			return
		}
	}
}

// fate is what became of a letter that was answered for.
func (s *post) fate(l *letter, back returns) error {
	id := returned{l.exchange, l.key, l.content.MessageId}
	if back[id] > 0 {
		if back[id]--; back[id] == 0 {
			delete(back, id)
		}
		return bus.ErrUnroutable
	}
	switch {
	case l.confirm.Acked():
		return nil
	case s.ch.IsClosed():
		return bus.ErrDown
	default:
		return bus.ErrRefused
	}
}
