package membus

import (
	"errors"
	"fmt"
	"slices"
)

// A past is what the records of a journal come to.
type past struct {
	hearers []*entry // each at the place of its id
	seq     uint64   // the highest that was seen
}

// An entry is what a past holds of one hearer.
type entry struct {
	name    string
	types   []string
	waiting map[uint64]*letter // neither settled nor dead, by seq
	dead    []*letter
}

// replay folds all whole records of b, and returns how many bytes those are.
// What follows was being written when the process or the machine died: nothing
// in it was confirmed, because confirming comes after.
func replay(b []byte) (p *past, good int, err error) {
	p = &past{}
	rest := b
	for {
		body, next, torn := unframe(rest)
		if torn != nil {
			return p, len(b) - len(rest), nil
		}
		if err := p.fold(body); err != nil {
			return nil, 0, fmt.Errorf("record at byte %d: %w", len(magic)+len(b)-len(rest), err)
		}
		rest = next
	}
}

// fold adds one record. It errs only on what no version of this package has
// written, for that must not be cut off as if it were torn.
func (p *past) fold(body []byte) error {
	kind, r := body[0], &reader{rest: body[1:]}
	switch kind {
	case recordHearer:
		p.hearer(r)
	case recordSaid:
		p.said(r)
	case recordSettled:
		p.move(r, func(*entry, *letter) {})
	case recordBuried:
		p.move(r, func(e *entry, l *letter) { e.dead = append(e.dead, l) })
	case recordRevived:
		p.revived(r)
	default:
		return fmt.Errorf("of unknown kind %d", kind)
	}
	if r.err == nil && len(r.rest) > 0 {
		return errors.New("longer than it says")
	}
	return r.err
}

func (p *past) hearer(r *reader) {
	id, name, types := r.uint(), r.text(), r.texts()
	switch {
	case r.err != nil || id > uint64(len(p.hearers)):
		r.fail("a hearer that can be")
		return
	case id == uint64(len(p.hearers)):
		p.hearers = append(p.hearers, &entry{name: name, waiting: map[uint64]*letter{}})
	}
	e := p.hearers[id]
	e.types = append(e.types, types...)
}

// known returns the hearer whose id comes next, or nil.
func (p *past) known(r *reader, id uint64) *entry {
	if r.err != nil || id >= uint64(len(p.hearers)) {
		r.fail("a hearer that is known")
		return nil
	}
	return p.hearers[id]
}

func (p *past) said(r *reader) {
	l := &letter{seq: r.uint()}
	p.seq = max(p.seq, l.seq)
	for _, id := range r.numbers() {
		if e := p.known(r, id); e != nil {
			e.waiting[l.seq] = l
		}
	}
	r.message(l)
}

// move takes letters out of those that wait, and puts them where it is said. It
// passes over those that do not wait: a settlement may be in the file of which
// the message, never confirmed, is not.
func (p *past) move(r *reader, put func(*entry, *letter)) {
	e := p.known(r, r.uint())
	for _, seq := range r.numbers() { // none if the hearer is not known
		if l, ok := e.waiting[seq]; ok {
			delete(e.waiting, seq)
			put(e, l)
		}
	}
}

func (p *past) revived(r *reader) {
	e := p.known(r, r.uint())
	for _, seq := range r.numbers() {
		at := slices.IndexFunc(e.dead, func(l *letter) bool { return l.seq == seq })
		if at >= 0 {
			e.waiting[seq] = e.dead[at]
			e.dead = slices.Delete(e.dead, at, at+1)
		}
	}
}
