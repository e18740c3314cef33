package decider

import (
	"context"
	"sync"

	"orpheus.example/kit/eventlog"
)

// A fate is what becomes of a unit that was put in line and is not committed
// yet. Decisions that rest on it follow it: if it is lost they are as good as
// lost, and nobody need build on them any more.
//
// How many are open at a time is bounded by the line of the log, which lets its
// callers wait when it is full.
type fate struct {
	mu        sync.Mutex
	state     fateState
	known     bool          // from the log: state is final
	settled   chan struct{} // closed once it is known; nil while nobody waits
	followers []*fate       // open ones that rest on this one
}

// A fateState says how far it has come.
type fateState int

const (
	open fateState = iota
	kept           // it is in the log
	lost           // it is not, or nobody knows, or it rests on what is lost
)

// now returns how far it has come.
func (f *fate) now() fateState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// follow has g share the doom of f. It is called before anybody else knows g.
func (g *fate) follow(f *fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.state {
	case open:
		f.followers = append(f.followers, g)
	case lost:
		g.state = lost
	case kept:
	}
}

// settle makes the outcome known. A fate that was doomed may have been kept all
// the same, if it followed one of which nobody knew.
func (f *fate) settle(err error) {
	f.mu.Lock()
	followers := f.followers
	f.followers = nil
	if f.state = kept; err != nil {
		f.state = lost
	}
	f.known = true
	if f.settled != nil {
		close(f.settled)
	}
	f.mu.Unlock()
	if err != nil {
		doom(followers)
	}
}

// doom marks what rests on something lost, so that the next decision is not
// built on it. The log is going to refuse it; its asker learns it from there.
func doom(fates []*fate) {
	for _, f := range fates {
		f.mu.Lock()
		followers := f.followers
		f.followers = nil
		if f.state == open {
			f.state = lost
		}
		f.mu.Unlock()
		doom(followers)
	}
}

// wait waits until the outcome is known. It returns ErrConflict if it is lost:
// whatever rests on it is to be decided again.
func (f *fate) wait(ctx context.Context) error {
	if settled := f.await(); settled != nil {
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.now() == lost {
		return eventlog.ErrConflict
	}
	return nil
}

// await returns what is closed once the outcome is known, nil if it is.
func (f *fate) await() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known {
		return nil
	}
	if f.settled == nil {
		f.settled = make(chan struct{})
	}
	return f.settled
}
