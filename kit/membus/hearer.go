package membus

import (
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// A letter is a message that was accepted. All hearers share it.
type letter struct {
	bus.Message

	seq       uint64    // its place among all, by which queues are ordered
	partition int       // which of each hearer's queues it goes to
	to        []*hearer // who hears it; nil once it is in their queues
}

// An item is a letter in one hearer's queue.
type item struct {
	*letter

	again bool // it may have been delivered before
}

// A hearer has queues, whether or not anybody listens.
type hearer struct {
	id     uint64
	name   string
	hears  map[string]bool // by type
	lines  []*line         // one for each partition
	dead   []*letter       // of all partitions, in the order of their death
	queues []*queue        // who listens: its replicas
}

// A line is one queue of a hearer.
type line struct {
	name   string
	ready  []item // may be delivered, oldest first
	out    int    // how many are delivered and not settled,
	dead   int    // how many are dead letters,
	coming int    // and for how many a publication has taken the room
}

func newHearer(id uint64, name string, partitions int) *hearer {
	h := &hearer{id: id, name: name, hears: map[string]bool{}}
	for i := range partitions {
		h.lines = append(h.lines, &line{name: bus.QueueName(name, i, partitions)})
	}
	return h
}

// lineOf returns where a letter is, or goes.
func (h *hearer) lineOf(l *letter) *line { return h.lines[l.partition] }

// size is how many messages the line holds, or is about to.
func (l *line) size() int { return len(l.ready) + l.out + l.dead + l.coming }

// take removes the ready item at a place from the line.
func (l *line) take(at int) item {
	it := l.ready[at]
	l.out++
	if at > 0 {
		l.ready = slices.Delete(l.ready, at, at+1)
		return it
	}
	l.ready[0] = item{} // or what was taken stays in memory
	l.ready = l.ready[1:]
	return it
}

// giveBack makes items ready again that were delivered and not settled. They
// are the oldest, so they go first.
func (h *hearer) giveBack(items []item) {
	for _, it := range items {
		l := h.lineOf(it.letter)
		l.out--
		l.ready = append(l.ready, item{letter: it.letter, again: true})
	}
	h.sort()
}

func (h *hearer) sort() {
	for _, l := range h.lines {
		slices.SortFunc(l.ready, func(a, b item) int { return cmp.Compare(a.seq, b.seq) })
	}
}

// bury makes a dead letter of one that was delivered.
func (h *hearer) bury(l *letter) {
	h.lineOf(l).dead++
	h.dead = append(h.dead, l)
}

// revive makes dead letters ready again, and returns their places. All are
// meant if there are no ids.
func (h *hearer) revive(ids []uuid.UUID) (seqs []uint64) {
	h.dead = slices.DeleteFunc(h.dead, func(l *letter) bool {
		if len(ids) > 0 && !slices.Contains(ids, l.ID) {
			return false
		}
		line := h.lineOf(l)
		line.dead--
		line.ready = append(line.ready, item{letter: l, again: true})
		seqs = append(seqs, l.seq)
		return true
	})
	h.sort()
	return seqs
}

// restore fills a new hearer with what the journal has kept. Nobody knows what
// of it was delivered before the end, so all may have been.
func (h *hearer) restore(e *entry) {
	n := len(h.lines)
	for _, seq := range slices.Sorted(maps.Keys(e.waiting)) {
		l := e.waiting[seq]
		l.partition = bus.Partition(l.Correlation, n)
		line := h.lineOf(l)
		line.ready = append(line.ready, item{letter: l, again: true})
	}
	for _, l := range e.dead {
		l.partition = bus.Partition(l.Correlation, n)
		h.bury(l)
	}
}

// each calls do with all letters that the hearer has not settled, in no order.
func (h *hearer) each(do func(*letter)) {
	for _, l := range h.lines {
		for _, it := range l.ready {
			do(it.letter)
		}
	}
	for _, q := range h.queues {
		for _, it := range q.held {
			do(it.letter)
		}
	}
	for _, l := range h.dead {
		do(l)
	}
}

// signal tells all replicas whether there is something for them.
func (h *hearer) signal() {
	for _, q := range h.queues {
		q.signal()
	}
}
