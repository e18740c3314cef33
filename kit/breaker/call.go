package breaker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"orpheus.example/kit/loop"
)

// Call makes one call to the target of b, if b lets it through, with a deadline
// of b's own. The function should watch its context; if it does not, it is
// abandoned as the package comment says.
//
// The call says nothing about the target if ctx ends before it does, whether by
// cancel or by a deadline of its own. A function that panics has failed, and
// Call panics in its place, unless the call was abandoned before: then the panic
// is logged.
//
// If ctx says what the call is about, a failure that only repeats the last one
// counts no further: see About.
func Call[T any](ctx context.Context, b *Breaker, f func(context.Context) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("%s: %w", b.name, err)
	}
	settle, err := b.admit()
	if err != nil {
		return none, err
	}
	got := within(ctx, b, f)
	settle(b.verdict(ctx, got.err))
	if got.panicked != "" {
		panic(got.panicked)
	}
	return got.value, got.err
}

// about is the key of what a call is about.
type about struct{}

// About returns a context whose calls are about one thing, as about one payment. A
// call that fails is repeated, and one that fails for a reason of its own, however
// often, says nothing about the target: while a breaker is closed, failures in a
// row that are about the same thing count as one. So one thing that is broken does
// not keep all others from a target that is well.
func About(ctx context.Context, thing string) context.Context {
	return context.WithValue(ctx, about{}, thing)
}

// verdict is what an outcome says about the target.
func (b *Breaker) verdict(caller context.Context, err error) error {
	switch {
	case err != nil && caller.Err() != nil:
		return errExcluded // it might have succeeded, had the caller stayed
	case b.answered(err):
		b.blamed.Store(nil)
		return err
	}
	thing, ok := caller.Value(about{}).(string)
	if !ok {
		b.blamed.Store(nil)
		return err
	}
	if last := b.blamed.Swap(&thing); last != nil && *last == thing && b.State() == Closed {
		return errExcluded
	}
	return err
}

// An outcome is what became of one call.
type outcome[T any] struct {
	value    T
	err      error
	panicked string // what f panicked with, and where; empty if it did not
}

// within runs f within the time that a call to the target of b gets. In virtual
// time no call can hang, so nobody need be ready to abandon it.
func within[T any](ctx context.Context, b *Breaker, f func(context.Context) (T, error)) outcome[T] {
	if loop.IsVirtual(ctx) {
		defer b.out.Add(-1)
		return run(ctx, f)
	}
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return outcomeOf(ctx, b, f)
}

// outcomeOf runs f in a goroutine that ends when f does, and waits for it no
// longer than until a moment after ctx is done.
func outcomeOf[T any](ctx context.Context, b *Breaker, f func(context.Context) (T, error)) outcome[T] {
	handed := make(chan outcome[T])
	abandoned := make(chan struct{})
	go func() {
		defer b.out.Add(-1)
		got := run(ctx, f)
		select {
		case handed <- got:
		case <-abandoned:
			b.lament(ctx, got.err, got.panicked)
		}
	}()
	select {
	case got := <-handed:
		return got
	case <-ctx.Done():
	}
	grace := time.NewTimer(Grace)
	defer grace.Stop()
	select {
	case got := <-handed:
		return got
	case <-grace.C:
		close(abandoned)
		return outcome[T]{err: fmt.Errorf("%s: %w: %w", b.name, ErrNoAnswer, ctx.Err())}
	}
}

// run calls f and catches its panic: in a goroutine of ours it would end the
// process, however well the caller is prepared.
func run[T any](ctx context.Context, f func(context.Context) (T, error)) (got outcome[T]) {
	defer func() {
		if p := recover(); p != nil {
			got.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
			got.err = fmt.Errorf("panic: %v", p)
		}
	}()
	got.value, got.err = f(ctx)
	return got
}

// lament logs what an abandoned call came to. Nobody else hears of it, and it
// tells a target that is slow from one that is gone.
func (b *Breaker) lament(ctx context.Context, err error, panicked string) {
	switch {
	case panicked != "":
		slog.ErrorContext(ctx, "abandoned call panicked", "breaker", b.name, "panic", panicked)
	case err == nil:
		slog.WarnContext(ctx, "abandoned call succeeded late", "breaker", b.name)
	case !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		slog.WarnContext(ctx, "abandoned call failed late", "breaker", b.name, "error", err)
	}
}
