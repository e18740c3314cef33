package groupcommit

import "time"

// How long a batch may be held back for more to come. A transaction has a price of
// its own, for processors as well as for the disk, which at a middling load would be
// paid for a few units each time.
const (
	// maxLinger bounds what is added to a call.
	maxLinger = 2 * time.Millisecond
	// minLinger is what is not worth a timer, nor are commits that take no longer.
	minLinger = 300 * time.Microsecond
	// enough is how many units end the waiting: more make little difference.
	enough = 64
	// company is how many calls must be there. One caller that calls again and
	// again waits for nobody.
	company = 2
	// gain is how many more must be expected for waiting to be worth it.
	gain = 2
	// lulls is by how much shorter a time without any arrival ends the waiting:
	// if all who call are there already, nobody else comes.
	lulls = 4
)

// A rhythm tells how long it pays to wait for more. Only the committer uses it.
type rhythm struct {
	took time.Duration // what commits take, of late
	last time.Time     // when the last one began: what is there now has come since
}

// committed takes note of a commit.
func (r *rhythm) committed(begun, ended time.Time) {
	r.last = begun
	r.took += (ended.Sub(begun) - r.took) / 4 // the mean of the last few
}

// patience returns how long to wait for more than calls. It is never longer than a
// commit takes, so that waiting doubles the time of a call at most.
func (r *rhythm) patience(calls int, now time.Time) time.Duration {
	linger := min(maxLinger, r.took)
	if calls < company || linger < minLinger {
		return 0
	}
	// As many come per time as have come since the last commit began.
	if expected := float64(calls) * float64(linger) / float64(now.Sub(r.last)); expected < gain {
		return 0
	}
	return linger
}

// linger adds what comes until there is enough, until nothing has come for a
// while, or until patience ends.
func (q *Queue) linger(b *batch, patience time.Duration) {
	end, lull := time.Now().Add(patience), patience/lulls
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
