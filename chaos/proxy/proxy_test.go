package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"orpheus.example/chaos/proxy"
)

// patience is how long anything may take that is to happen, and pause how long
// nothing must.
const (
	patience = 10 * time.Second
	pause    = 50 * time.Millisecond
)

// echo is a server that says back what it hears, on every connection.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("Listen() = %v; want nil", err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	return l.Addr().String()
}

func open(t *testing.T) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Open()
	if err != nil {
		t.Fatalf("Open() = %v; want nil", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v; want nil", err)
		}
	})
	p.Aim(echo(t))
	return p
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatalf("Dial() = %v; want nil", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask says text and reads the answer of the same length.
func ask(c net.Conn, text string, within time.Duration) (string, error) {
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	answer := make([]byte, len(text))
	n, err := io.ReadFull(c, answer)
	return string(answer[:n]), err
}

func mustAsk(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if got, err := ask(c, text, patience); got != text || err != nil {
		t.Fatalf("ask(%q) = %q, %v; want it back", text, got, err)
	}
}

func TestPassesOnWhatIsSaid(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	mustAsk(t, c, "hello")
	mustAsk(t, c, strings.Repeat("much ", 50_000))
	if n := p.Connections(); n != 1 {
		t.Errorf("Connections() = %d; want 1", n)
	}
	// That one side is done is passed on, and the other may still answer.
	c.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
		t.Errorf("ReadAll() after the end = %q, %v; want nothing, nil", rest, err)
	}
}

func TestCutResets(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	mustAsk(t, c, "hello")
	p.Cut(0)
	if _, err := ask(c, "hello", patience); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("ask() on a cut connection = %v; want a reset", err)
	}
	mustAsk(t, dial(t, p), "hello again")
}

func TestCutInTheMiddle(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	mustAsk(t, c, "hello")
	// Both directions count: seven bytes there, and three of the answer.
	p.Cut(10)
	got, err := ask(c, "goodbye", patience)
	if err == nil || len(got) > 3 {
		t.Errorf("ask(goodbye) = %q, %v; want three bytes at most and an error", got, err)
	}
}

// A deaf connection takes everything and answers nothing; a new one is well.
func TestDeafen(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	mustAsk(t, c, "hello")
	p.Deafen()
	if got, err := ask(c, "hello?", pause); !errors.Is(err, os.ErrDeadlineExceeded) || got != "" {
		t.Errorf("ask() on a deaf connection = %q, %v; want silence", got, err)
	}
	mustAsk(t, dial(t, p), "hello")
	p.Heal()
	if got, err := ask(c, "hello?", patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) || got != "" {
		t.Errorf("ask() on it after Heal = %q, %v; want a reset", got, err)
	}
}

func TestStallKeepsWhatIsSaid(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	mustAsk(t, c, "hello")
	p.Stall()
	p.Stall() // which changes nothing
	if got, err := ask(c, "wait for it", pause); !errors.Is(err, os.ErrDeadlineExceeded) || got != "" {
		t.Errorf("ask() while stalled = %q, %v; want silence", got, err)
	}
	p.Heal()
	answer := make([]byte, len("wait for it"))
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(c, answer); err != nil || !bytes.Equal(answer, []byte("wait for it")) {
		t.Errorf("after Heal = %q, %v; want what was said before", answer, err)
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := dial(t, p)
	p.Slow(30 * time.Millisecond)
	begun := time.Now()
	mustAsk(t, c, "hello")
	if took := time.Since(begun); took < 60*time.Millisecond {
		t.Errorf("there and back took %v; want 60ms or more", took)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	p := open(t)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	p.Aim(gone.Addr().String())
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return // the reset was faster
	}
	defer c.Close()
	if _, err := ask(c, "hello", patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("ask() with no server = %v; want an end", err)
	}
}

// Close ends connections of every kind, and leaves nothing running: it would not
// return.
func TestCloseEndsAll(t *testing.T) {
	t.Parallel()
	p, err := proxy.Open()
	if err != nil {
		t.Fatal(err)
	}
	p.Aim(echo(t))
	deaf := dial(t, p)
	mustAsk(t, deaf, "hello")
	p.Deafen()
	stalled := dial(t, p)
	mustAsk(t, stalled, "hello")
	p.Stall()
	_, _ = io.WriteString(stalled, "kept back")
	if err := p.Close(); err != nil {
		t.Errorf("Close() = %v; want nil", err)
	}
	for _, c := range []net.Conn{deaf, stalled} {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read() after Close = %v; want a reset", err)
		}
	}
	if n := p.Connections(); n != 0 {
		t.Errorf("Connections() after Close = %d; want 0", n)
	}
}
