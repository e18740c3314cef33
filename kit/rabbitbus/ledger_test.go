package rabbitbus

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLedgerTellsAllAtOnceIfItCan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before []uint64
		now    []uint64
		upTo   uint64
		single []uint64
	}{
		{name: "from_the_first", now: []uint64{1, 2, 3}, upTo: 3},
		{name: "in_any_order", now: []uint64{3, 1, 2}, upTo: 3},
		{name: "with_a_gap", now: []uint64{1, 2, 4}, upTo: 2, single: []uint64{4}},
		{name: "without_the_first", now: []uint64{2, 3}, single: []uint64{2, 3}},
		{name: "closing_a_gap", before: []uint64{2, 3}, now: []uint64{1}, upTo: 1},
		{name: "closing_a_gap_and_more", before: []uint64{2}, now: []uint64{1, 3}, upTo: 3},
		{name: "twice", before: []uint64{1, 2}, now: []uint64{1, 2}},
		{name: "twice_at_once", now: []uint64{1, 1}, upTo: 1},
		{name: "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			_, before, _ := l.settle(tagsOf(c.before))
			l.split(before)
			_, now, _ := l.settle(tagsOf(c.now))
			upTo, single := l.split(now)
			if upTo != c.upTo || !slices.Equal(single, c.single) {
				t.Errorf("settle(%v) after %v = %d, %v; want %d, %v", c.now, c.before, upTo, single, c.upTo, c.single)
			}
		})
	}
}

// A channel plays the broker's side: it knows what is out, and dies of a tag
// that is not.
type channel struct{ out map[uint64]bool }

func (c *channel) ack(t *rapid.T, upTo uint64, single []uint64) {
	if upTo > 0 {
		single = append([]uint64{upTo}, single...)
	}
	for _, tag := range single {
		if !c.out[tag] {
			t.Fatalf("tag %d is settled, but it is not out", tag)
		}
		delete(c.out, tag)
	}
	for tag := range c.out {
		if tag < upTo {
			delete(c.out, tag)
		}
	}
}

// tagsOf returns the tags of messages that hold one fact each.
func tagsOf(messages []uint64) []uint64 {
	tags := make([]uint64, len(messages))
	for i, m := range messages {
		tags[i] = tagOf(m, 0)
	}
	return tags
}

// Whatever is settled in whatever order, the broker takes a message as settled
// exactly when all of its facts are, and is never told of what is not out.
func TestLedgerAgreesWithBroker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, c := newLedger(), &channel{out: map[uint64]bool{}}
		unsettled := map[uint64]map[uint64]bool{} // the facts of each message
		var tags []uint64
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			for range rapid.IntRange(0, 8).Draw(t, "sent") {
				tags = append(tags, send(t, l, c, unsettled)...)
			}
			if len(tags) == 0 {
				continue
			}
			now := rapid.SliceOfN(rapid.SampledFrom(tags), 0, 20).Draw(t, "settled")
			checkCount(t, l, c, unsettled, now)
		}
		if bound := len(c.out) + len(tags); len(l.above) > bound || len(l.bundles) > len(c.out) {
			t.Fatalf("ledger holds %d and %d entries; want at most %d and %d", len(l.above), len(l.bundles), bound, len(c.out))
		}
	})
}

// send has one more message out, of some facts, and returns their tags.
func send(t *rapid.T, l *ledger, c *channel, unsettled map[uint64]map[uint64]bool) (tags []uint64) {
	message := uint64(len(unsettled) + 1)
	facts := rapid.IntRange(1, 4).Draw(t, "facts")
	c.out[message], unsettled[message] = true, map[uint64]bool{}
	if facts > 1 {
		l.open(message, make([][]byte, facts))
	}
	for i := range facts {
		tags = append(tags, tagOf(message, i))
		unsettled[message][tagOf(message, i)] = true
	}
	return tags
}

// checkCount settles tags, and fails unless the broker's view is what it should
// be.
func checkCount(t *rapid.T, l *ledger, c *channel, unsettled map[uint64]map[uint64]bool, tags []uint64) {
	fresh := 0
	for _, tag := range slices.Compact(slices.Sorted(slices.Values(tags))) {
		if facts := unsettled[tag>>placeBits]; facts[tag] {
			delete(facts, tag)
			fresh++
		}
	}
	facts, whole, _ := l.settle(tags)
	upTo, single := l.split(whole)
	c.ack(t, upTo, single)
	if facts != fresh {
		t.Fatalf("settle(%v) = %d facts; want %d", tags, facts, fresh)
	}
	for message, rest := range unsettled {
		if c.out[message] != (len(rest) > 0) {
			t.Fatalf("settle(%v): message %d is out: %v, with %d facts unsettled", tags, message, c.out[message], len(rest))
		}
	}
}
