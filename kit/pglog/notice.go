package pglog

import (
	"context"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
)

// How often the log asks the server for what other processes have appended.
const (
	// firstPause applies while others are writing.
	firstPause = 20 * time.Millisecond
	// longestPause is reached when they have not for a while. What is left of
	// MaxNoticeDelay is for the question itself.
	longestPause = eventlog.MaxNoticeDelay * 9 / 10
	// vouchedFor is how long an answer stands for the server's health: until
	// the next one, if somebody waits.
	vouchedFor = longestPause + 150*time.Millisecond
	// pollWithin bounds one question.
	pollWithin = 2 * time.Second
	// waitAtMost is how long a channel lives that nothing happens to. Who still
	// waits asks for a new one. Whether anybody does cannot be seen, so this is
	// also how long the server is asked in vain.
	waitAtMost = 30 * time.Second
)

// A notice tells those who wait that the log has grown. All who wait share one
// channel until it is closed, so one that is abandoned costs nothing.
//
// What this process appends or reads is noticed at once. For the rest there is
// a goroutine that asks the server, and that lives only while somebody waits.
type notice struct {
	mu      sync.Mutex
	known   int64         // position up to which the log is known to reach
	waiting chan struct{} // what is waited on; nil if nobody does
	since   time.Time     // when the first began to wait on it
	pause   time.Duration
	healthy time.Time // when the server last answered as one that can be written to
	polling bool
	closed  bool
	past    chan struct{} // closed for ever: for what is known already
}

func newNotice() *notice {
	n := &notice{pause: firstPause, past: make(chan struct{})}
	close(n.past)
	return n
}

// Grown returns a channel that is closed once the log is longer than after.
func (l *Log) Grown(after int64) <-chan struct{} {
	n := l.notice
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.known > after {
		return n.past
	}
	if n.waiting == nil {
		n.waiting, n.since = make(chan struct{}), time.Now()
	}
	if !n.polling {
		n.polling = true
		go l.poll()
	}
	return n.waiting
}

// grew says that the log reaches to position at least.
func (n *notice) grew(position int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if position > n.known {
		n.known = position
		n.wake()
	}
}

// shrank says that the log reaches to position at most, though more was known
// of it: the server has lost commits, as a standby may have that was promoted
// too early. Readers would not come to rest otherwise.
func (n *notice) shrank(position int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known = min(n.known, position)
}

// vouch says that the server has answered, and can be written to.
func (n *notice) vouch() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.healthy = time.Now()
}

// vouched reports whether it has a moment ago.
func (n *notice) vouched() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Since(n.healthy) < vouchedFor
}

func (n *notice) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.wake()
}

// wake ends the wait of all; n must be locked.
func (n *notice) wake() {
	if n.waiting != nil {
		close(n.waiting)
		n.waiting = nil
	}
}

// poll asks the server now and then, until nobody waits.
func (l *Log) poll() {
	for {
		pause, ok := l.notice.next()
		if !ok {
			return
		}
		_ = loop.Sleep(l.life, pause) // once life has ended, asking fails and wakes all
		l.ask()
	}
}

// ask asks the server once.
func (l *Log) ask() {
	known := l.notice.reach()
	ctx, cancel := context.WithTimeout(l.life, pollWithin)
	defer cancel()
	head, err := l.head(ctx) // which tells l.notice
	l.notice.adapt(head > known, err)
}

// next returns how long to wait before the next question. It reports false, and
// the goroutine must end, if nobody waits.
func (n *notice) next() (time.Duration, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting != nil && time.Since(n.since) > waitAtMost {
		n.wake()
	}
	n.polling = n.waiting != nil && !n.closed
	return n.pause, n.polling
}

// adapt sets the pace after a question. If it failed, those who wait are woken:
// they learn of the error when they read, and wait longer than this would.
func (n *notice) adapt(grown bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err != nil:
		n.pause = longestPause
		n.wake()
	case grown:
		n.pause = firstPause
	default:
		n.pause = min(n.pause*3/2, longestPause)
	}
}

// reach returns the position up to which the log is known to reach.
func (n *notice) reach() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known
}
