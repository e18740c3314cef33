package rabbitbus

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A broker that neither reads nor writes ends every call on the wire, however
// the library sets its deadlines.
func TestWireNeverHangs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		call func(*wire) error
		want time.Duration
	}{
		{"write", func(w *wire) error { _, err := w.Write([]byte("x")); return err }, writeLimit},
		{"read", func(w *wire) error { _, err := w.Read(make([]byte, 1)); return err }, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				w := &wire{Conn: near, idle: time.Minute}
				defer w.Close()
				for _, set := range []func(time.Time) error{w.SetDeadline, w.SetReadDeadline, w.SetWriteDeadline} {
					if err := set(time.Time{}); err != nil {
						t.Fatalf("set a deadline = %v; want nil", err)
					}
				}
				start := time.Now()
				if err := c.call(w); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s = %v; want %v", c.name, err, os.ErrDeadlineExceeded)
				}
				if took := time.Since(start); took != c.want {
					t.Errorf("%s took %v; want %v", c.name, took, c.want)
				}
			})
		})
	}
}

// The silence that is allowed changes once a connection is open, also for a
// Read that waits already.
func TestWireSettlesWhileReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		w := &wire{Conn: near, idle: time.Second}
		defer w.Close()
		ended := make(chan time.Duration)
		start := time.Now()
		go func() {
			_, _ = w.Read(make([]byte, 1))
			ended <- time.Since(start)
		}()
		synctest.Wait()
		if err := w.settle(time.Hour); err != nil {
			t.Fatalf("settle = %v; want nil", err)
		}
		if took := <-ended; took != time.Hour {
			t.Errorf("Read took %v; want %v", took, time.Hour)
		}
	})
}

// Nothing goes out of a corked wire until it is uncorked, and then all does, in
// order; but it holds no more than its limit.
func TestWireHoldsWhileCorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		w := &wire{Conn: near}
		defer w.Close()
		w.cork()
		mustWrite(t, w, []byte("one ")) // which hangs if it goes out
		mustWrite(t, w, []byte("two"))
		go w.uncork()
		checkRead(t, far, "one two")

		w.cork()
		mustWrite(t, w, []byte("three "))
		go mustWrite(t, w, make([]byte, corkLimit))
		checkRead(t, far, "three ")
		go w.uncork()
		checkRead(t, far, string(make([]byte, corkLimit)))
		go mustWrite(t, w, []byte("four"))
		checkRead(t, far, "four")
	})
}

// What cannot be written when a wire is uncorked ends it.
func TestWireEndsIfItCannotBeUncorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		w := &wire{Conn: near}
		w.cork()
		mustWrite(t, w, []byte("x"))
		w.uncork()
		if _, err := w.Write([]byte("y")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write = %v; want %v", err, io.ErrClosedPipe)
		}
	})
}

func mustWrite(t *testing.T, w *wire, b []byte) {
	t.Helper()
	if n, err := w.Write(b); n != len(b) || err != nil {
		t.Errorf("Write(%d bytes) = %d, %v; want all, nil", len(b), n, err)
	}
}

func checkRead(t *testing.T, from net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Errorf("read %.20q, %v; want %.20q, nil", got, err, want)
	}
}
