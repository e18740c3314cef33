package bus

import "sync"

// A Convoy is what drivers keep publications together with that are under way
// at the same time: when one fails, those behind it halt. Its zero value is
// empty. Its methods may be called by many at a time.
type Convoy struct {
	mu     sync.Mutex
	out    int  // how many have joined and not left
	way    any  // over which they go
	halted bool // one of them has failed
}

// Join takes one more into the convoy, which is to go over a way: anything that
// can be compared and is another after a failure, such as the connection. It
// reports whether that one may go. If not it has joined all the same, as one
// that has failed.
func (c *Convoy) Join(way any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == 0 {
		c.way, c.halted = way, false
	}
	c.out++
	if way != c.way {
		c.halted = true // what was on the old way is lost, or may be
	}
	return !c.halted
}

// Halt takes note that one of the convoy has failed. Nobody who joins may go
// until all have left.
func (c *Convoy) Halt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halted = true
}

// Leave lets go of one whose sayer knows what became of it.
func (c *Convoy) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out--
}
