package rabbitbus

import (
	"context"
	"errors"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A link is a connection that comes back. What is built on it attends to it:
// it is told of each new connection.
type link struct {
	*keeper
	config Config
	use    string // what the connection is for
	counts counts

	// blocked is up while the broker takes nothing that is published here.
	blocked *flag

	mu      sync.Mutex
	conn    *amqp.Connection // nil while there is none
	wire    *wire            // what conn runs over
	lives   int              // how many connections there were
	changed chan struct{}    // closed at each change of conn
}

func newLink(c Config, use string, n counts) *link {
	return &link{
		keeper: newKeeper(c.Log, "connection to "+use, firstPause), config: c, use: use, counts: n,
		blocked: newFlag(), changed: make(chan struct{}),
	}
}

// run keeps the link connected until ctx is done.
func (l *link) run(ctx context.Context) { l.keep(ctx, l.live) }

// live is the life of one connection.
func (l *link) live(ctx context.Context, up func()) error {
	conn, w, err := dial(ctx, l.config.URL, l.config.Source+" "+l.use)
	if err != nil {
		return err
	}
	// Both have room for all that can come: a listener that is not there
	// holds up the library's only reader.
	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	blockings := conn.NotifyBlocked(make(chan amqp.Blocking, 16))
	l.set(ctx, conn, w)
	defer l.set(ctx, nil, nil)
	defer l.blocked.set(false)
	up()
	for {
		select {
		case <-ctx.Done():
			hangUp(conn, w, !l.blocked.isRaised())
			return nil
		case b := <-blockings: // or its end, which says that nothing is blocked
			l.block(ctx, b)
		case err := <-closed:
			return reason("connection", err)
		}
	}
}

// block takes note of what the broker says about taking messages.
func (l *link) block(ctx context.Context, b amqp.Blocking) {
	if !l.blocked.set(b.Active) {
		return
	}
	if b.Active {
		l.counts.blocked.Add(ctx, 1)
		l.log.Warn("broker takes no messages for now", "reason", b.Reason)
	} else {
		l.log.Info("broker takes messages again")
	}
}

// set takes note of a new connection, or of none.
func (l *link) set(ctx context.Context, conn *amqp.Connection, w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn, l.wire = conn, w
	if conn != nil {
		if l.lives++; l.lives > 1 {
			l.counts.reconnects.Add(ctx, 1)
		}
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// wireOf returns what conn runs over, or nil if it is not the one in use.
func (l *link) wireOf(conn *amqp.Connection) *wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != conn {
		return nil
	}
	return l.wire
}

// current returns the connection, or nil, and a channel that is closed when
// that changes.
func (l *link) current() (*amqp.Connection, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn, l.changed
}

// cut ends conn at once, whatever state the broker is in, if it is still the
// one in use.
func (l *link) cut(conn *amqp.Connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn && l.wire != nil {
		giveUp(l.wire)
	}
}

// A session is the life of something that is built on a connection.
type session func(ctx context.Context, conn *amqp.Connection, up func()) error

// attend has one session follow the other, on one connection after the other,
// until ctx is done.
func (l *link) attend(ctx context.Context, k *keeper, s session) {
	k.keep(ctx, func(ctx context.Context, up func()) error {
		conn := l.await(ctx, k)
		if conn == nil {
			return ctx.Err()
		}
		err := s(ctx, conn, up)
		if conn.IsClosed() {
			return errLinkLost
		}
		return err
	})
}

// await returns the connection as soon as there is one, or nil if ctx is done.
// If it has to wait for one that is down, then what k keeps is down as well.
func (l *link) await(ctx context.Context, k *keeper) *amqp.Connection {
	down := l.down.raised()
	for {
		conn, changed := l.current()
		if conn != nil && !conn.IsClosed() {
			return conn
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-down:
			k.down.set(true)
			down = nil // said once
		}
	}
}

// reason makes an error of why the broker, or the network, has ended
// something.
func reason(what string, err *amqp.Error) error {
	if err == nil {
		return errors.New(what + " closed")
	}
	return err
}
