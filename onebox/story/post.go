package story

import (
	"context"
	"slices"

	"orpheus.example/kit/bus"
)

// A post stands between the services and their bus. It hands over one fact at a
// time, says which, and does to the facts what a story wants of it. All that it
// does a real broker may do as well: keep back, repeat, reorder.
type post struct {
	queue map[string]*queue // by hearer
	holds []hold
	twice bool
	slow  bool   // a fact is handed over only when let through
	last  bool   // the newest first
	turn  *queue // whose slow fact may go now
	count int    // of facts that have come in
	heard *bus.Message
}

// A hold keeps back the facts of one kind about one order on their way to one
// hearer.
type hold struct{ fact, order, to string }

func newPost() *post { return &post{queue: map[string]*queue{}} }

// over returns b with the post in between.
func (p *post) over(b bus.Bus) bus.Bus { return &posted{b, p} }

type posted struct {
	bus.Bus
	post *post
}

// Subscribe implements bus.Bus.
func (b *posted) Subscribe(ctx context.Context, s bus.Subscription) (bus.Queue, error) {
	inner, err := b.Bus.Subscribe(ctx, s)
	if err != nil {
		return nil, err
	}
	q := &queue{Queue: inner, post: b.post, hearer: s.Queue, copies: map[uint64]int{}}
	b.post.queue[s.Queue] = q
	return q, nil
}

// A queue is one hearer's.
type queue struct {
	bus.Queue
	post   *post
	hearer string
	kept   []letter       // arrived, and not handed over
	copies map[uint64]int // by tag: how many are still to be settled
}

// A letter is a fact at the post.
type letter struct {
	bus.Delivery
	number int // in the order in which the post took them in
}

// Receive hands over one fact at most, so that one step of a hearer is one line
// of a story.
func (q *queue) Receive(int) []bus.Delivery {
	p := q.post
	q.fetch()
	i := q.next()
	if i < 0 || p.slow && p.turn != q {
		return nil
	}
	p.turn = nil
	d := q.kept[i].Delivery
	q.kept = slices.Delete(q.kept, i, i+1)
	p.heard = &d.Message
	return []bus.Delivery{d}
}

// fetch takes in what has arrived, each fact twice if the story wants it so.
func (q *queue) fetch() {
	for _, d := range q.Queue.Receive(1 << 10) {
		q.post.count++
		q.copies[d.Tag] = 1
		q.kept = append(q.kept, letter{d, q.post.count})
		if q.post.twice {
			q.copies[d.Tag]++
			q.kept = append(q.kept, letter{d, q.post.count})
		}
	}
}

// next returns the place of the fact that goes next, or -1.
func (q *queue) next() int {
	found := -1
	for i, d := range q.kept {
		switch {
		case q.post.holdsBack(q.hearer, d.Delivery):
		case q.post.last:
			found = i
		default:
			return i
		}
	}
	return found
}

func (p *post) holdsBack(to string, d bus.Delivery) bool {
	return slices.Contains(p.holds, hold{short(d.Type), d.Correlation, to})
}

// Ack settles a fact once its last copy is settled.
func (q *queue) Ack(deliveries ...bus.Delivery) error {
	var last []bus.Delivery
	for _, d := range deliveries {
		if q.copies[d.Tag]--; q.copies[d.Tag] == 0 {
			delete(q.copies, d.Tag)
			last = append(last, d)
		}
	}
	return q.Queue.Ack(last...)
}

// let lets one slow fact through and reports whether there is one: the oldest of
// all, or the newest.
func (p *post) let(hearers []string) bool {
	if !p.slow {
		return false
	}
	best := 0
	for _, name := range hearers {
		q := p.queue[name]
		q.fetch()
		i := q.next()
		if i < 0 {
			continue
		}
		if n := q.kept[i].number; best == 0 || (n > best) == p.last {
			p.turn, best = q, n
		}
	}
	return best > 0
}

// took returns the fact that was handed over since the last call, or nil.
func (p *post) took() *bus.Message {
	m := p.heard
	p.heard = nil
	return m
}

// waiting returns what is held back, as hearers and facts.
func (p *post) waiting() int {
	n := 0
	for _, q := range p.queue {
		q.fetch()
		n += len(q.kept)
	}
	return n
}
