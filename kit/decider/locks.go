package decider

import (
	"context"
	"sync"
)

// locks keeps asks of one thing in line. They are kept in this process only:
// between replicas the log's version check decides. Waiting costs nothing but
// time, so it saves the work of losing a race.
type locks struct {
	mu   sync.Mutex
	held map[string]*line
	idle []*line // to be used again; up to mostIdle
}

// mostIdle is about as many as are held at a time under load.
const mostIdle = 256

// A line is those who wait for one key, and the one who has it.
type line struct {
	turn chan struct{} // holds one token while nobody has the key
	size int           // holder and waiting
}

func newLocks() *locks { return &locks{held: map[string]*line{}} }

// lock takes all keys, and returns what gives them back. It fails if ctx is done
// first. The keys are sorted, so that no two callers can wait for each other, and
// none is there twice. They must stay as they are until they are given back.
func (l *locks) lock(ctx context.Context, keys []string) (unlock func(), err error) {
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
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leave(key)
		return ctx.Err()
	}
}

func (l *locks) join(key string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.held[key]
	if !ok {
		q = l.line()
		l.held[key] = q
	}
	q.size++
	return q.turn
}

// line returns a line in which nobody waits. It is called under mu.
func (l *locks) line() *line {
	if last := len(l.idle) - 1; last >= 0 {
		q := l.idle[last]
		l.idle = l.idle[:last]
		return q
	}
	q := &line{turn: make(chan struct{}, 1)}
	q.turn <- struct{}{}
	return q
}

func (l *locks) giveAll(keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		l.held[key].turn <- struct{}{}
		l.leave(key)
	}
}

// leave is called under mu, after the turn was given back if it was taken: the
// last one leaves a line as it was found.
func (l *locks) leave(key string) {
	q := l.held[key]
	if q.size--; q.size > 0 {
		return
	}
	delete(l.held, key)
	if len(l.idle) < mostIdle {
		l.idle = append(l.idle, q)
	}
}
