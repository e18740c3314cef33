package decider

import (
	"context"

	"orpheus.example/kit/eventlog"
)

// A pending is a unit that was put in line, and what is to be done once its
// outcome is known.
type pending[S, C, E, D any] struct {
	desk *desk[S, C, E, D]
	unit eventlog.Unit
	fate *fate
	wait eventlog.Wait
}

// work has asks decided and puts what is to be kept in line, all under the locks
// of the desk.
func (d *desk[S, C, E, D]) work(ctx context.Context, asks []Reaction[C]) (*pending[S, C, E, D], error) {
	unlock, err := d.host.locks.lock(ctx, d.held)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, ask := range asks {
		if err := d.decide(ctx, ask); err != nil {
			return nil, err
		}
	}
	u := d.unit()
	if u.Mark == nil && len(u.Events) == 0 {
		return nil, errNothing
	}
	return d.line(ctx, u)
}

// line puts a unit in line, and has those who decide next rest on it.
func (d *desk[S, C, E, D]) line(ctx context.Context, u eventlog.Unit) (*pending[S, C, E, D], error) {
	p := &pending[S, C, E, D]{desk: d, fate: &fate{}}
	d.host.reserve(&u)
	p.unit = u
	var err error
	if p.wait, err = d.host.enqueue(ctx, u); err != nil {
		d.host.unset(u)
		return nil, err
	}
	for _, f := range d.rests {
		p.fate.follow(f)
	}
	for _, s := range d.sheets {
		if s.after.version > s.before.version {
			d.host.memory.expect(s.stream, recollection[S]{s.after, p.fate})
		}
	}
	return p, nil
}

// enqueue puts a unit in line. A log that has none is waited for at once, under
// the locks: there one commit follows another.
func (h *Host[S, C, E, D]) enqueue(ctx context.Context, u eventlog.Unit) (eventlog.Wait, error) {
	if h.line != nil {
		return h.line.Enqueue(ctx, []eventlog.Unit{u})
	}
	outcomes, err := h.config.Log.Append(ctx, []eventlog.Unit{u})
	return func(context.Context) ([]eventlog.Outcome, error) { return outcomes, err }, nil
}

// answer waits for the outcome. If ctx ends first, somebody else must wait for
// it: others may rest on it.
func (p *pending[S, C, E, D]) answer(ctx context.Context) (Answer[S], error) {
	outcomes, err := p.wait(ctx)
	if err != nil && ctx.Err() != nil {
		go func() { _, _ = p.settle(p.wait(context.WithoutCancel(ctx))) }() // ends with the commit, which bounds itself
		return Answer[S]{}, err
	}
	return p.settle(outcomes, err)
}

// settle makes the outcome known to all who rest on it or have been waiting to
// begin with work that follows from it.
func (p *pending[S, C, E, D]) settle(outcomes []eventlog.Outcome, err error) (Answer[S], error) {
	unknown := err != nil
	if !unknown {
		err = outcomes[0].Err
	}
	p.fate.settle(err)
	switch d := p.desk; {
	case unknown:
		d.host.doubtful(p.unit)
	case err != nil:
		d.host.unset(p.unit)
	default:
		p.learn()
		d.host.set(p.unit)
		return d.answer(outcomes[0].Events[:len(d.events)]), nil
	}
	return Answer[S]{}, err
}

// learn remembers what is in the log by now.
func (p *pending[S, C, E, D]) learn() {
	for _, s := range p.desk.sheets {
		if s.touched {
			p.desk.host.memory.learn(s.stream, s.after)
		}
	}
	p.desk.prove(true)
}

// prove notes whether what was not read was right, as the log has found.
func (d *desk[S, C, E, D]) prove(right bool) {
	for _, s := range d.sheets {
		switch {
		case s.guessed:
			d.host.memory.luck.found(right)
		case s.remembered:
			d.host.memory.faith.found(right)
		}
	}
}

// forget has everything on the desk read anew.
func (d *desk[S, C, E, D]) forget() {
	for _, s := range d.sheets {
		if s.before.rests == nil {
			d.host.memory.forget(s.stream)
		}
	}
}
