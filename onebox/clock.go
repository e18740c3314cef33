package onebox

import (
	"sync"
	"time"
)

// A clock moves by hand only.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock(at time.Time) *clock { return &clock{now: at.UTC()} }

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Advance moves the clock of a stepped Box. What is due by then is done by the
// next Settle, and nothing of it in between.
func (b *Box) Advance(d time.Duration) {
	if b.clock == nil {
		panic("onebox: the clock of a shop that runs cannot be moved")
	}
	b.clock.advance(d)
}
