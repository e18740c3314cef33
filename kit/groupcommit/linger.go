package groupcommit

import "time"

// How long a batch may be held back for more to come. A transaction has a price of
// its own, for processors as well as for the disk, which would be paid for a few
// units each time.
const (
	// maxLinger bounds what is added to a call at a middling load.
	maxLinger = 2 * time.Millisecond
	// minLinger is what is not worth a timer, nor are commits that take no longer.
	minLinger = 300 * time.Microsecond
	// maxThrong bounds it where many come all the time: processors are what is
	// short then, and what a call waits here it would wait for them elsewhere.
	maxThrong = 8 * time.Millisecond
	// throng is how many more units must be expected for waiting so long.
	throng = 6
	// enough is how many units end the waiting: more make little difference.
	enough = 64
	// company is how many calls must be there. One caller that calls again and
	// again waits for nobody.
	company = 2
	// gain is how many more must be expected for waiting to be worth it.
	gain = 2
	// lulls is by how much shorter a time without any arrival ends the waiting: if
	// all who call are there already, nobody else comes. Not so in a throng, in which
	// facts come in bundles, with lulls in between.
	lulls = 4
	// Callers who wait for each other's answers look like a throng, and come all at
	// once. After vainly times in a row in which hardly anybody else came, so many
	// batches as respite are not held back that long.
	vainly, respite = 3, 24
	// memory is how much of the past counts, about.
	memory = 50 * time.Millisecond
)

// A rhythm tells how long it pays to wait for more. Only the committer uses it.
type rhythm struct {
	least time.Duration // that all who call can wait, however few they are
	took  time.Duration // what commits take, of late
	last  time.Time     // when the last one began: what is there now has come since
	rate  float64       // units for each nanosecond, of late
	vain  int           // how often in a row it was vain to wait for a throng
	rest  int           // batches to go until that is tried again
}

// committed takes note of a commit.
func (r *rhythm) committed(begun, ended time.Time, units int) {
	if since := begun.Sub(r.last); since > 0 {
		// The longer ago the last was, the less what was before it counts.
		share := float64(since) / float64(since+memory)
		r.rate += (float64(units)/float64(since) - r.rate) * share
	}
	r.last = begun
	r.took += (ended.Sub(begun) - r.took) / 4 // the mean of the last few
}

// patience returns how long to wait for more than calls, and how long at most for
// the next of them. Mostly it is no longer than a commit takes, so that waiting
// doubles the time of a call at most; in a throng twice as long.
func (r *rhythm) patience(calls int, now time.Time) (linger, lull time.Duration) {
	if r.least > 0 {
		return r.least, r.least
	}
	if calls < company || r.took < minLinger {
		return 0, 0
	}
	if long := min(maxThrong, 2*r.took); r.rate*float64(long) >= throng && r.rest == 0 {
		return long, long
	}
	r.rest = max(0, r.rest-1)
	linger = min(maxLinger, r.took)
	// As many come per time as have come since the last commit began.
	if expected := float64(calls) * float64(linger) / float64(now.Sub(r.last)); expected < gain {
		return 0, 0
	}
	return linger, linger / lulls
}

// thronged takes note of how many more units came for having waited for a throng.
func (r *rhythm) thronged(more int) {
	r.vain++
	if more >= gain {
		r.vain = 0
	}
	if r.vain == vainly {
		r.vain, r.rest = 0, respite
	}
}

// linger adds what comes until there is enough, until nothing has come for as long
// as a lull, or until patience ends.
func (q *Queue) linger(b *batch, patience, lull time.Duration) {
	end := time.Now().Add(patience)
	t := time.NewTimer(lull)
	defer t.Stop()
	for b.units < enough && !b.full() {
		select {
		case c := <-q.calls:
			b.add(c)
			q.drain(b)
			t.Reset(min(lull, time.Until(end)))
		case <-t.C:
			return
		case <-q.closing:
			return
		}
	}
}
