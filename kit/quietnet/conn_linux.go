//go:build linux && !race

package quietnet

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Conn returns c with quiet reads and writes if it is a TCP connection, or else c.
// It is for connections over which much goes to and fro.
func Conn(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c // it is closed, which its user is about to learn
	}
	q := &conn{TCPConn: tcp}
	q.in.poll, q.in.try = raw.Read, q.in.read
	q.out.poll, q.out.try = raw.Write, q.out.write
	return q
}

// A conn is a TCP connection.
type conn struct {
	*net.TCPConn
	in, out half
}

// A half is one direction of a connection. It keeps what a call is about, so that
// its two functions are made once and not for each call.
type half struct {
	mu   sync.Mutex
	p    []byte // to be filled, or to be written
	n    int    // bytes that went
	err  error
	poll func(try func(fd uintptr) (done bool)) error
	try  func(fd uintptr) (done bool)
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.in.run(p)
	switch {
	case err != nil:
		return n, c.explain("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.out.run(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		err = c.explain("write", err)
	}
	return n, err
}

// run has a call made, again whenever the poller says that it may do something,
// until it is done, the deadline has passed or the connection is closed.
func (h *half) run(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.p, h.n, h.err = p, 0, nil
	err := h.poll(h.try)
	h.p = nil
	if err == nil {
		err = h.err
	}
	return h.n, err
}

// read reads once.
func (h *half) read(fd uintptr) bool {
	n, err := call(syscall.SYS_READ, fd, h.p)
	if err == syscall.EAGAIN {
		return false
	}
	h.end(n, "read", err)
	return true
}

// write writes until all has gone.
func (h *half) write(fd uintptr) bool {
	for h.n < len(h.p) {
		n, err := call(syscall.SYS_WRITE, fd, h.p[h.n:])
		if err == syscall.EAGAIN {
			return false
		}
		if h.end(n, "write", err); n <= 0 {
			break // also if nothing went without an error, which no kernel does
		}
	}
	return true
}

func (h *half) end(n int, name string, err syscall.Errno) {
	if err != 0 {
		h.err = os.NewSyscallError(name, err)
		return
	}
	h.n += n
}

// call reads or writes p, which is not empty.
func call(which, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := syscall.RawSyscall(which, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p))) //nolint:gosec // as package syscall does
		if err != syscall.EINTR {
			return int(n), err
		}
	}
}

// explain returns err as package net words it.
func (c *conn) explain(op string, err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok { // of the poller, which calls it a raw one
		err = e.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
