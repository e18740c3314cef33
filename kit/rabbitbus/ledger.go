package rabbitbus

import "slices"

// Facts of one message are numbered from 0 in the low bits of their deliveries'
// tags; the rest is the number that the broker gave the message.
const placeBits = 16

func tagOf(message uint64, place int) uint64 { return message<<placeBits | uint64(place) } //nolint:gosec // see maxRead

// A ledger knows which deliveries of one channel are settled. The broker
// numbers messages from 1, and closes the channel if one is settled twice, or
// if one is that it never sent. So a bundle is settled when all of its facts
// are, and not before.
//
// What it keeps is bounded by the number of deliveries that are out at a time.
type ledger struct {
	floor   uint64              // all messages up to here are settled
	above   map[uint64]struct{} // and these, beyond
	bundles map[uint64]*opened  // those not settled of which facts have come out
}

// An opened is a bundle of which facts have come out.
type opened struct {
	facts [][]byte // as they came
	taken []bool   // those for which somebody has seen to it that they are settled
	left  int      // how many are not settled
	back  bool     // it goes back to the queue, because nobody wanted all of it
}

func newLedger() *ledger {
	return &ledger{above: map[uint64]struct{}{}, bundles: map[uint64]*opened{}}
}

// open takes note of the facts that a message holds.
func (l *ledger) open(message uint64, facts [][]byte) {
	l.bundles[message] = &opened{facts: facts, taken: make([]bool, len(facts)), left: len(facts)}
}

// take reports whether a fact is up to now neither settled nor taken, and has
// it taken. Of a fact that is not in a bundle, the bundle is nil.
func (l *ledger) take(tag uint64) (in *opened, fresh bool) {
	message, place := tag>>placeBits, int(tag&(1<<placeBits-1))
	in = l.bundles[message]
	switch {
	case in == nil:
		_, twice := l.above[message]
		return nil, place == 0 && message > l.floor && !twice
	case place >= len(in.taken) || in.taken[place]:
		return in, false
	}
	in.taken[place] = true
	return in, true
}

// release settles a fact that was taken, and reports whether its whole message
// is settled by that.
func (l *ledger) release(tag uint64) bool {
	message := tag >> placeBits
	if in := l.bundles[message]; in != nil {
		if in.left--; in.left > 0 {
			return false
		}
		delete(l.bundles, message)
	}
	l.above[message] = struct{}{}
	return true
}

// settle takes and releases facts. It returns how many were not taken before,
// and the messages that are settled by that, in order: those to be acknowledged,
// and those to go back.
func (l *ledger) settle(tags []uint64) (facts int, whole, back []uint64) {
	for _, t := range tags {
		in, fresh := l.take(t)
		if !fresh {
			continue
		}
		facts++
		if !l.release(t) {
			continue
		}
		if in != nil && in.back {
			back = append(back, t>>placeBits)
		} else {
			whole = append(whole, t>>placeBits)
		}
	}
	slices.Sort(whole)
	return facts, whole, back
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

// split parts what is to be acknowledged into what the broker may be told at
// once, namely that all up to a tag are settled, and what it must be told
// singly. If there is nothing to tell at once the tag is 0. What is to go back
// must have gone by then, or it would be acknowledged with the others.
func (l *ledger) split(whole []uint64) (upTo uint64, single []uint64) {
	l.advance()
	n, _ := slices.BinarySearch(whole, l.floor+1) // how many are not above the floor
	if n > 0 {
		upTo = whole[n-1]
	}
	return upTo, whole[n:]
}
