package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/membus"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/sqlitelog"
)

// A road is a bus on which publications arrive at once and are confirmed when
// the test says so.
type road struct {
	*membus.Bus
	mu    sync.Mutex
	sent  int           // publications
	heard int           // messages in them
	open  chan struct{} // closed once answers may pass
}

func (r *road) Send(ctx context.Context, messages []bus.Message) bus.Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent++
	r.heard += len(messages)
	return answer{r.Bus.Send(ctx, messages), r.open}
}

func (r *road) count() (sent, heard int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent, r.heard
}

type answer struct {
	bus.Sent
	open chan struct{}
}

func (a answer) Wait(ctx context.Context) (int, error) {
	select {
	case <-a.open:
	case <-ctx.Done():
	}
	return a.Sent.Wait(ctx)
}

// A pit is a bus on which nothing arrives while it is open.
type pit struct {
	*membus.Bus
	open atomic.Bool
}

func (p *pit) Send(ctx context.Context, messages []bus.Message) bus.Sent {
	if p.open.Load() {
		return fallen{}
	}
	return p.Bus.Send(ctx, messages)
}

// fallen is what was sent into a pit.
type fallen struct{}

func (fallen) Wait(context.Context) (int, error) { return 0, errFallen }

var errFallen = errors.New("fell into a pit")

// town is a log, a broker, a hearer and a road, all in this process.
type town struct {
	log    *sqlitelog.Log
	broker *membus.Broker
	road   *road
	queue  bus.Queue
	said   map[string]int64 // last version, by stream
}

func settle(t *testing.T) *town {
	t.Helper()
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Path: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	broker, err := membus.Open(membus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := broker.Connect("test")
	queue, err := b.Subscribe(t.Context(), bus.Subscription{Queue: "hearer", Types: []string{"v1.Said"}})
	if err != nil {
		t.Fatal(err)
	}
	return &town{log, broker, &road{Bus: b, open: make(chan struct{})}, queue, map[string]int64{}}
}

func (w *town) relay() *outbox.Step {
	return outbox.New(outbox.Config{
		Name: "test", Store: w.log, Bus: w.road, Holder: "one", Now: time.Now,
		Says: func(kind string) bool { return kind == "v1.Said" },
	})
}

// say appends n events of a kind, to ten streams in turn.
func (w *town) say(t *testing.T, kind string, n int) {
	t.Helper()
	var units []eventlog.Unit
	for i := range n {
		stream := fmt.Sprint("s-", i%10)
		at := w.said[stream]
		w.said[stream]++
		units = append(units, eventlog.Unit{
			Expect: []eventlog.Expect{{Stream: stream, Version: at}},
			Events: []eventlog.Record{{Stream: stream, Version: at + 1, ID: uuid.New(), Type: kind, Schema: 1, Time: time.Now()}},
		})
	}
	outcomes, err := w.log.Append(t.Context(), units)
	for _, o := range outcomes {
		err = errors.Join(err, o.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a relay and returns what stops it.
func run(t *testing.T, s *outbox.Step) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- loop.Runner{Step: s}.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}
}

// drive is run for a relay that is killed: it does not drain, and does not rest
// after errors.
func drive(t *testing.T, s *outbox.Step) (kill func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for ctx.Err() == nil {
			if worked, err := s.Once(ctx); err == nil && !worked {
				s.Wait(ctx)
			}
		}
	}()
	return func() { cancel(); <-killed }
}

func (w *town) where(t *testing.T) int64 {
	t.Helper()
	at, err := w.log.Where(t.Context(), "relay")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// checkHeard takes all that has arrived and checks that of each stream nothing is
// missing and nothing came for the first time after what followed it.
func (w *town) checkHeard(t *testing.T) {
	t.Helper()
	heard := map[string]int64{}
	for got := w.queue.Receive(100); len(got) > 0; got = w.queue.Receive(100) {
		for _, d := range got {
			if d.Version > heard[d.Subject]+1 {
				t.Fatalf("heard %s/%d after %d", d.Subject, d.Version, heard[d.Subject])
			}
			heard[d.Subject] = max(heard[d.Subject], d.Version)
		}
		if err := w.queue.Ack(got...); err != nil {
			t.Fatal(err)
		}
	}
	for stream, want := range w.said {
		if heard[stream] != want {
			t.Errorf("heard %s up to %d; want %d", stream, heard[stream], want)
		}
	}
}

// While the broker has yet to answer for one batch the next is on its way, but
// no more than that, and the cursor stays.
func TestMoreIsSentWhileTheBrokerThinks(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.say(t, "v1.Said", (outbox.Flights+2)*outbox.Batch)
	s := w.relay()
	if err := loop.Until(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if sent, heard := w.road.count(); sent != outbox.Flights || heard != outbox.Flights*outbox.Batch || w.where(t) != 0 {
		t.Errorf("sent %d batches of %d facts, cursor at %d; want %d full ones, 0", sent, heard, w.where(t), outbox.Flights)
	}
	defer run(t, s)()
	close(w.road.open)
	eventually(t, "the cursor is at the end", func() bool { return w.where(t) == (outbox.Flights+2)*outbox.Batch })
	w.checkHeard(t)
}

// The cursor is moved for many batches together, and in any case when the relay
// stops.
func TestCursorFollowsAtADistance(t *testing.T) {
	t.Parallel()
	w := settle(t)
	close(w.road.open)
	c := &counting{Store: w.log}
	s := outbox.New(outbox.Config{
		Name: "test", Store: c, Bus: w.road, Holder: "one", Now: time.Now, Says: func(string) bool { return true },
	})
	stop := run(t, s)
	began := time.Now()
	for i := range 100 {
		w.say(t, "v1.Said", 1)
		eventually(t, "the fact is sent", func() bool { _, heard := w.road.count(); return heard > i })
	}
	took := time.Since(began)
	stop()
	if at := w.where(t); at != 100 {
		t.Errorf("cursor is at %d after the stop; want 100", at)
	}
	if limit := int(took/outbox.KeepEvery) + 2; c.advanced > limit {
		t.Errorf("cursor was moved %d times within %s; want %d at most", c.advanced, took, limit)
	}
	w.checkHeard(t)
}

// counting counts how often the cursor is moved.
type counting struct {
	eventlog.Store
	advanced int
}

func (c *counting) Advance(ctx context.Context, cursor eventlog.Cursor) error {
	c.advanced++
	return c.Store.Advance(ctx, cursor)
}

// The service's own records do not go to the broker, and do not hold up the
// facts behind them.
func TestRecordsCostNoRoundTrip(t *testing.T) {
	t.Parallel()
	w := settle(t)
	close(w.road.open)
	w.say(t, "v1.Kept", 3*outbox.Batch)
	defer run(t, w.relay())()
	eventually(t, "the cursor is past the records", func() bool { return w.where(t) == 3*outbox.Batch })
	if sent, _ := w.road.count(); sent != 0 {
		t.Errorf("sent %d times for records; want 0", sent)
	}
	w.say(t, "v1.Said", 1)
	eventually(t, "the fact behind them is sent", func() bool { return w.where(t) == 3*outbox.Batch+1 })
}

// A broker that comes and goes makes repeats and no gaps, nor does a relay that
// is killed with facts on the way and comes back under its name.
func TestNothingIsSkippedOrInverted(t *testing.T) {
	t.Parallel()
	w := settle(t)
	close(w.road.open)
	for range 4 {
		kill := drive(t, w.relay())
		for range 3 {
			w.say(t, "v1.Said", 3*outbox.Batch/2)
			if err := w.broker.Break(); err != nil {
				t.Fatal(err)
			}
		}
		kill()
	}
	defer drive(t, w.relay())()
	eventually(t, "all is said", func() bool { return w.where(t) == 18*outbox.Batch })
	w.checkHeard(t)
}

// A relay whose cursor was taken while it waited for the broker learns of it
// when it moves the cursor, and says nothing more.
func TestAFencedRelayStops(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.say(t, "v1.Said", 1)
	s := w.relay()
	if _, err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.log.Lease(t.Context(), "relay", "one", 0, time.Hour); err != nil { // a new life of the same holder
		t.Fatal(err)
	}
	close(w.road.open)
	var err error
	eventually(t, "it learns of it", func() bool { _, err = s.Once(t.Context()); return err != nil })
	if !errors.Is(err, eventlog.ErrFenced) || w.where(t) != 0 {
		t.Errorf("Once = %v, cursor at %d; want %v, 0", err, w.where(t), eventlog.ErrFenced)
	}
	yielded := lease.New(w.log, "relay", "two", time.Now)
	if records, err := yielded.Read(t.Context(), 1); len(records) > 0 || err != nil {
		t.Errorf("Read of a third = %v, %v; want nothing", records, err)
	}
}

// A relay whose broker is away fails each time that it is tried, so that whoever
// tries it waits longer each time; it does not seem to work in between.
func TestWhatFailsKeepsFailing(t *testing.T) {
	t.Parallel()
	w := settle(t)
	p := &pit{Bus: w.road.Bus}
	p.open.Store(true)
	s := w.relay()
	s.Bus = p
	w.say(t, "v1.Said", 3*outbox.Batch) // more than is on the way at once
	var err error
	eventually(t, "it learns that the broker is away", func() bool { _, err = s.Once(t.Context()); return err != nil })
	for try := range 20 {
		if _, err := s.Once(t.Context()); !errors.Is(err, errFallen) {
			t.Fatalf("Once() while the broker is away, try %d = %v; want %v", try, err, errFallen)
		}
	}
	p.open.Store(false)
	if err := loop.Until(t.Context(), s); err != nil {
		t.Errorf("Once() with the broker back = %v; want nil", err)
	}
	eventually(t, "all is said", func() bool {
		_, err = s.Once(t.Context())
		at, where := w.log.Where(t.Context(), "relay")
		return err == nil && where == nil && at == 3*outbox.Batch
	})
	heard := 0
	eventually(t, "all is heard", func() bool {
		some := w.queue.Receive(outbox.Batch)
		heard += len(some)
		return w.queue.Ack(some...) == nil && heard >= 3*outbox.Batch
	})
	if heard != 3*outbox.Batch {
		t.Errorf("%d facts were heard; want %d, each once", heard, 3*outbox.Batch)
	}
}
