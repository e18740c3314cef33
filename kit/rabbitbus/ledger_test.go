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
			l.settle(c.before)
			upTo, single := l.split(l.settle(c.now))
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

// Whatever is settled in whatever order, the broker takes as settled exactly
// what was, and is never told of what is not out.
func TestLedgerAgreesWithBroker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, c := newLedger(), &channel{out: map[uint64]bool{}}
		unsettled := map[uint64]bool{}
		var sent uint64
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			for range rapid.IntRange(0, 8).Draw(t, "sent") {
				sent++
				c.out[sent], unsettled[sent] = true, true
			}
			if sent == 0 {
				continue
			}
			tags := rapid.SliceOfN(rapid.Uint64Range(1, sent), 0, 8).Draw(t, "settled")
			upTo, single := l.split(l.settle(tags))
			c.ack(t, upTo, single)
			for _, tag := range tags {
				delete(unsettled, tag)
			}
			if len(c.out) != len(unsettled) {
				t.Fatalf("settle(%v): the broker holds %v; want %v", tags, c.out, unsettled)
			}
		}
		if bound := int(sent - l.floor); len(l.above) > bound {
			t.Fatalf("ledger holds %d entries; want at most %d", len(l.above), bound)
		}
	})
}
