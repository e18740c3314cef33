// Package watch tells those who look at a stream that it has grown.
//
// One step follows the log for all who watch, so a thousand watchers cost one
// reader. What it has read of a stream it passes on to whoever watches that, as far
// as there is room; who is slow or comes late reads the log himself, from where he
// is. So nobody is held up, and nobody misses anything.
package watch

import (
	"context"
	"slices"
	"sync"

	"orpheus.example/kit/eventlog"
)

const (
	batch = 1_000
	// room is how many events wait for a watcher at most. One who is further behind
	// reads the log.
	room = 16
)

// everything stands for all streams. No stream has an empty name.
const everything = ""

// A Hub follows a log. Watch may be called by many at a time.
type Hub struct {
	name string
	log  eventlog.Log

	mu       sync.Mutex
	watchers map[string]map[*Watcher]bool // by stream
	some     chan struct{}                // has a token when the first watcher comes
	after    int64
	begun    bool
}

// New returns a hub for log. Name is the service's.
func New(name string, log eventlog.Log) *Hub {
	return &Hub{name: name, log: log, watchers: map[string]map[*Watcher]bool{}, some: make(chan struct{}, 1)}
}

// A Watcher watches some streams. Its methods are for one goroutine.
type Watcher struct {
	hub     *Hub
	streams []string
	grown   chan struct{}

	// Under the hub's lock.
	news   []eventlog.Record // that it has not taken
	missed bool              // there may be more
}

// Watch returns a watcher of streams; without any, of the whole log. Watch first and
// read then, so that nothing falls in between.
func (h *Hub) Watch(streams ...string) *Watcher {
	if len(streams) == 0 {
		streams = []string{everything}
	}
	w := &Watcher{hub: h, streams: streams, grown: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, stream := range streams {
		if h.watchers[stream] == nil {
			h.watchers[stream] = map[*Watcher]bool{}
		}
		h.watchers[stream][w] = true
	}
	nudge(h.some)
	return w
}

// Grown returns a channel that holds a token whenever one of the streams may have
// grown since the last token was taken.
func (w *Watcher) Grown() <-chan struct{} { return w.grown }

// Next returns up to limit events that follow version after, in order: those that the
// hub has passed on if it has passed on all, or else those of the log. It is for who
// watches one stream.
func (w *Watcher) Next(ctx context.Context, after int64, limit int) ([]eventlog.Record, error) {
	news, missed := w.take()
	news = slices.DeleteFunc(news, func(r eventlog.Record) bool { return r.Version <= after })
	if missed || len(news) > limit || len(news) > 0 && news[0].Version != after+1 {
		return w.hub.log.ReadStream(ctx, w.streams[0], after, limit)
	}
	return news, nil
}

func (w *Watcher) take() (news []eventlog.Record, missed bool) {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	news, missed = w.news, w.missed
	w.news, w.missed = nil, false
	return news, missed
}

// End ends the watch.
func (w *Watcher) End() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, stream := range w.streams {
		delete(h.watchers[stream], w)
		if len(h.watchers[stream]) == 0 {
			delete(h.watchers, stream)
		}
	}
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
	if !eventlog.Grew(h.log, h.after) {
		return false, nil
	}
	records, err := h.log.ReadAll(ctx, h.after, batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range records {
		h.tell(r.Stream, r)
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
	for stream, watchers := range h.watchers {
		for w := range watchers {
			w.missed = true
		}
		h.tell(stream)
	}
	return nil
}

// tell tells the watchers of a stream that it has grown, and by what as far as that is
// known and there is room.
func (h *Hub) tell(stream string, news ...eventlog.Record) {
	for w := range h.watchers[stream] {
		if len(w.news)+len(news) > room {
			w.news, w.missed = nil, true
		} else if !w.missed {
			w.news = append(w.news, news...)
		}
		nudge(w.grown)
	}
}

func (h *Hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a token is there already
	}
}
