package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// portion is how much is read at a time. Small ones let a cut fall anywhere.
const portion = 16 << 10

// endless is the limit of a connection that is not to be cut.
const endless = -1

// A link is one connection that passes: the two ends of it that are ours.
type link struct {
	near, far net.Conn
	gone      chan struct{} // closed once it is reset

	mu   sync.Mutex
	deaf bool
	left int64 // bytes until it is cut, or endless
	done int   // how many sides have ended
	dead bool
}

func newLink(near, far net.Conn) *link {
	return &link{near: near, far: far, gone: make(chan struct{}), left: endless}
}

// limit has l cut after so many more bytes.
func (l *link) limit(bytes int64) {
	l.mu.Lock()
	l.left = bytes
	l.mu.Unlock()
	if bytes <= 0 {
		l.reset()
	}
}

func (l *link) deafen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf = true
}

func (l *link) isDeaf() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deaf
}

// admit returns how many of n bytes may pass, and whether they are heard on the
// other side.
func (l *link) admit(n int) (pass int, heard bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == endless {
		return n, !l.deaf
	}
	pass = int(min(int64(n), l.left))
	l.left -= int64(pass)
	return pass, !l.deaf
}

// finish says that one more side has ended. It returns whether l is deaf, and
// whether both have.
func (l *link) finish() (deaf, both bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	return l.deaf, l.done > 1
}

// spent reports whether the limit of l is reached.
func (l *link) spent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left == 0
}

// reset ends both ends at once. What was not handed on is lost.
func (l *link) reset() { l.closeBy(reset) }

// finishOff ends both ends after all was said.
func (l *link) finishOff() { l.closeBy(func(c net.Conn) { _ = c.Close() }) }

// closeBy ends both ends in one way, once.
func (l *link) closeBy(end func(net.Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	l.dead = true
	close(l.gone)
	end(l.near)
	end(l.far)
}

// reset ends one connection with a RST in the place of a FIN (SO_LINGER of 0,
// socket(7)): what has not been sent is thrown away.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it then ends in the ordinary way
	}
	_ = c.Close() // there is nothing to be done about an end that fails
}

// pass hands on what one side says to the other, until one of them ends.
func (p *Proxy) pass(l *link, to, from net.Conn) {
	buffer := make([]byte, portion)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.hand(l, to, buffer[:n]) {
			return
		}
		if errors.Is(err, io.EOF) {
			p.end(l, to)
			return
		}
		if err != nil {
			l.reset()
			return
		}
	}
}

// hand hands a portion on, when and if it may pass. It reports whether the
// connection goes on.
func (p *Proxy) hand(l *link, to net.Conn, portion []byte) bool {
	if !p.hold(l) {
		return false
	}
	n, heard := l.admit(len(portion))
	if heard && n > 0 {
		if _, err := to.Write(portion[:n]); err != nil {
			l.reset()
			return false
		}
	}
	if l.spent() {
		l.reset()
		return false
	}
	return true
}

// hold waits as long as what was read is kept back. It reports whether the
// connection is still there then.
func (p *Proxy) hold(l *link) bool {
	late, open := p.state()
	if late > 0 {
		t := time.NewTimer(late)
		defer t.Stop()
		select {
		case <-t.C:
		case <-l.gone:
			return false
		}
	}
	select {
	case <-open:
		return true
	case <-l.gone:
		return false
	}
}

// end passes on that one side has nothing more to say. On a deaf connection that
// is not heard either: the other side keeps waiting, until it ends as well.
func (p *Proxy) end(l *link, to net.Conn) {
	if !p.hold(l) {
		return
	}
	deaf, over := l.finish()
	if !deaf {
		if tcp, ok := to.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // the other side may have gone as well
		}
	}
	switch {
	case over:
		l.finishOff()
	case deaf:
		<-l.gone
	}
}
