package load

import (
	"context"
	"strings"
	"sync"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// A census says how many orders the shop shows in each state.
type census struct {
	at     time.Duration // since the start, when the answer came
	states map[orderv1.OrderState]int64
}

func (c census) delivered() int64 { return c.states[orderv1.OrderState_ORDER_STATE_DELIVERED] }

func (c census) ended() int64 {
	return c.delivered() + c.states[orderv1.OrderState_ORDER_STATE_CANCELLED]
}

func (c census) total() (n int64) {
	for _, count := range c.states {
		n += count
	}
	return n
}

// count asks the shop.
func (r *run) count(ctx context.Context) (census, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Deadline)
	defer cancel()
	answer, err := r.Orders[0].GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	c := census{at: time.Since(r.start), states: map[orderv1.OrderState]int64{}}
	for _, s := range answer.GetStats() {
		c.states[s.GetState()] += s.GetCount() // one entry for each currency
	}
	return c, err
}

// A tracker keeps what the censuses say.
type tracker struct {
	mu       sync.Mutex
	base     census // before the first order
	last     census
	from, to census // the first and the last of the steady time
	open     int64  // sum of orders under way over the censuses of the steady time
	seen     int64  // how many these were
}

// note keeps c, which is of the steady time or not.
func (t *tracker) note(c census, steady bool, underWay int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = c
	if !steady {
		return
	}
	if t.from.states == nil {
		t.from = c
	}
	t.to = c
	t.open += underWay
	t.seen++
}

// sinceBase returns how many orders have come into being and ended since the
// beginning, as far as the shop shows it.
func (t *tracker) sinceBase() (total, ended int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.total() - t.base.total(), t.last.ended() - t.base.ended()
}

// latest returns the last census.
func (t *tracker) latest() census {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// rest reports whether all of accepted orders have ended; maybe more of them,
// about which nothing is known, have come into being.
func (t *tracker) rest(accepted, maybe int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.total()-t.base.total() < accepted {
		return false
	}
	// In a shop that others use as well something is always open; there it has
	// to do that as many have ended as were placed.
	return t.last.total() == t.last.ended() || t.last.ended()-t.base.ended() >= accepted+maybe
}

// stateName returns the state in words, such as "delivered".
func stateName(s orderv1.OrderState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "ORDER_STATE_"))
}
