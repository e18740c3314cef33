package rabbitbus_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A proxy stands between a bus and its broker, and can cut the way between
// them.
type proxy struct {
	target   string
	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

// startProxy returns a proxy for a broker, and the URL that leads through it.
func startProxy(t testing.TB, broker string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(broker)
	if err != nil {
		t.Fatalf("url.Parse(%q) = %v; want nil", broker, err)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("Listen = %v; want nil", err)
	}
	p := &proxy{target: u.Host, listener: l, conns: map[net.Conn]bool{}}
	var work sync.WaitGroup
	work.Go(func() { p.serve(&work) })
	t.Cleanup(func() {
		l.Close()
		p.cut()
		work.Wait()
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

// serve passes on each connection until the listener is closed.
func (p *proxy) serve(work *sync.WaitGroup) {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			near.Close()
			continue
		}
		p.keep(near, far)
		work.Go(func() { p.pass(near, far) })
		work.Go(func() { p.pass(far, near) })
	}
}

// pass copies until either end is closed, and closes the other.
func (p *proxy) pass(to, from net.Conn) {
	_, _ = io.Copy(to, from) // it ends with an error whenever we cut
	to.Close()
	from.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, to)
	delete(p.conns, from)
}

func (p *proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = true
	}
}

// cut ends all connections at this moment, without a word.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}
