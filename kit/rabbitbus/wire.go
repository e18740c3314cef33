package rabbitbus

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/quietnet"
)

// Limits of a connection.
const (
	connectLimit   = 3 * time.Second // for TCP to connect
	handshakeLimit = 5 * time.Second // for each answer of the broker until the connection is open
	writeLimit     = 2 * time.Second // for the socket to take what is written
	byeLimit       = time.Second     // for the broker to say goodbye
	heartbeat      = 5 * time.Second // unless the URL says otherwise
)

// A wire is a TCP connection that does not hang. The client library clears all
// deadlines once a connection is open and counts on TCP, which waits for ever
// for a broker that reads nothing: RabbitMQ does that to publishers when it is
// short of memory or disk. So the wire sets its own deadlines, and takes none
// from the library.
type wire struct {
	net.Conn
	mu   sync.Mutex
	idle time.Duration // how long to wait for something to read; 0 is for ever

	// What is written while the wire is corked goes out in one piece.
	writing sync.Mutex // held until it has gone
	corked  bool
	held    []byte

	// release says that the end of the context which dialled the wire does
	// not cut it any more.
	release func() bool
}

// dialWire opens a wire that is cut when ctx ends, until it is released. So a
// handshake, which knows no context, ends with it all the same.
func dialWire(ctx context.Context, network, address string) (*wire, error) {
	conn, err := (&net.Dialer{Timeout: connectLimit}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// An ack must not wait for the next one to fill a packet.
		_ = tcp.SetNoDelay(true) // only slower if it fails
	}
	return &wire{
		Conn: quietnet.Conn(conn), idle: handshakeLimit,
		release: context.AfterFunc(ctx, func() { giveUp(conn) }),
	}, nil
}

// Read waits no longer than the broker may be silent.
func (w *wire) Read(p []byte) (int, error) {
	if err := w.extend(); err != nil {
		return 0, err
	}
	return w.Conn.Read(p)
}

func (w *wire) extend() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle == 0 {
		return w.Conn.SetReadDeadline(time.Time{})
	}
	return w.Conn.SetReadDeadline(time.Now().Add(w.idle))
}

// settle changes how long the broker may be silent, also for a Read that waits
// already.
func (w *wire) settle(idle time.Duration) error {
	w.mu.Lock()
	w.idle = idle
	w.mu.Unlock()
	return w.extend()
}

// corkLimit is how many bytes a wire holds while it is corked.
const corkLimit = 64 << 10

// cork has what is written wait for uncork, which must follow soon: the library
// writes each message by itself, and a broker that gets many in one piece has
// less work with each.
func (w *wire) cork() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.corked = true
}

// uncork writes what has waited. If that fails the wire is of no use any more.
func (w *wire) uncork() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.corked = false
	if err := w.flush(); err != nil {
		giveUp(w) // whoever reads from it learns of that
	}
}

// flush writes what has waited. The caller holds writing.
func (w *wire) flush() error {
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.push(w.held)
	w.held = w.held[:0]
	return err
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if len(w.held)+len(p) > corkLimit {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	if !w.corked || len(p) > corkLimit {
		return w.push(p)
	}
	w.held = append(w.held, p...)
	return len(p), nil
}

// push fails rather than wait for a broker that does not read.
func (w *wire) push(p []byte) (int, error) {
	if err := w.Conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// SetDeadline does nothing; see wire.
func (*wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing; see wire.
func (*wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing; see wire.
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// dial opens an AMQP connection, and returns the wire under it for when it must
// be cut. name is what the broker lists it as.
func dial(ctx context.Context, address, name string) (*amqp.Connection, *wire, error) {
	var w *wire
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(name)
	conn, err := amqp.DialConfig(address, amqp.Config{
		Heartbeat:  heartbeat,
		Properties: properties,
		Dial: func(network, address string) (_ net.Conn, err error) {
			w, err = dialWire(ctx, network, address)
			return w, err
		},
	})
	if err != nil {
		if w != nil {
			giveUp(w) // the library leaves it open if the handshake fails
		}
		return nil, nil, fmt.Errorf("dial: %w", err)
	}
	w.release()
	// An idle broker sends something twice in each interval.
	if err := w.settle(conn.Config.Heartbeat * 3 / 2); err != nil {
		giveUp(w)
		return nil, nil, fmt.Errorf("dial: %w", err)
	}
	return conn, w, nil
}

// giveUp closes what is of no use any more. It ends either way, so an error
// would help nobody.
func giveUp(c io.Closer) { _ = c.Close() }

// hangUp closes a connection. Unless it is polite, or if the broker does not
// answer, it cuts the wire; what was written last may then be lost.
func hangUp(conn *amqp.Connection, w *wire, polite bool) {
	if polite {
		timer := time.AfterFunc(byeLimit, func() { giveUp(w) })
		defer timer.Stop()
	} else {
		giveUp(w)
	}
	giveUp(conn)
}
