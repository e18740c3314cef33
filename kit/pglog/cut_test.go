package pglog_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// A wire stands between a log and its server. Once it has carried a trigger
// towards the server, it is cut.
type wire struct {
	listener net.Listener
	server   string
	trigger  []byte
	deaf     bool // the server gets what has the trigger in it, and its answer is lost
	cut      chan struct{}
	once     sync.Once
}

// newWire returns a wire and the URL of a database at its far end.
func newWire(t *testing.T, database, trigger string, deaf bool) (*wire, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("Parse(%q) = %v; want nil", database, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("Listen() = %v; want nil", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w := &wire{listener: listener, server: u.Host, trigger: []byte(trigger), deaf: deaf, cut: make(chan struct{})}
	go w.serve()
	u.Host = listener.Addr().String()
	return w, u.String()
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			return
		}
		go w.carry(client, server, w.there)
		go w.carry(server, client, w.back)
	}
}

// carry carries what passes reports true of. It never closes for want of
// passing: a cut wire is silent.
func (w *wire) carry(from, to net.Conn, passes func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	part := make([]byte, 1<<20)
	for {
		n, err := from.Read(part)
		if n > 0 && passes(part[:n]) {
			_, err = to.Write(part[:n])
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) there(part []byte) bool {
	if !bytes.Contains(part, w.trigger) {
		return !w.isCut() || w.deaf
	}
	w.once.Do(func() { close(w.cut) })
	return w.deaf
}

func (w *wire) back([]byte) bool { return !w.isCut() }

func (w *wire) isCut() bool {
	select {
	case <-w.cut:
		return true
	default:
		return false
	}
}

// TestStoppedWriterDoesNotHoldUpOthers cuts a writer off between its two round
// trips, while it holds the writers' lock.
func TestStoppedWriterDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	database := servertest.Database(t)
	other := mustOpen(t, pglog.Config{URL: database})
	w, url := newWire(t, database, "UPDATE head", false)
	stopped := mustOpen(t, pglog.Config{URL: url})
	ended := make(chan error, 1)
	go func() { ended <- try(context.Background(), stopped, unit("a", 0)) }()
	<-w.cut
	begun := time.Now()
	if err := try(within(t, patience), other, unit("a", 0)); err != nil {
		t.Errorf("Append beside a stopped writer = %v; want nil", err)
	}
	if took := time.Since(begun); took < time.Second || took > 3*time.Second {
		t.Errorf("Append beside a stopped writer took %v; want about 2 s", took)
	}
	if err := <-ended; !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Append of the stopped writer = %v; want %v", err, eventlog.ErrUnavailable)
	}
}

// TestLostAnswerToCommit has the server commit and the answer get lost. The
// caller knows nothing, and finds out by trying again.
func TestLostAnswerToCommit(t *testing.T) {
	t.Parallel()
	database := servertest.Database(t)
	w, url := newWire(t, database, "trigger/2", true)
	log := mustOpen(t, pglog.Config{URL: url})
	mustCommit(t, log, unit("trigger", 0)) // so that all statements are prepared, and nothing but values travels
	err := try(context.Background(), log, unit("trigger", 1))
	if !errors.Is(err, eventlog.ErrUnavailable) || !w.isCut() {
		t.Errorf("Append with its answer lost = %v; want %v", err, eventlog.ErrUnavailable)
	}
	again := mustOpen(t, pglog.Config{URL: database})
	if err := try(within(t, patience), again, unit("trigger", 1)); !errors.Is(err, eventlog.ErrHandled) {
		t.Errorf("Append once more = %v; want %v", err, eventlog.ErrHandled)
	}
	if got := len(mustRead(t, again)); got != 2 {
		t.Errorf("log has %d events; want 2", got)
	}
}
