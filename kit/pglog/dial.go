package pglog

import (
	"context"
	"net"
	"sync"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// sockets knows every open connection, so that they can be cut. Asking a pool
// to close waits for a server that may never answer.
type sockets struct {
	dialer net.Dialer

	mu   sync.Mutex
	open map[net.Conn]struct{}
	cut  bool
}

// A socket is a connection that sockets knows of until it is closed.
type socket struct {
	net.Conn
	of *sockets
}

// newSockets returns what dials and knows of no connection yet.
func newSockets() *sockets { return &sockets{open: map[net.Conn]struct{}{}} }

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
	s.open[c] = struct{}{}
	return &socket{c, s}, nil
}

// Close closes the connection and forgets it.
func (c *socket) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// cutAll closes all connections under the feet of whoever uses them, and lets
// no new ones come up.
func (s *sockets) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	for c := range s.open {
		_ = c.Close() // whoever uses it is told by its next read or write
	}
}
