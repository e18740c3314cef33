// Package proxy is a bad connection: it stands between a client and a server and
// cuts, delays and swallows what passes.
//
//	client ──▶ Addr ═══ Proxy ═══▶ Aim: server
//
// What it can do to the connections that pass through it is what networks do:
//
//   - Cut ends them with a reset, at once or after so many more bytes, which is
//     mostly in the middle of a frame.
//   - Deafen swallows all that either side says on them from now on, and tells
//     nobody: the other machine has lost power. Only deadlines and heartbeats find
//     out. New connections pass.
//   - Stall keeps all that is said on old and new ones, and hands it on at Heal: a
//     route that was away for a while.
//   - Slow hands everything on late.
//
// It knows no protocol. It reads no faster than it hands on, so whoever sends
// into a stalled or slow connection comes to feel it.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// dialWithin bounds how long the server may take to answer a new connection.
const dialWithin = 5 * time.Second

// A Proxy passes connections on. Its methods may be called from several
// goroutines.
type Proxy struct {
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	target string
	late   time.Duration // how late everything is handed on
	open   chan struct{} // closed unless stalled
	links  map[*link]bool
	closed bool
}

// Open returns a proxy that listens on a free port of the loopback. Until it is
// aimed at a server it takes connections and drops them.
func Open() (*Proxy, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open proxy: %w", err)
	}
	p := &Proxy{listener: l, links: map[*link]bool{}, open: make(chan struct{})}
	close(p.open)
	p.work.Go(p.serve)
	return p, nil
}

// Addr is where clients connect.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Aim has new connections led to a server.
func (p *Proxy) Aim(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Connections returns how many there are.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Cut resets every connection as soon as either direction has carried so many
// more bytes. With 0 that is now.
func (p *Proxy) Cut(after int64) {
	p.each(func(l *link) { l.limit(after) })
}

// Deafen has nothing more come through on the present connections.
func (p *Proxy) Deafen() {
	p.each((*link).deafen)
}

// each calls f for every connection.
func (p *Proxy) each(f func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		f(l)
	}
}

// Stall keeps back all that is said until Heal.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default: // stalled already
	}
}

// Slow has everything handed on late, by so much for each read of at most 16 kB.
func (p *Proxy) Slow(late time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = late
}

// Heal undoes Stall and Slow. Deaf connections are reset, as by a machine that is
// back and knows nothing of them.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = 0
	p.release()
	for l := range p.links {
		if l.isDeaf() {
			l.reset()
		}
	}
}

// release lets go what is kept back. The caller holds mu.
func (p *Proxy) release() {
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// Close resets all connections and takes no more. It returns when nothing of the
// proxy runs any longer.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.release()
	for l := range p.links {
		l.reset()
	}
	p.mu.Unlock()
	p.work.Wait()
	return err
}

// serve takes connections until the listener is closed.
func (p *Proxy) serve() {
	for {
		near, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the client was gone before we could take it
		}
		p.work.Go(func() { p.lead(near) })
	}
}

// lead leads a new connection to the server. That nobody is there is told to the
// client as a server's machine does it: by a reset.
func (p *Proxy) lead(near net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), dialWithin)
	far, err := new(net.Dialer).DialContext(ctx, "tcp", target)
	cancel()
	if err != nil {
		reset(near)
		return
	}
	l := newLink(near, far)
	if !p.keep(l) {
		l.reset()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pass(l, near, far) })
	both.Go(func() { p.pass(l, far, near) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// keep has the proxy know of l, unless it is closed.
func (p *Proxy) keep(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.links[l] = true
	return true
}

// state returns what is done to traffic at this moment.
func (p *Proxy) state() (late time.Duration, open <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late, p.open
}
