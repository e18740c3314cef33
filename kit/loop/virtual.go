package loop

import (
	"context"
	"time"
)

// virtual is the key of contexts in which time is moved by hand.
type virtual struct{}

// Virtual returns a context for steps that a simulation calls. Its time passes
// only between two calls, when the simulation moves it, so that nothing within a
// call can wait or come too late. A timer by the machine's clock would make the
// same run come out differently on a slow machine.
func Virtual(ctx context.Context) context.Context { return context.WithValue(ctx, virtual{}, true) }

// IsVirtual reports whether ctx, or one that it comes from, was made by Virtual.
func IsVirtual(ctx context.Context) bool { return ctx.Value(virtual{}) != nil }

// Within is context.WithTimeout where time passes by itself. Elsewhere it returns
// ctx as it is.
func Within(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if IsVirtual(ctx) {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}
