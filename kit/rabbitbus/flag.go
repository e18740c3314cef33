package rabbitbus

import "sync"

// A flag is a condition that can be waited for, either way. It starts lowered.
type flag struct {
	mu  sync.Mutex
	up  bool
	on  chan struct{} // closed while the flag is up
	off chan struct{} // closed while it is down
}

func newFlag() *flag {
	f := &flag{on: make(chan struct{}), off: make(chan struct{})}
	close(f.off)
	return f
}

// set raises or lowers the flag, and reports whether that changed it.
func (f *flag) set(up bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.up == up {
		return false
	}
	f.up = up
	if up {
		f.off = make(chan struct{})
		close(f.on)
	} else {
		f.on = make(chan struct{})
		close(f.off)
	}
	return true
}

// raised returns a channel that is closed if the flag is up, or as soon as it
// goes up.
func (f *flag) raised() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on
}

// lowered returns a channel that is closed if the flag is down, or as soon as
// it goes down.
func (f *flag) lowered() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.off
}

// isRaised reports how the flag stands.
func (f *flag) isRaised() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.up
}
