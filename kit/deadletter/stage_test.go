package deadletter_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/sqlitelog"
)

const (
	said   = "test.v1.Said"
	within = 5 * time.Minute // of a machine that has much else to do
)

// onEach runs a test over each kind of store.
func onEach(t *testing.T, run func(t *testing.T, store eventlog.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		store, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		run(t, store)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		store, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		run(t, store)
	})
}

// What is heard in these tests are words, and what is kept of an undertaking is
// the words in the order in which they had their effect. Some words are poison, as
// long as the hearer has not been mended.
const (
	garbage = "garbage" // cannot be read
	refused = "refused" // is refused by the decider
	panics  = "panics"  // makes the decider panic
	strange = "strange" // fails for no known reason
)

// poison is the words that a hearer which was not mended cannot handle, and what
// becomes of them.
var poison = map[string]deadletter.Reason{
	garbage: deadletter.Unreadable, refused: deadletter.Refused,
	panics: deadletter.Exhausted, strange: deadletter.Exhausted,
}

type words struct{}

func (words) Encode(e string) (string, int, []byte, error) { return "Said", 1, []byte(e), nil }

func (words) Decode(r eventlog.Record) (string, error) { return string(r.Body), nil }

type (
	reaction = decider.Reaction[string]
	host     = decider.Host[[]string, string, string, struct{}]
)

// A hearer is one life of one replica.
type hearer struct {
	letters *deadletter.Letters
	handle  deadletter.Handler
	pile    *pile
	step    *inbox.Step
}

// enter starts a replica that hears what is in p, and keeps it in store.
func enter(store eventlog.Log, p *pile, mended *atomic.Bool, inline bool) *hearer {
	h := &hearer{pile: p, letters: deadletter.New(deadletter.Config{Consumer: "hearer", Log: store, Now: time.Now})}
	words := decider.NewHost(decider.Decider[[]string, string, string, struct{}]{
		Decide: func(_ []string, word string) ([]string, error) {
			switch {
			case mended.Load():
			case word == refused:
				return nil, errors.New("not here")
			case word == panics:
				panic("no way")
			}
			return []string{word}, nil
		},
		Evolve: func(s []string, word string) []string { return append(slices.Clone(s), word) },
	}, decider.Config[string]{Log: store, Codec: words{}, Now: time.Now})
	h.handle = heed(words, mended)
	h.step = inbox.New(inbox.Config{
		// Whoever is kept back is tried at once: time is another test's matter.
		Name: "hearer", Queue: p, Now: time.Now, Inline: inline, Heed: h.handle, Letters: h.letters,
		Rand: func(time.Duration) time.Duration { return -time.Hour },
	})
	return h
}

func heed(words *host, mended *atomic.Bool) deadletter.Handler {
	handle := inbox.Heed("hearer", words, func(m bus.Message) ([]reaction, error) {
		if string(m.Body) == garbage && !mended.Load() {
			return nil, errors.New("no sense in it")
		}
		return []reaction{{To: "said-" + m.Correlation, Do: string(m.Body)}}, nil
	})
	return func(ctx context.Context, m bus.Message, aside deadletter.Aside) error {
		if string(m.Body) == strange && !mended.Load() {
			if _, err := aside(ctx, true); err != nil {
				return err
			}
			return errors.New("strange")
		}
		return handle(ctx, m, aside)
	}
}

// listen hears all that is in the pile, until all of it is handled or parked.
func (h *hearer) listen(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(within); !h.pile.empty(); {
		if _, err := h.step.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("not all is heard within %s", within)
		}
	}
}

// replay replays the letters of an undertaking, in order, until none waits.
func (h *hearer) replay(t *testing.T, undertaking string) {
	t.Helper()
	for {
		state, err := h.letters.Waiting(t.Context(), undertaking)
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Waiting) == 0 {
			return
		}
		outcome, failure, err := h.letters.Replay(t.Context(), undertaking, state.Waiting[0].ID, "ann", h.handle)
		if err != nil || outcome != deadletter.ReplayHandled {
			t.Fatalf("Replay = %q, %q, %v; want it handled", outcome, failure, err)
		}
	}
}

// A pile is a queue into which a test puts what it likes. What is not settled is
// delivered again to whoever takes it over.
type pile struct {
	bus.Queue
	mu       sync.Mutex
	tag      uint64
	waiting  []bus.Delivery
	out      map[uint64]bus.Delivery
	rejected int
	arrived  chan struct{}
}

func newPile() *pile { return &pile{out: map[uint64]bus.Delivery{}, arrived: make(chan struct{})} }

func (p *pile) put(messages ...bus.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range messages {
		p.tag++
		p.waiting = append(p.waiting, bus.Delivery{Message: m, Tag: p.tag})
	}
	close(p.arrived)
	p.arrived = make(chan struct{})
}

// redeliver brings what is not settled once more, in the order of old.
func (p *pile) redeliver() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.out {
		p.waiting = append(p.waiting, d)
	}
	clear(p.out)
	slices.SortFunc(p.waiting, func(a, b bus.Delivery) int { return cmp.Compare(a.Tag, b.Tag) })
}

func (p *pile) Receive(limit int) []bus.Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(limit, len(p.waiting))
	got := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	for _, d := range got {
		p.out[d.Tag] = d
	}
	return got
}

func (p *pile) Arrived() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arrived
}

func (p *pile) Ack(deliveries ...bus.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range deliveries {
		delete(p.out, d.Tag)
	}
	return nil
}

func (p *pile) Reject(d bus.Delivery) error {
	p.mu.Lock()
	p.rejected++
	p.mu.Unlock()
	return p.Ack(d)
}

func (p *pile) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting)+len(p.out) == 0
}

// say returns the messages that say words of an undertaking, in order.
func say(undertaking string, words ...string) []bus.Message {
	var messages []bus.Message
	for i, w := range words {
		messages = append(messages, bus.Message{
			ID: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, undertaking, i, w)), Type: said, Source: "test",
			Subject: "talk-" + undertaking, Version: int64(i) + 1, Body: []byte(w), Correlation: undertaking, Time: time.Now(),
		})
	}
	return messages
}

// checkHeard checks which words of an undertaking have had their effect, in order.
func checkHeard(t *testing.T, store eventlog.Log, undertaking string, want ...string) {
	t.Helper()
	records, err := store.ReadStream(t.Context(), "said-"+undertaking, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, string(r.Body))
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %v of %s; want %v", got, undertaking, want)
	}
}

// checkWaiting checks why the letters of an undertaking wait, in order.
func (h *hearer) checkWaiting(t *testing.T, undertaking string, want ...deadletter.Reason) []deadletter.Letter {
	t.Helper()
	state, err := h.letters.Waiting(t.Context(), undertaking)
	if err != nil {
		t.Fatal(err)
	}
	var waiting []deadletter.Letter
	var got []deadletter.Reason
	for _, p := range state.Waiting {
		l, err := h.letters.Load(t.Context(), undertaking, p)
		if err != nil {
			t.Fatal(err)
		}
		waiting, got = append(waiting, l), append(got, l.Reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("letters of %s wait for %v; want %v", undertaking, got, want)
	}
	return waiting
}
