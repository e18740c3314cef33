package membus

import (
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// A View is what can be seen of one queue from outside.
type View struct {
	Queue     string // its name
	Ready     int    // how many messages may be delivered
	Unsettled int    // how many are delivered and not settled
	Dead      int    // how many are dead letters
	Hearers   int    // how many replicas listen
}

// Queues returns a view of all queues, in the order in which they were made.
// While a broker with a journal is stopped, there are none.
func (b *Broker) Queues() []View {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []View
	for _, h := range b.hearers {
		for _, l := range h.lines {
			all = append(all, View{Queue: l.name, Ready: len(l.ready), Unsettled: l.out, Dead: l.dead, Hearers: len(h.queues)})
		}
	}
	return all
}

// Dead returns the dead letters of a hearer, in the order of their death.
func (b *Broker) Dead(hearer string) []bus.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.named[hearer]
	if !ok {
		return nil
	}
	all := make([]bus.Message, len(h.dead))
	for i, l := range h.dead {
		all[i] = l.Message
	}
	return all
}

// Revive puts dead letters back into the queue of their hearer, for when what
// was wrong with it is mended; all of them if no ids are given. It returns how
// many.
func (b *Broker) Revive(hearer string, ids ...uuid.UUID) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.named[hearer]
	if !ok {
		return 0
	}
	seqs := h.revive(ids)
	if len(seqs) > 0 {
		b.note(func(j *journal) error { return j.revived(h.id, seqs) })
		h.signal()
	}
	return len(seqs)
}
