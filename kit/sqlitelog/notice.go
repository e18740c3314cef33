package sqlitelog

import (
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
)

// lookAgain is how long those who wait for growth of a shared file do so before
// they look for themselves. What another process appends is noticed so much
// later, and a reader that is idle costs one look into an index so often.
const lookAgain = eventlog.MaxNoticeDelay * 2 / 5

// A notice tells those who wait that the log has grown. All who wait share one
// channel until it is closed, so one that is abandoned costs nothing.
//
// If the file is this log's alone, all growth goes through it, and there is
// nothing to look for.
type notice struct {
	shared bool

	mu      sync.Mutex
	known   int64         // position up to which the log is known to reach
	waiting chan struct{} // what is waited on; nil if nobody does
	closed  bool
	past    chan struct{} // closed for ever: for what is known already
}

func newNotice(head int64, shared bool) *notice {
	n := &notice{shared: shared, known: head, past: make(chan struct{})}
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
		n.waiting = make(chan struct{})
		if n.shared {
			time.AfterFunc(lookAgain, n.look)
		}
	}
	return n.waiting
}

// look has those who wait look for themselves. At worst they have just begun to
// wait.
func (n *notice) look() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wake()
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
