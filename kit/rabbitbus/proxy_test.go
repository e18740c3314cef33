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
// them, or have what the broker says get lost.
type proxy struct {
	target   string
	address  string
	work     sync.WaitGroup
	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]bool // those towards the bus, and whether it still hears anything
}

// startProxy returns a proxy for a broker, and the URL that leads through it.
func startProxy(t testing.TB, broker string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(broker)
	if err != nil {
		t.Fatalf("url.Parse(%q) = %v; want nil", broker, err)
	}
	p := &proxy{target: u.Host, address: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	p.resume(t)
	p.address = p.listener.Addr().String()
	t.Cleanup(func() {
		p.stop()
		p.work.Wait()
	})
	u.Host = p.address
	return p, u.String()
}

// stop cuts all connections and lets in no more: the broker is gone.
func (p *proxy) stop() {
	p.listener.Close()
	p.cut()
}

// resume undoes stop, at the same address.
func (p *proxy) resume(t testing.TB) {
	t.Helper()
	l := mustListen(t, p.address)
	p.listener = l
	p.work.Go(func() { p.serve(l) })
}

func mustListen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatalf("Listen(%s) = %v; want nil", address, err)
	}
	return l
}

// serve passes on each connection until the listener is closed.
func (p *proxy) serve(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			near.Close()
			continue
		}
		p.keep(near)
		p.work.Go(func() { p.pass(near, far) })
		p.work.Go(func() { p.pass(far, near) })
	}
}

// pass copies until either end is closed, and closes the other.
func (p *proxy) pass(to, from net.Conn) {
	_, _ = io.Copy(writer{p, to}, from) // it ends with an error whenever we cut
	to.Close()
	from.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, to)
	delete(p.conns, from)
}

// A writer loses what is written to a bus that hears nothing any more.
type writer struct {
	p  *proxy
	to net.Conn
}

func (w writer) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	hears, near := w.p.conns[w.to]
	w.p.mu.Unlock()
	if near && !hears {
		return len(b), nil
	}
	return w.to.Write(b)
}

func (p *proxy) keep(near net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[near] = true
}

// cut ends all connections at this moment, without a word.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for near := range p.conns {
		near.Close()
	}
}

// deafen lets nothing more through from the broker on the present connections.
func (p *proxy) deafen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for near := range p.conns {
		p.conns[near] = false
	}
}
