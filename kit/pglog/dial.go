package pglog

import (
	"context"
	"net"
	"sync"
	"time"

	"orpheus.example/kit/quietnet"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// sockets knows every open connection, so that they can be cut. Asking a pool
// to close waits for a server that may never answer.
type sockets struct {
	dialer net.Dialer

	mu   sync.Mutex
	open map[*socket]struct{}
	cut  bool
}

// A socket is a connection that sockets knows of until it is closed.
type socket struct {
	net.Conn
	of    *sockets
	heard time.Time // when anything last came, or it was made
}

// newSockets returns what dials and knows of no connection yet.
func newSockets() *sockets { return &sockets{open: map[*socket]struct{}{}} }

// dial connects, unless everything has been cut.
func (s *sockets) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := s.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut {
		_ = c.Close() // it has not been used
		return nil, net.ErrClosed
	}
	made := &socket{Conn: quietnet.Conn(c), of: s, heard: time.Now()}
	s.open[made] = struct{}{}
	return made, nil
}

// Read reads, and notes that the server is heard.
func (c *socket) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if n > 0 {
		c.of.mu.Lock()
		c.heard = time.Now()
		c.of.mu.Unlock()
	}
	return n, err
}

// Close closes the connection and forgets it.
func (c *socket) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// drop closes the connections over which nothing has come since then. Whoever uses
// one is told by his next read or write.
func (s *sockets) drop(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if c.heard.Before(since) {
			_ = c.Conn.Close() // it was of no use, whatever becomes of it
		}
	}
}

// cutAll closes all connections under the feet of whoever uses them, and lets
// no new ones come up.
func (s *sockets) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	for c := range s.open {
		_ = c.Conn.Close() // whoever uses it is told by its next read or write
	}
}
