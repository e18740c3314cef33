package membus

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"orpheus.example/kit/bus"
)

// Defaults of a Config.
const (
	// defaultCap is at 1 kB for a fact some 100 MB for each queue, at worst.
	defaultCap = 100_000
	// defaultSlack bounds what is read for nothing when the journal is opened.
	defaultSlack = 4 << 20
)

// A Config says what a broker is like. Its zero value is one in memory.
type Config struct {
	// Path is of the journal; without one nothing outlives the process. Beside
	// it come files with .lock, .new and .cut after its name.
	Path string
	// NoSync leaves it to the system when the journal goes to disk. Messages
	// then survive kill -9, but not a loss of power.
	NoSync bool
	// Slack is how many bytes of settled messages the journal may hold, besides
	// as much again as is unsettled, before it is written anew; 4 MiB by default.
	Slack int64

	// Partitions is how many queues each hearer has; 1 by default. It may
	// change from one start to the next.
	Partitions int
	// Cap is how many messages each queue holds; 100 000 by default.
	Cap int
	// Next picks which of the ready messages of a queue is delivered next, from
	// 0, the oldest, to ready-1; the oldest if nil. It lets a simulator shuffle.
	// It is called with the broker locked, so it must not call the broker.
	Next func(queue string, ready int) int

	// Log is told what is wrong with the journal; slog's default if nil.
	Log *slog.Logger
}

// complete returns c with defaults in place of what was left out.
func (c Config) complete() Config {
	if c.Partitions <= 0 {
		c.Partitions = 1
	}
	if c.Cap <= 0 {
		c.Cap = defaultCap
	}
	if c.Slack <= 0 {
		c.Slack = defaultSlack
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// A Broker holds queues for all who connect to it. Its methods may be called by
// many at a time.
type Broker struct {
	config Config

	mu      sync.Mutex // guards all below, and what hangs on it
	up      bool
	journal *journal             // nil in memory, and while the broker is stopped
	hearers []*hearer            // each at the place of its id
	named   map[string]*hearer   // the same, by name
	routes  map[string][]*hearer // who hears a type
	queues  []*queue             // of all connections, in the order of subscription
	seq     uint64               // of the last message
	epoch   uint64               // of the last session
	starts  int                  // how often it has started
}

// Open returns a broker that has started, with all that its journal has kept.
// It is an error if another process has the journal.
func Open(c Config) (*Broker, error) {
	b := &Broker{config: c.complete()}
	b.forget()
	if err := b.Start(); err != nil {
		return nil, err
	}
	return b, nil
}

// Connect returns a bus on the broker, for a service by the name of source,
// which stands in for messages that do not name theirs. It may be called while
// the broker is stopped.
func (b *Broker) Connect(source string) *Bus { return &Bus{broker: b, source: source} }

// Start brings a stopped broker back, and all queues that are open on it. With
// a journal it knows what that has kept and nothing else.
func (b *Broker) Start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.up {
		return nil
	}
	if b.config.Path != "" {
		if err := b.recall(); err != nil {
			return fmt.Errorf("start broker: %w", err)
		}
	}
	b.up = true
	b.starts++
	if err := b.attachAll(); err != nil {
		return errors.Join(fmt.Errorf("start broker: %w", err), b.leave())
	}
	return nil
}

// Stop has the broker go away, for ever or until Start: nothing is delivered,
// settlements are passed over, and to publish is bus.ErrDown. Without a journal
// it keeps its queues in memory.
func (b *Broker) Stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.up {
		return nil
	}
	return b.leave()
}

// leave is Stop, of a broker that is up.
func (b *Broker) leave() error {
	b.cut()
	b.up = false
	if b.journal == nil {
		return nil
	}
	err := b.journal.close()
	b.journal = nil
	b.forget()
	if err != nil {
		return fmt.Errorf("stop broker: %w", err)
	}
	return nil
}

// Break cuts all connections at this moment. They are back at once, and what
// was not settled comes again.
func (b *Broker) Break() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut()
	if !b.up {
		return nil
	}
	if err := b.attachAll(); err != nil {
		return fmt.Errorf("mend connections: %w", err)
	}
	return nil
}

// cut detaches all queues. Those that were closed, and stayed only for what
// could still be settled, are gone.
func (b *Broker) cut() {
	for _, q := range b.queues {
		q.detach()
	}
	b.queues = slices.DeleteFunc(b.queues, func(q *queue) bool { return q.closed })
}

// attachAll begins a session of each queue.
func (b *Broker) attachAll() error {
	for _, q := range b.queues {
		if err := b.attach(q); err != nil {
			return err
		}
	}
	return nil
}

// attach begins a session of a queue, and makes sure that its hearer is known.
func (b *Broker) attach(q *queue) error {
	h, err := b.declare(q.asked.Queue, q.asked.Types)
	if err != nil {
		return err
	}
	b.epoch++
	q.begin(h, b.epoch)
	return nil
}

// declare makes sure that a hearer is there and gets what it asks for. What it
// asked for before it still gets: an older replica may want it.
func (b *Broker) declare(name string, types []string) (*hearer, error) {
	h, ok := b.named[name]
	if ok && !slices.ContainsFunc(types, func(t string) bool { return !h.hears[t] }) {
		return h, nil
	}
	id := uint64(len(b.hearers))
	if ok {
		id = h.id
	}
	if b.journal != nil {
		if err := b.journal.declared(id, name, types); err != nil {
			return nil, err
		}
	}
	if !ok {
		h = b.add(name)
	}
	b.bind(h, types)
	return h, nil
}

// add makes a hearer with empty queues.
func (b *Broker) add(name string) *hearer {
	h := newHearer(uint64(len(b.hearers)), name, b.config.Partitions)
	b.hearers = append(b.hearers, h)
	b.named[name] = h
	return h
}

func (b *Broker) bind(h *hearer, types []string) {
	for _, t := range types {
		if !h.hears[t] {
			h.hears[t] = true
			b.routes[t] = append(b.routes[t], h)
		}
	}
}

// way is what a convoy goes over: another one after each start, since what was
// sent before may be lost.
func (b *Broker) way() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.starts
}

// forget empties the memory of the broker.
func (b *Broker) forget() {
	b.hearers, b.named, b.routes = nil, map[string]*hearer{}, map[string][]*hearer{}
}

// recall fills the memory with what the journal has kept.
func (b *Broker) recall() error {
	j, kept, err := openJournal(b.config)
	if err != nil {
		return err
	}
	b.journal = j
	b.seq = max(b.seq, kept.seq)
	for _, e := range kept.hearers {
		h := b.add(e.name)
		b.bind(h, e.types)
		h.restore(e)
	}
	b.tidy()
	return nil
}

// tidy writes the journal anew once there is more in it that is settled than
// not. If that fails the old one goes on to grow, and serves as well.
func (b *Broker) tidy() {
	if b.journal == nil || !b.journal.due() {
		return
	}
	if err := b.journal.rewrite(b.hearers); err != nil {
		b.config.Log.Error("journal cannot be written anew; it goes on to grow", "path", b.config.Path, "error", err)
	}
}

// note writes a settlement to the journal. If that fails the messages come
// again after a restart, which is what hearers are prepared for; so there is
// nobody who need be told but people.
func (b *Broker) note(write func(*journal) error) {
	if b.journal == nil {
		return
	}
	if err := write(b.journal); err != nil {
		b.config.Log.Warn("settlement is not in the journal", "path", b.config.Path, "error", err)
	}
	b.tidy()
}

var _ bus.Bus = (*Bus)(nil)
