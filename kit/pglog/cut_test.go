package pglog_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// A wire stands between a log and its server. The first connection that carries a
// trigger towards the server is cut; later ones are not.
type wire struct {
	listener net.Listener
	server   string
	trigger  []byte
	carries  carries
	cut      chan struct{} // closed when one is cut
	once     sync.Once

	mu    sync.Mutex
	lines []*line
}

// carries says how much of what has the trigger in it gets to the server.
type carries int

const (
	nothing    carries = iota
	half               // and then no more
	everything         // but no answer comes back
)

// A line is one connection over a wire.
type line struct {
	of    *wire
	mu    sync.Mutex
	isCut bool
}

// newWire returns a wire and the URL of a database at its far end.
func newWire(t *testing.T, database, trigger string, c carries) (*wire, string) {
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
	w := &wire{listener: listener, server: u.Host, trigger: []byte(trigger), carries: c, cut: make(chan struct{})}
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
		l := &line{of: w}
		w.mu.Lock()
		w.lines = append(w.lines, l)
		w.mu.Unlock()
		go l.carry(client, server, l.there)
		go l.carry(server, client, l.back)
	}
}

// deafen has nothing come through any more on the lines that there are.
func (w *wire) deafen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		l.mu.Lock()
		l.isCut = true
		l.mu.Unlock()
	}
}

// carry carries what is let pass. It never closes for want of that: a line that is
// cut is silent.
func (l *line) carry(from, to net.Conn, pass func([]byte) []byte) {
	defer from.Close()
	defer to.Close()
	part := make([]byte, 1<<20)
	for {
		n, err := from.Read(part)
		if n > 0 {
			_, failed := to.Write(pass(part[:n]))
			err = errors.Join(err, failed)
		}
		if err != nil {
			return
		}
	}
}

func (l *line) there(part []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.isCut:
		return nil
	case !bytes.Contains(part, l.of.trigger):
		return part
	}
	l.of.once.Do(func() {
		l.isCut = true
		close(l.of.cut)
	})
	switch {
	case !l.isCut || l.of.carries == everything: // another line was cut
		return part
	case l.of.carries == half:
		return part[:len(part)/2]
	}
	return nil
}

func (l *line) back(part []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isCut {
		return nil
	}
	return part
}

func (w *wire) isCut() bool {
	select {
	case <-w.cut:
		return true
	default:
		return false
	}
}

// contended returns units that cannot all be taken for true: the second is in
// conflict with the first.
func contended(stream string) []eventlog.Unit {
	second := unit(stream, 0)
	second.Mark = &eventlog.Mark{Consumer: "test", Digest: 1}
	return []eventlog.Unit{unit(stream, 0), second}
}

// TestStoppedWriterDoesNotHoldUpOthers cuts a careful writer off between its two
// round trips, while it holds the writers' lock.
func TestStoppedWriterDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	took, err := besideACutOne(t, nothing, func(ctx context.Context, log eventlog.Log) error {
		_, err := log.Append(ctx, contended("a"))
		return err
	})
	if took < time.Second || took > 4*time.Second {
		t.Errorf("Append beside a stopped writer took %v; want about 2 s", took)
	}
	if !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Append of the stopped writer = %v; want %v", err, eventlog.ErrUnavailable)
	}
}

// TestWriterThatIsCutOffWhileItSendsHoldsNobodyUp has the server get half of what
// a quick writer sends. Nothing is locked before all of it is there.
func TestWriterThatIsCutOffWhileItSendsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	took, err := besideACutOne(t, half, func(ctx context.Context, log eventlog.Log) error {
		if err := try(ctx, log, unit("prepare", 0)); err != nil {
			return err
		}
		return try(ctx, log, unit("SELECT store", 0)) // the trigger
	})
	if took > time.Second {
		t.Errorf("Append beside a writer that is cut off took %v; want no waiting", took)
	}
	if !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Append of the writer that is cut off = %v; want %v", err, eventlog.ErrUnavailable)
	}
}

// besideACutOne has do append until it is cut off, and another log then. It
// returns how long that took, and the error of do.
func besideACutOne(t *testing.T, c carries, do func(context.Context, eventlog.Log) error) (took time.Duration, err error) {
	t.Helper()
	database := servertest.Database(t)
	other := mustOpen(t, pglog.Config{URL: database})
	trigger := "SELECT store"
	if c == half {
		trigger = "SELECT store/1" // in a value
	}
	w, url := newWire(t, database, trigger, c)
	cut := mustOpen(t, pglog.Config{URL: url})
	ended := make(chan error, 1)
	go func() { ended <- do(context.Background(), cut) }()
	select {
	case <-w.cut:
	case <-time.After(patience):
		t.Fatalf("nothing that says %q was sent within %v", trigger, patience)
	}
	begun := time.Now()
	mustCommit(t, other, unit("a", 0))
	return time.Since(begun), <-ended
}

// TestLostAnswerToCommit has the server commit and the answer get lost. The
// caller knows nothing, and finds out by trying again.
func TestLostAnswerToCommit(t *testing.T) {
	t.Parallel()
	database := servertest.Database(t)
	w, url := newWire(t, database, "trigger/2", everything)
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

// TestChainIsNotContinuedOnALostCommit loses a commit on its way there or its
// answer on the way back. What was chained to it, and is committed next by the same
// process, is kept if it was, and is a conflict if it was not.
func TestChainIsNotContinuedOnALostCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		carries carries
		want    error
		log     []string
	}{
		"lost_on_its_way":   {nothing, eventlog.ErrConflict, []string{"trigger/1", "b/1"}},
		"cut_in_the_middle": {half, eventlog.ErrConflict, []string{"trigger/1", "b/1"}},
		"answer_is_lost":    {everything, nil, []string{"trigger/1", "trigger/2", "trigger/3", "b/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := servertest.Database(t)
			_, url := newWire(t, database, "trigger/2", c.carries)
			log := mustOpen(t, pglog.Config{URL: url})
			mustCommit(t, log, unit("trigger", 0))
			next := unit("trigger", 2)
			next.Expect[0].Last = unit("trigger", 1).Events[0].ID
			if err := try(context.Background(), log, unit("trigger", 1)); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Fatalf("Append that is cut off = %v; want %v", err, eventlog.ErrUnavailable)
			}
			if err := try(within(t, patience), log, next); !errors.Is(err, c.want) {
				t.Errorf("Append of what is chained to it = %v; want %v", err, c.want)
			}
			mustCommit(t, log, unit("b", 0))
			if got := mustRead(t, log); !slices.Equal(got, c.log) {
				t.Errorf("log = %v; want %v", got, c.log)
			}
		})
	}
}

// TestOneSilenceIsEnough makes all connections half open. After the first call that
// is not answered nobody waits on any other: not who is at it, without a limit of his
// own, and not who comes next.
func TestOneSilenceIsEnough(t *testing.T) {
	t.Parallel()
	w, url := newWire(t, servertest.Database(t), "no such words", nothing)
	log := mustOpen(t, pglog.Config{URL: url})
	mustCommit(t, log, unit("a", 0))
	tx, err := log.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatalf("BeginTx() = %v; want nil", err)
	}
	if _, err := log.Head(t.Context()); err != nil { // on another connection
		t.Fatalf("Head() = %v; want nil", err)
	}
	w.deafen()
	waited := make(chan error, 1)
	go func() {
		_, err := tx.ExecContext(context.Background(), "SELECT 1")
		waited <- err
	}()
	if _, err := log.Head(within(t, patience)); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Head() on a connection that is half open = %v; want %v", err, eventlog.ErrUnavailable)
	}
	mustCommit(t, log, unit("a", 1)) // at once: the old connection is gone
	select {
	case err := <-waited:
		if !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("ExecContext on a connection that is half open = %v; want %v", err, eventlog.ErrUnavailable)
		}
	case <-time.After(patience):
		t.Errorf("ExecContext on a connection that is half open still waits after %v", patience)
	}
}

// TestWhoIsHeardIsTrusted has one connection half open, while another is busy. That
// one stays.
func TestWhoIsHeardIsTrusted(t *testing.T) {
	t.Parallel()
	w, url := newWire(t, servertest.Database(t), "WITH waiting", nothing) // of a claim
	log := mustOpen(t, pglog.Config{URL: url})
	claimed := make(chan error, 1)
	go func() {
		_, err := log.Claim(context.Background(), "k", "h", time.Now(), time.Second, 1)
		claimed <- err
	}()
	for n := int64(0); ; n++ {
		select {
		case err := <-claimed:
			if !errors.Is(err, eventlog.ErrUnavailable) || !w.isCut() {
				t.Errorf("Claim on a connection that is half open = %v; want %v", err, eventlog.ErrUnavailable)
			}
			return
		default:
			mustCommit(t, log, unit("a", n))
		}
	}
}
