package rabbitbus

import "slices"

// A ledger knows which deliveries of one channel are settled. The broker
// numbers them from 1, and closes the channel if one is settled twice, or if
// one is that it never sent.
//
// What it keeps is bounded by the number of deliveries that are out at a time.
type ledger struct {
	floor uint64              // all up to here are settled
	above map[uint64]struct{} // and these, beyond
}

func newLedger() *ledger { return &ledger{above: map[uint64]struct{}{}} }

// settle takes note that tags are settled, and returns those that were not
// before, in order.
func (l *ledger) settle(tags []uint64) (fresh []uint64) {
	for _, t := range tags {
		if _, twice := l.above[t]; twice || t <= l.floor {
			continue
		}
		l.above[t] = struct{}{}
		fresh = append(fresh, t)
	}
	l.advance()
	slices.Sort(fresh)
	return fresh
}

// advance raises the floor over all that lies on it without a gap. A tag that
// has not come yet is a gap too: with several queues on one channel, a later
// one can come first.
func (l *ledger) advance() {
	for {
		if _, ok := l.above[l.floor+1]; !ok {
			return
		}
		l.floor++
		delete(l.above, l.floor)
	}
}

// split parts what settle returned into what the broker may be told at once,
// namely that all up to a tag are settled, and what it must be told singly. If
// there is nothing to tell at once the tag is 0.
func (l *ledger) split(fresh []uint64) (upTo uint64, single []uint64) {
	n, _ := slices.BinarySearch(fresh, l.floor+1) // how many are not above the floor
	if n > 0 {
		upTo = fresh[n-1]
	}
	return upTo, fresh[n:]
}
