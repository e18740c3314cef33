package pglog

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// TestWhatIsAskedMeanwhileIsReadTogether holds up as many reads as may be under way,
// and asks for more: those that want the same at most go together.
func TestWhatIsAskedMeanwhileIsReadTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		free := make(chan struct{})
		g := &gathering{}
		g.read = func(_ context.Context, asked []*asking) {
			g.mu.Lock()
			sizes = append(sizes, len(asked))
			g.mu.Unlock()
			<-free
		}
		ask := func(ctx context.Context, limit, times int) {
			for range times {
				go func() { _, _ = g.ask(&asking{ctx: ctx, stream: "a", limit: limit}) }()
			}
			synctest.Wait()
		}
		for range readers { // one after the other, or they would go together
			ask(t.Context(), 1, 1)
		}
		ask(t.Context(), 1, 3)
		ask(t.Context(), 2, gathered+1)
		close(free)
		synctest.Wait()
		slices.Sort(sizes) // of two at a time either may begin first
		if want := []int{1, 1, 1, 3, gathered}; !slices.Equal(sizes, want) {
			t.Errorf("reads of %v; want %v", sizes, want)
		}
		if g.reading != 0 || g.waiting != nil {
			t.Errorf("%d reads under way, %d waiting; want none", g.reading, len(g.waiting))
		}
	})
}

// TestWhoLeavesHoldsUpNobody leaves while a read is under way.
func TestWhoLeavesHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		g := &gathering{read: func(context.Context, []*asking) { <-free }}
		leaving, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		go func() { _, err := g.ask(&asking{ctx: leaving, limit: 1}); left <- err }()
		go func() { _, err := g.ask(&asking{ctx: t.Context(), limit: 1}); stayed <- err }()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("ask(context that ends) = %v; want %v", err, context.Canceled)
		}
		close(free)
		if err := <-stayed; err != nil {
			t.Errorf("ask() = %v; want nil", err)
		}
	})
}
