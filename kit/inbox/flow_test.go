package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/membus"
)

// A room is a hearer of a bus in memory.
type room struct {
	broker *membus.Broker
	bus    *membus.Bus
	queue  *countingQueue
	step   *inbox.Step

	letters *deadletter.Letters

	mu    sync.Mutex
	heard []string // correlation and version of each fact, in the order in which it was handled
}

// A countingQueue counts calls and deliveries that were settled.
type countingQueue struct {
	bus.Queue
	acks, settled, received atomic.Int32
}

func (q *countingQueue) Ack(d ...bus.Delivery) error {
	q.acks.Add(1)
	q.settled.Add(int32(len(d)))
	return q.Queue.Ack(d...)
}

func (q *countingQueue) Receive(limit int) []bus.Delivery {
	got := q.Queue.Receive(limit)
	q.received.Add(int32(len(got)))
	return got
}

const said = "test.v1.Said"

// enter opens a room whose hearer lets heed judge each fact.
func enter(t *testing.T, prefetch int, inline bool, now func() time.Time, heed func(bus.Message) error) *room {
	t.Helper()
	half := func(below time.Duration) time.Duration { return below / 2 }
	return enterWith(t, inbox.Config{Inline: inline, Now: now, Rand: half}, prefetch, heed)
}

// enterWith opens a room whose hearer is as c says otherwise.
func enterWith(t *testing.T, c inbox.Config, prefetch int, heed func(bus.Message) error) *room {
	t.Helper()
	broker, err := membus.Open(membus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Stop() })
	r := &room{broker: broker, bus: broker.Connect("test")}
	q, err := r.bus.Subscribe(t.Context(), bus.Subscription{Queue: "hearer", Types: []string{said}, Prefetch: prefetch})
	if err != nil {
		t.Fatal(err)
	}
	r.queue = &countingQueue{Queue: q}
	r.letters = lettersOf(t, "hearer")
	c.Name, c.Queue, c.Heed, c.Letters = "hearer", r.queue, r.heed(heed), r.letters
	r.step = inbox.New(c)
	return r
}

// heed returns a handler that notes what it has handled, and keeps nothing.
func (r *room) heed(judge func(bus.Message) error) deadletter.Handler {
	return func(ctx context.Context, m bus.Message, aside deadletter.Aside) error {
		if _, err := aside(ctx, true); err != nil {
			return err
		}
		if err := judge(m); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard = append(r.heard, fmt.Sprint(m.Correlation, m.Version))
		return nil
	}
}

// say says facts, each of an undertaking named by one letter.
func (r *room) say(t *testing.T, undertakings ...string) {
	t.Helper()
	versions := map[string]int64{}
	var messages []bus.Message
	for _, u := range undertakings {
		versions[u]++
		messages = append(messages, bus.Message{
			ID: uuid.New(), Type: said, Subject: "s-" + u, Version: versions[u], Source: "test", Correlation: u, Time: time.Now(),
		})
	}
	if _, err := r.bus.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
}

func (r *room) check(t *testing.T, when string, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.heard, want) {
		t.Errorf("%s: heard %v; want %v", when, r.heard, want)
	}
}

func (r *room) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = loop.Runner{Step: r.step}.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// Facts of an undertaking queue behind one that cannot be handled now, in order,
// while others flow.
func TestALaneKeepsItsOrder(t *testing.T) {
	t.Parallel()
	now, away := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), true
	r := enter(t, 0, true, func() time.Time { return now }, func(m bus.Message) error {
		if away && m.Correlation == "a" && m.Version == 2 {
			return eventlog.ErrUnavailable
		}
		return nil
	})
	step := func() {
		t.Helper()
		if err := loop.Until(t.Context(), r.step); err != nil {
			t.Fatal(err)
		}
	}
	r.say(t, "a", "a", "b", "a", "b")
	step()
	r.check(t, "at first", "a1", "b1", "b2")
	r.say(t, "c")
	now = now.Add(time.Second)
	step()
	r.check(t, "while it fails", "a1", "b1", "b2", "c1")
	away = false
	now = now.Add(time.Minute)
	step()
	r.check(t, "in the end", "a1", "b1", "b2", "c1", "a2", "a3")
	if got := r.queue.settled.Load(); got != 6 {
		t.Errorf("%d facts are settled; want 6", got)
	}
}

// A fact that is set aside holds up its undertaking, and no other.
func TestADeadLetterHoldsUpItsUndertaking(t *testing.T) {
	t.Parallel()
	r := enter(t, 0, true, time.Now, func(m bus.Message) error {
		if m.Correlation == "a" && m.Version == 2 {
			return deadletter.ErrUnreadable
		}
		return nil
	})
	r.say(t, "a", "a", "b", "a", "b")
	if err := loop.Until(t.Context(), r.step); err != nil {
		t.Fatal(err)
	}
	r.check(t, "in the end", "a1", "b1", "b2")
	r.checkWaiting(t, "a", deadletter.Unreadable, deadletter.Behind)
	if got := r.queue.settled.Load(); got != 5 {
		t.Errorf("%d facts are settled; want 5", got)
	}
	if dead := r.broker.Dead("hearer"); len(dead) != 0 {
		t.Errorf("%d facts are dead letters of the broker; want none", len(dead))
	}
}

// checkWaiting checks why the dead letters of an undertaking wait.
func (r *room) checkWaiting(t *testing.T, undertaking string, want ...deadletter.Reason) {
	t.Helper()
	state, err := r.letters.Waiting(t.Context(), undertaking)
	if err != nil {
		t.Fatal(err)
	}
	var got []deadletter.Reason
	for _, p := range state.Waiting {
		l, err := r.letters.Load(t.Context(), undertaking, p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("dead letters of %s wait for reasons %v; want %v", undertaking, got, want)
	}
}

// One that is slow holds up nobody, and what the others have done is settled
// meanwhile.
func TestNobodyWaitsForTheSlowest(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := enter(t, 4, false, time.Now, func(m bus.Message) error {
		if m.Correlation == "slow" {
			<-release
		}
		return nil
	})
	r.run(t)
	r.say(t, "slow", "a", "b", "c", "d", "e", "f", "g", "slow")
	await(t, "seven facts settled", func() bool { return r.queue.settled.Load() == 7 })
	close(release)
	await(t, "all facts settled", func() bool { return r.queue.settled.Load() == 9 })
}

// Facts that come one by one are settled several at a time.
func TestFewAreSettledTogetherToo(t *testing.T) {
	t.Parallel()
	r := enter(t, 0, false, time.Now, func(bus.Message) error { return nil })
	r.run(t)
	const facts = 20
	for i := range facts {
		r.say(t, fmt.Sprintf("u%d-", i))
		await(t, "it is heard", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.heard) == i+1
		})
	}
	await(t, "all is settled", func() bool { return r.queue.settled.Load() == facts })
	if acks := r.queue.acks.Load(); acks > facts/2 {
		t.Errorf("%d acks for %d facts; want groups", acks, facts)
	}
}

// What was begun is finished and settled; what waits behind it is not begun.
func TestDrainFinishesWhatWasBegun(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}, 10), make(chan struct{})
	r := enter(t, 0, false, time.Now, func(bus.Message) error {
		begun <- struct{}{}
		<-release
		return nil
	})
	stop := r.run(t)
	r.say(t, "a", "a", "b")
	<-begun
	<-begun
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	await(t, "no more is begun", func() bool { return !r.step.Begins() })
	close(release)
	<-stopped
	if got := r.queue.settled.Load(); got != 2 {
		t.Errorf("%d facts are settled; want 2", got)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.heard, "a2") {
		t.Errorf("heard %v; want nothing begun after the end", r.heard)
	}
}

// However much there is to hear, and however little of it can be handled, what
// is in hand is bounded.
func TestInHandIsBounded(t *testing.T) {
	t.Parallel()
	r := enter(t, 4*inbox.InHand, false, time.Now, func(bus.Message) error { return eventlog.ErrUnavailable })
	r.run(t)
	many := make([]string, 2*inbox.InHand)
	for i := range many {
		many[i] = fmt.Sprint("u", i)
	}
	r.say(t, many...)
	await(t, "all that fits is in hand", func() bool { return int(r.queue.received.Load()) >= inbox.InHand })
	if got := r.queue.received.Load(); got != inbox.InHand {
		t.Errorf("%d facts in hand; want %d", got, inbox.InHand)
	}
}

// Each undertaking's facts are handled once, in order, whoever is at work, and
// settled in groups.
func TestManyLanes(t *testing.T) {
	t.Parallel()
	r := enter(t, 0, false, time.Now, func(bus.Message) error { return nil })
	r.run(t)
	const lanes, each = 100, 20
	var many []string
	for range each {
		for l := range lanes {
			many = append(many, fmt.Sprintf("u%d-", l))
		}
	}
	r.say(t, many...)
	await(t, "all settled", func() bool { return r.queue.settled.Load() == lanes*each })
	if acks := r.queue.acks.Load(); acks > lanes*each/2 {
		t.Errorf("%d acks for %d facts; want groups", acks, lanes*each)
	}
	next := map[string]int{}
	for _, h := range r.heard {
		var lane, version int
		if _, err := fmt.Sscanf(h, "u%d-%d", &lane, &version); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(lane)
		if next[name]++; next[name] != version {
			t.Fatalf("heard %s as number %d of its undertaking", h, next[name])
		}
	}
}

// Poison of more undertakings than there are hands for does not stop the inbox,
// though each is tried many times.
func TestMuchPoisonDoesNotStopTheInbox(t *testing.T) {
	t.Parallel()
	const sick = 2000
	soon := func(time.Duration) time.Duration { return 0 }
	r := enterWith(t, inbox.Config{Now: time.Now, Rand: soon}, inbox.Prefetch, func(m bus.Message) error {
		if strings.HasPrefix(m.Correlation, "sick") {
			return errors.New("odd")
		}
		return nil
	})
	r.run(t)
	var all []string
	for i := range sick {
		all = append(all, fmt.Sprint("sick", i), fmt.Sprint("sick", i), fmt.Sprint("well", i))
	}
	for few := range slices.Chunk(all, 600) {
		r.say(t, few...)
	}
	await(t, "all is settled", func() bool { return int(r.queue.settled.Load()) == 3*sick })
	if len(r.heard) != sick {
		t.Errorf("%d facts of the well are heard; want %d", len(r.heard), sick)
	}
	for _, i := range []int{0, sick / 2, sick - 1} {
		r.checkWaiting(t, fmt.Sprint("sick", i), deadletter.Exhausted, deadletter.Behind)
	}
	if dead := r.broker.Dead("hearer"); len(dead) != 0 {
		t.Errorf("%d facts are dead letters of the broker; want none", len(dead))
	}
}

// A step that is called by hand goes on after a Drain.
func TestInlineGoesOnAfterADrain(t *testing.T) {
	t.Parallel()
	r := enter(t, 0, true, time.Now, func(bus.Message) error { return nil })
	for _, u := range []string{"a", "b"} {
		r.step.Drain()
		r.say(t, u)
		if err := loop.Until(t.Context(), r.step); err != nil {
			t.Fatal(err)
		}
	}
	r.check(t, "in the end", "a1", "b1")
}

// While a dependency is away nothing is set aside, however long that takes, and
// tries come further and further apart.
func TestWhatPassesWaitsForAsLongAsItTakes(t *testing.T) {
	t.Parallel()
	now, tries, away := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), 0, true
	r := enter(t, 0, true, func() time.Time { return now }, func(bus.Message) error {
		if tries++; away {
			return eventlog.ErrUnavailable
		}
		return nil
	})
	r.say(t, "a")
	for range 3600 {
		if _, err := r.step.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	r.checkWaiting(t, "a")
	if tries < 3600/10 || tries > 3600/2 {
		t.Errorf("tried %d times in an hour; want once in a few seconds", tries)
	}
	away = false
	now = now.Add(time.Minute)
	if err := loop.Until(t.Context(), r.step); err != nil {
		t.Fatal(err)
	}
	r.check(t, "in the end", "a1")
}
