package load

import (
	"maps"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"google.golang.org/grpc/codes"
)

// Histograms count microseconds, from one to an hour, to three digits.
const (
	leastMicros = 1
	mostMicros  = int64(time.Hour / time.Microsecond)
	digits      = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(leastMicros, mostMicros, digits)
}

// counts are what happened to orders on their way into the shop.
type counts struct {
	sent, accepted, retried int64
	asked                   [outcomes]int64 // accepted, by what they are meant to come to
	shed                    map[codes.Code]int64
	unknown                 int64 // of those shed, may be in the shop all the same
	tooLate, uncancelled    int64 // cancellations that came too late, or got no answer
	steady                  int64 // accepted in the steady time
	watched, unwatched      int64 // picked for a watch, and got one or not
	lostSight               int64 // watches that broke before their order ended
}

// refused returns how many orders were not accepted.
func (c *counts) refused() (n int64) {
	for _, one := range c.shed {
		n += one
	}
	return n
}

// A recorder counts and measures. All share one lock: it is held for less than a
// thousandth of what a call costs.
type recorder struct {
	mu sync.Mutex
	counts
	place, confirmed, delivered *hdrhistogram.Histogram
	second                      *hdrhistogram.Histogram // PlaceOrder since the last tick
}

func newRecorder() recorder {
	return recorder{
		counts: counts{shed: map[codes.Code]int64{}},
		place:  newHistogram(), confirmed: newHistogram(), delivered: newHistogram(), second: newHistogram(),
	}
}

// with calls f with the lock held.
func (r *recorder) with(f func(*counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.counts)
}

// now returns the counts as they are.
func (r *recorder) now() counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counts
	c.shed = maps.Clone(c.shed)
	return c
}

// took records a latency, or several of the same length.
func (r *recorder) took(d time.Duration, into ...*hdrhistogram.Histogram) {
	micros := min(max(d.Microseconds(), leastMicros), mostMicros)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range into {
		_ = h.RecordValue(micros) // within the bounds
	}
}

// turn returns quantiles of the last second, and begins the next.
func (r *recorder) turn() (p50, p99 time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p50, p99 = quantile(r.second, 50), quantile(r.second, 99)
	r.second.Reset()
	return p50, p99
}

// quantile returns the latency that p percent do not exceed.
func quantile(h *hdrhistogram.Histogram, p float64) time.Duration {
	return time.Duration(h.ValueAtQuantile(p)) * time.Microsecond
}
