package decider

import (
	"context"
	"slices"
	"sync"
)

// locks keeps asks of one thing in line. They are kept in this process only:
// between replicas the log's version check decides. Waiting costs nothing but
// time, so it saves the work of losing a race.
type locks struct {
	mu   sync.Mutex
	held map[string]*line
}

// A line is those who wait for one key, and the one who has it.
type line struct {
	turn chan struct{} // holds one token while nobody has the key
	size int           // holder and waiting
}

func newLocks() *locks { return &locks{held: map[string]*line{}} }

// lock takes all keys, in sorted order so that no two callers can wait for each
// other, and returns what gives them back. It fails if ctx is done first.
func (l *locks) lock(ctx context.Context, keys []string) (unlock func(), err error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	for i, key := range keys {
		if err := l.take(ctx, key); err != nil {
			l.giveAll(keys[:i])
			return nil, err
		}
	}
	return func() { l.giveAll(keys) }, nil
}

func (l *locks) take(ctx context.Context, key string) error {
	turn := l.join(key)
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.leave(key)
		return ctx.Err()
	}
}

func (l *locks) join(key string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.held[key]
	if !ok {
		q = &line{turn: make(chan struct{}, 1)}
		q.turn <- struct{}{}
		l.held[key] = q
	}
	q.size++
	return q.turn
}

func (l *locks) giveAll(keys []string) {
	for _, key := range keys {
		l.mu.Lock()
		l.held[key].turn <- struct{}{}
		l.mu.Unlock()
		l.leave(key)
	}
}

func (l *locks) leave(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key].size--; l.held[key].size == 0 {
		delete(l.held, key)
	}
}
