package loop_test

import (
	"context"
	"testing"
	"time"

	"orpheus.example/kit/loop"
)

func TestVirtualTimeStandsStill(t *testing.T) {
	t.Parallel()
	ctx := context.WithoutCancel(loop.Virtual(t.Context()))
	limited, cancel := loop.Within(ctx, time.Nanosecond)
	cancel()
	if _, bounded := limited.Deadline(); bounded || limited.Err() != nil {
		t.Errorf("Within in virtual time = bounded %t, %v; want no bound, nil", bounded, limited.Err())
	}
	begun := time.Now()
	if err := loop.Sleep(ctx, 24*time.Hour); err != nil || time.Since(begun) > time.Hour {
		t.Errorf("Sleep in virtual time = %v after %v; want nil at once", err, time.Since(begun))
	}
	cancelled, cancel := context.WithCancel(loop.Virtual(t.Context()))
	cancel()
	if err := loop.Sleep(cancelled, time.Nanosecond); err == nil {
		t.Error("Sleep in a context that is done = nil; want an error")
	}
}

func TestRealTimeIsBounded(t *testing.T) {
	t.Parallel()
	ctx, cancel := loop.Within(t.Context(), time.Nanosecond)
	defer cancel()
	if <-ctx.Done(); loop.IsVirtual(ctx) || ctx.Err() == nil {
		t.Errorf("Within = virtual %t, %v; want no, and an end", loop.IsVirtual(ctx), ctx.Err())
	}
}
