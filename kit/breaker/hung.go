package breaker

import (
	"context"
	"errors"
	"sync"
)

// mostHung is how many keys are remembered. A target for which so many calls have
// no answer is down.
const mostHung = 1000

// hung remembers the keys whose last call had no answer in time. Its zero value
// remembers none. It is used by many at a time.
type hung struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

// verdict returns what the outcome of a call under a key says about the target.
func (h *hung) verdict(key string, err error) error {
	if key == "" || errors.Is(err, errExcluded) {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !errors.Is(err, context.DeadlineExceeded) {
		delete(h.keys, key)
		return err
	}
	if _, again := h.keys[key]; again {
		return errExcluded
	}
	if h.keys == nil || len(h.keys) >= mostHung {
		h.keys = map[string]struct{}{} // those that hang on are noticed once more
	}
	h.keys[key] = struct{}{}
	return err
}
