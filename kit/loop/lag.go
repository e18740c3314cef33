package loop

import (
	"context"
	"time"
)

// A Lag says how far a step is behind.
type Lag struct {
	Step    string    // as operators know it, as in "relay", "view.order.v2" or "inbox"
	Waiting int64     // how many events, facts or pieces of work wait for it
	Oldest  time.Time // when the oldest of them came up; zero if none waits, or nobody knows
}

// A Laggard is a step that knows how far it is behind. It may be asked while it
// runs.
type Laggard interface {
	Lag(ctx context.Context) (Lag, error)
}
