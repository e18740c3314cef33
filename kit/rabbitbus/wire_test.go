package rabbitbus

import (
	"errors"
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
