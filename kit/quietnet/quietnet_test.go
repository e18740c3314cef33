package quietnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"orpheus.example/kit/quietnet"
)

// A way makes both ends of connections.
type way struct {
	dial   func(ctx context.Context, address string) (net.Conn, error)
	listen func(net.Listener) net.Listener
}

// ways are those of package net, and the quiet ones: nobody should see a difference.
var ways = map[string]way{
	"plain": {
		func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		},
		func(l net.Listener) net.Listener { return l },
	},
	"quiet": {quietnet.Dial, quietnet.Listener},
}

// both runs a test of both ends of a connection, in either way.
func both(t *testing.T, test func(t *testing.T, here, there net.Conn)) {
	t.Helper()
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, there := w.connect(t)
			test(t, here, there)
		})
	}
}

// connect returns both ends of a connection.
func (w way) connect(t testing.TB) (here, there net.Conn) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it has done its work
	if here, err = w.dial(t.Context(), l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if there, err = w.listen(l).Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() }) // it may be closed
	return here, there
}

// Nobody listens any more, and nobody comes any more.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	for name, w := range ways {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close() // which is what this is about
		if _, err := w.dial(t.Context(), l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: dial() = %v; want that the connection is refused", name, err)
		}
		if _, err := w.listen(l).Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: Accept() = %v; want net.ErrClosed", name, err)
		}
	}
}

// More is written at a time than a socket holds, so both ends wait for each other.
func TestMuchArrivesWhole(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, here, there net.Conn) {
		much := make([]byte, 8<<20)
		seed := rand.New(rand.NewPCG(1, 2))
		for i := range much {
			much[i] = byte(seed.Uint32())
		}
		var writing sync.WaitGroup
		writing.Go(func() {
			if n, err := here.Write(much); n != len(much) || err != nil {
				t.Errorf("Write() = %d, %v; want %d, nil", n, err, len(much))
			}
			_ = here.Close() // after which nothing is to come
		})
		got, err := io.ReadAll(there)
		writing.Wait()
		if err != nil || !bytes.Equal(got, much) {
			t.Errorf("ReadAll() = %d bytes, %v; want the %d that were written", len(got), err, len(much))
		}
	})
}

func TestADeadlineEndsAWait(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, here, _ net.Conn) {
		if err := here.SetDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := here.Read(make([]byte, 1))
		checkTimeout(t, "Read", n, err)
		n, err = here.Write(make([]byte, 64<<20)) // more than nobody reads
		checkTimeout(t, "Write", 0, err)
		if n == 64<<20 {
			t.Error("Write() has written all of it; want less")
		}
		if err := here.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
	})
}

func checkTimeout(t *testing.T, what string, n int, err error) {
	t.Helper()
	e, ok := errors.AsType[net.Error](err)
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !ok || !e.Timeout() {
		t.Errorf("%s() = %d, %v; want 0 and a timeout", what, n, err)
	}
}

// Whoever waits is told at once that the connection was closed under his feet.
func TestCloseEndsAWait(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, here, there net.Conn) {
		ended := make(chan error, 1)
		go func() {
			_, err := here.Read(make([]byte, 1))
			ended <- err
		}()
		if _, err := there.Write(nil); err != nil {
			t.Errorf("Write(nothing) = %v; want nil", err)
		}
		if n, err := there.Read(nil); n != 0 || err != nil {
			t.Errorf("Read(nothing) = %d, %v; want 0, nil", n, err)
		}
		if err := here.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read() = %v; want net.ErrClosed", err)
		}
		if _, err := here.Write([]byte{1}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write() = %v; want net.ErrClosed", err)
		}
	})
}

func TestTheOtherEnd(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, here, there net.Conn) {
		if tcp, ok := there.(interface{ SetLinger(seconds int) error }); !ok || tcp.SetLinger(0) != nil {
			t.Fatal("cannot have the connection cut off")
		}
		if err := there.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := here.Read(make([]byte, 1))
		e, ok := errors.AsType[*net.OpError](err)
		if !ok || e.Op != "read" || e.Source == nil || e.Addr == nil || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Read() = %v; want that %v was reset", err, here.RemoteAddr())
		}
		_, err = here.Write([]byte{1})
		if e, ok = errors.AsType[*net.OpError](err); !ok || e.Op != "write" || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write() = %v; want a broken pipe", err)
		}
	})
}

// What is no TCP connection is left as it is.
func TestOnlyTCPIsQuiet(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }() // nothing was sent
	if got := quietnet.Conn(here); got != here {
		t.Errorf("Conn(pipe) = %T; want the pipe", got)
	}
}

// BenchmarkEcho sends a message of the length of a fact to and fro.
func BenchmarkEcho(b *testing.B) {
	for name, w := range ways {
		b.Run(name, func(b *testing.B) {
			here, there := w.connect(b)
			go func() { _, _ = io.Copy(struct{ io.Writer }{there}, struct{ io.Reader }{there}) }() // until it is closed
			p := make([]byte, 600)
			for b.Loop() {
				if _, err := here.Write(p); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(here, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
