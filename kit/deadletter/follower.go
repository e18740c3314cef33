package deadletter

import (
	"context"
	"time"

	"orpheus.example/kit/loop"
)

// Limits of a Follower.
const (
	// followEvery is how long letters may wait Behind nothing.
	followEvery = 30 * time.Second
	// followed is how many undertakings are seen to at a time.
	followed = 100
)

// A Follower sees to letters that wait Behind nothing any more. Who takes away the
// one that they waited for has them handled next, but may crash in between, or be
// called off; then they would wait until an operator asks. It is a step for a service
// to run, and any number of replicas may: a letter is handled once.
//
// What fails is on record, has a reason of its own from then on, and is not tried
// again by itself.
type Follower struct {
	letters *Letters
	listing *Listing
	handle  Handler
}

// NewFollower returns the follower of a hearer's letters, which listing shows and
// handle handles.
func NewFollower(letters *Letters, listing *Listing, handle Handler) *Follower {
	return &Follower{letters: letters, listing: listing, handle: handle}
}

// Name returns the step's name.
func (f *Follower) Name() string { return f.listing.name + ".follow" }

// Once sees to some undertakings, and reports whether there may be more.
func (f *Follower) Once(ctx context.Context) (bool, error) {
	if err := f.listing.CatchUp(ctx); err != nil {
		return false, err
	}
	freed, err := f.listing.freed(ctx, followed)
	if err != nil {
		return false, err
	}
	for _, undertaking := range freed {
		// On record it is the hearer's own doing.
		if err := f.letters.Follow(ctx, undertaking, f.letters.config.Consumer, f.handle, nil); err != nil {
			return false, err
		}
	}
	return len(freed) == followed, nil
}

// Rest lets the listing catch up, which another replica may have to do.
func (f *Follower) Rest(ctx context.Context) { _ = loop.Sleep(ctx, scanEvery) } // the loop looks at ctx itself

// Wait returns when it is time to look again, or ctx is done.
func (f *Follower) Wait(ctx context.Context) { _ = loop.Sleep(ctx, followEvery) } // the loop looks at ctx itself
