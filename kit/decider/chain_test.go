package decider_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/sqlitelog"
)

// A line is a log whose line of units misbehaves as a test wants.
type line struct {
	eventlog.Store
	enqueue func(context.Context, []eventlog.Unit, eventlog.Enqueuer) (eventlog.Wait, error)
}

func (l *line) Enqueue(ctx context.Context, units []eventlog.Unit) (eventlog.Wait, error) {
	return l.enqueue(ctx, units, l.Store.(eventlog.Enqueuer))
}

// unreliable loses one in so many units, and the answer to one in so many.
func unreliable(store eventlog.Store, oneIn int) *line {
	lost := func(context.Context) ([]eventlog.Outcome, error) { return nil, eventlog.ErrUnavailable }
	return &line{store, func(ctx context.Context, units []eventlog.Unit, log eventlog.Enqueuer) (eventlog.Wait, error) {
		switch rand.N(oneIn) {
		case 0:
			return lost, nil
		case 1:
			wait, err := log.Enqueue(ctx, units)
			return func(ctx context.Context) ([]eventlog.Outcome, error) {
				_, err := wait(ctx)
				return nil, errors.Join(err, eventlog.ErrUnavailable)
			}, err
		}
		return log.Enqueue(ctx, units)
	}}
}

// counting counts the units that are refused because of a conflict.
func counting(store eventlog.Store, conflicts *atomic.Int64) *line {
	return &line{store, func(ctx context.Context, units []eventlog.Unit, log eventlog.Enqueuer) (eventlog.Wait, error) {
		wait, err := log.Enqueue(ctx, units)
		return func(ctx context.Context) ([]eventlog.Outcome, error) {
			outcomes, err := wait(ctx)
			for _, o := range outcomes {
				if errors.Is(o.Err, eventlog.ErrConflict) {
					conflicts.Add(1)
				}
			}
			return outcomes, err
		}, err
	}}
}

// Two replicas decide in turn about one thing. What each remembers is out of date
// every time, and soon they read first; once one of them is alone it trusts its memory
// again.
func TestReplicasLearnToReadFirst(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	var conflicts atomic.Int64
	one, two := newShelves(counting(openPG(t, url), &conflicts)), newShelves(counting(openPG(t, url), &conflicts))
	for range 30 {
		mustFill(t, one, items(1), 1)
		mustFill(t, two, items(1), 1)
	}
	if n := conflicts.Load(); n == 0 || n > 15 {
		t.Errorf("%d of 60 decisions met a conflict; want a few", n)
	}
	for range 60 {
		mustFill(t, one, items(1), 1)
	}
	mustFill(t, two, items(1), 1)
	conflicts.Store(0)
	if mustFill(t, one, items(1), 1); conflicts.Load() == 0 {
		t.Error("a replica that was alone read first all the same")
	}
	checkShelves(t, one, items(1), 122, 0)
}

func openPG(t *testing.T, url string) *pglog.Log {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

// Many orders race for the pieces of a few items, from two processes, over lines
// that lose units and answers, with callers that go away and come again. In the
// end exactly as many pieces are gone as orders say that they have, and never
// more than there were.
func TestManyOrdersOfFewItems(t *testing.T) {
	t.Parallel()
	for _, of := range []int{1, 2, 20} {
		t.Run(fmt.Sprintf("%d_items", of), func(t *testing.T) {
			t.Parallel()
			url := servertest.Database(t)
			names := items(of)
			const pieces, orders = 40, 100
			hosts := []*shelves{newShelves(unreliable(openPG(t, url), 20)), newShelves(unreliable(openPG(t, url), 20))}
			sober := newShelves(openPG(t, url))
			mustFill(t, sober, names, pieces)
			var got atomic.Int64
			var wg sync.WaitGroup
			for i, h := range hosts {
				for n := range orders {
					wg.Go(func() { got.Add(int64(insist(t, h, orderStream(fmt.Sprint(i, "-"), n), names))) })
				}
			}
			wg.Wait()
			checkShelves(t, sober, names, pieces, int(got.Load()))
			if of == 1 && got.Load() != pieces {
				t.Errorf("orders have %d pieces; want all %d", got.Load(), pieces)
			}
		})
	}
}

// insist asks for one piece of some of the items until the answer is known, and
// returns how many pieces the order has got.
func insist(t *testing.T, h *shelves, stream string, names []string) int {
	want := make([]string, 0, len(names))
	for _, at := range rand.Perm(len(names))[:1+rand.N(len(names))] {
		want = append(want, names[at])
	}
	cause := because()
	cause.Mark = &eventlog.Mark{Consumer: "test", ID: cause.ID}
	for t.Context().Err() == nil {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		if rand.N(10) == 0 {
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), rand.N(5*time.Millisecond))
		}
		a, err := h.Ask(ctx, cause, stream, take{items: want})
		cancel()
		switch {
		case errors.Is(err, errSoldOut):
			return 0
		case err == nil && a.State.taken:
			return len(want)
		case err == nil:
			t.Errorf("Ask of %s = %+v, nil; want it taken", stream, a)
			return 0
		}
	}
	t.Errorf("%s is not answered", stream)
	return 0
}

const within = time.Minute

// gated holds the units in line back until the gate is opened for each, and
// loses them if so told.
func gated(store eventlog.Store) (l *line, inLine chan uuid.UUID, gate chan error) {
	inLine, gate = make(chan uuid.UUID, 100), make(chan error)
	var mu sync.Mutex
	before := func() ([]eventlog.Outcome, error) { return nil, nil }
	return &line{store, func(_ context.Context, units []eventlog.Unit, _ eventlog.Enqueuer) (eventlog.Wait, error) {
		mu.Lock()
		defer mu.Unlock()
		first := before
		answer := sync.OnceValues(func() ([]eventlog.Outcome, error) {
			_, _ = first() // what becomes of it is somebody else's
			if err := <-gate; err != nil {
				return nil, err
			}
			return store.Append(context.Background(), units)
		})
		before = answer
		inLine <- units[0].Events[0].ID
		return func(context.Context) ([]eventlog.Outcome, error) { return answer() }, nil
	}}, inLine, gate
}

// openGated returns a host whose units are held back, and one whose are not, of
// the same log with one piece of item a.
func openGated(t *testing.T) (h, free *shelves, inLine chan uuid.UUID, gate chan error) {
	t.Helper()
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	free = newShelves(log)
	mustFill(t, free, []string{"a"}, 1)
	l, inLine, gate := gated(log)
	h = newShelves(l)
	if _, _, err := h.Load(t.Context(), itemStream("a")); err != nil {
		t.Fatal(err)
	}
	return h, free, inLine, gate
}

// A refusal that rests on what is not committed yet is not told before it is,
// and not at all if it never is.
func TestARefusalWaitsForWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ fate, want error }{
		"kept": {nil, errSoldOut},
		"lost": {eventlog.ErrUnavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, inLine, gate := openGated(t)
			ask := func(stream string) chan error {
				done := make(chan error, 1)
				go func() {
					_, err := h.Ask(t.Context(), because(), stream, take{items: []string{"a"}})
					done <- err
				}()
				return done
			}
			first := ask("order-1")
			<-inLine
			second := ask("order-2")
			select {
			case err := <-second:
				t.Fatalf("second Ask = %v, before the first is committed", err)
			case <-time.After(50 * time.Millisecond): // time enough to answer too early
			}
			gate <- test.fate
			if err := <-first; !errors.Is(err, test.fate) {
				t.Errorf("first Ask = %v; want %v", err, test.fate)
			}
			close(gate)
			if err := <-second; !errors.Is(err, test.want) {
				t.Errorf("second Ask = %v; want %v", err, test.want)
			}
		})
	}
}

// What is not committed is not told to a reader either.
func TestLoadWaitsForWhatItSaw(t *testing.T) {
	t.Parallel()
	h, _, inLine, gate := openGated(t)
	go func() { _, _ = h.Ask(t.Context(), because(), "order-1", take{items: []string{"a"}}) }()
	<-inLine
	loaded := make(chan shelf, 1)
	go func() {
		s, _, err := h.Load(t.Context(), itemStream("a"))
		if err != nil {
			t.Error(err)
		}
		loaded <- s
	}()
	gate <- eventlog.ErrUnavailable
	if s := <-loaded; s.left["a"] != 1 {
		t.Errorf("Load = %+v; want the piece still there", s)
	}
	if _, _, ok := h.Recall(itemStream("a")); !ok {
		t.Error("Recall knows nothing; want what is in the log")
	}
}

// A caller that goes away leaves nothing behind that others could stumble over:
// what it has put in line is committed, and known.
func TestACallerThatLeavesHoldsUpNobody(t *testing.T) {
	t.Parallel()
	h, _, inLine, gate := openGated(t)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := h.Ask(ctx, because(), "order-1", take{items: []string{"a"}})
		left <- err
	}()
	<-inLine
	cancel()
	close(gate)
	<-left // with an answer or without
	cause := decider.Cause{ID: uuid.New()}
	if _, err := h.Ask(t.Context(), cause, "order-2", take{items: []string{"a"}}); !errors.Is(err, errSoldOut) {
		t.Errorf("Ask after one that left = %v; want %v", err, errSoldOut)
	}
}

// Another process may put its event where a decision in line wanted to put one.
// Whoever rests on that decision must notice, though the version is as expected.
func TestAnotherEventOfTheSameVersion(t *testing.T) {
	t.Parallel()
	h, free, inLine, gate := openGated(t)
	var wg sync.WaitGroup
	wg.Go(func() { mustFill(t, h, []string{"a"}, 5) })
	<-inLine
	wg.Go(func() { // there will be six pieces, as far as it knows
		_, err := h.Ask(t.Context(), because(), "order-1", take{items: []string{"a"}})
		if err != nil && !errors.Is(err, errSoldOut) {
			t.Error(err)
		}
	})
	<-inLine
	if _, err := free.Ask(t.Context(), because(), "order-2", take{items: []string{"a"}}); err != nil {
		t.Fatal(err) // and it takes the last piece
	}
	close(gate)
	wg.Wait()
	s, version, err := free.Load(t.Context(), itemStream("a"))
	if want := 5 - int(version-3); err != nil || s.left["a"] != want {
		t.Errorf("Load = %+v, %v; want %d left at version %d", s, err, want, version)
	}
}
