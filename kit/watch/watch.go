// Package watch tells those who look at a stream that it has grown.
//
// One step follows the log for all who watch, so a thousand watchers cost one
// reader. Watchers are told only that there is something new: they read it
// themselves, from where they are, so one that is slow falls behind without
// holding up anybody and without missing anything.
package watch

import (
	"context"
	"sync"

	"orpheus.example/kit/eventlog"
)

const batch = 1_000

// everything stands for all streams. No stream has an empty name.
const everything = ""

// A Hub follows a log. Watch may be called by many at a time.
type Hub struct {
	name string
	log  eventlog.Log

	mu       sync.Mutex
	watchers map[string]map[chan struct{}]bool // by stream
	some     chan struct{}                     // has a token when the first watcher comes
	after    int64
	begun    bool
}

// New returns a hub for log. Name is the service's.
func New(name string, log eventlog.Log) *Hub {
	return &Hub{name: name, log: log, watchers: map[string]map[chan struct{}]bool{}, some: make(chan struct{}, 1)}
}

// Watch returns a channel that holds a token whenever one of streams may have
// grown since the last token was taken, and what ends the watch. Without streams
// it is about the whole log. Watch first and read then, so that nothing falls in
// between.
func (h *Hub) Watch(streams ...string) (grown <-chan struct{}, end func()) {
	if len(streams) == 0 {
		streams = []string{everything}
	}
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, stream := range streams {
		if h.watchers[stream] == nil {
			h.watchers[stream] = map[chan struct{}]bool{}
		}
		h.watchers[stream][c] = true
	}
	nudge(h.some)
	return c, func() { h.end(c, streams) }
}

// Name returns the step's name.
func (h *Hub) Name() string { return h.name + ".watch" }

// Once reads what is new and tells who watches it. While nobody watches it reads
// nothing, and begins anew at the log's end for the next one.
func (h *Hub) Once(ctx context.Context) (bool, error) {
	if !h.watched() {
		h.begun = false
		return false, nil
	}
	if !h.begun {
		return true, h.begin(ctx)
	}
	records, err := h.log.ReadAll(ctx, h.after, batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range records {
		h.tell(r.Stream)
	}
	h.tell(everything)
	h.after = records[len(records)-1].Position
	return true, nil
}

// Wait returns when the log has grown while somebody watches, when the first
// watcher comes, or when ctx is done.
func (h *Hub) Wait(ctx context.Context) {
	var grown <-chan struct{}
	if h.watched() {
		grown = h.log.Grown(h.after)
	}
	select {
	case <-ctx.Done():
	case <-h.some:
	case <-grown:
	}
}

// begin starts at the log's end. Everybody is told once, for what was said
// between their first look and now.
func (h *Hub) begin(ctx context.Context) error {
	head, err := h.log.Head(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.after, h.begun = head, true
	for stream := range h.watchers {
		h.tell(stream)
	}
	return nil
}

func (h *Hub) tell(stream string) {
	for c := range h.watchers[stream] {
		nudge(c)
	}
}

func (h *Hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

func (h *Hub) end(c chan struct{}, streams []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, stream := range streams {
		delete(h.watchers[stream], c)
		if len(h.watchers[stream]) == 0 {
			delete(h.watchers, stream)
		}
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a token is there already
	}
}
