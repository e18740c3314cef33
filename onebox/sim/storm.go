package sim

import (
	"errors"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/outbox"
)

const (
	// mostTicks bounds the first phase, for each order.
	mostTicks = 250
	// mostRounds bounds the second: a shop that is not quiet then never will be.
	mostRounds = 3000
	// quantum is the least that time moves, which is longer than an inbox keeps a
	// fact back: so one move makes everything due that was.
	quantum = 12 * time.Second
)

// lost reports whether a caller does not know what became of its request, or is
// asked to try again. Other errors are answers.
func lost(err error) bool {
	return errors.Is(err, errDead) || errors.Is(err, errAway) || errors.Is(err, eventlog.ErrConflict)
}

// run runs the schedule that is on the tape.
func (w *world) run(orders int) {
	w.begin()
	telling := w.telling
	w.telling = false // nothing goes wrong yet, and it is always the same
	w.openShop()
	w.telling = telling
	w.weather()
	for i := range orders {
		w.customers = append(w.customers, &customer{number: i})
	}
	w.storm(mostTicks * orders)
	if !w.failed() {
		w.calm()
	}
	if !w.failed() {
		w.checkAll()
	}
}

// weather draws how bad it is going to be. Fair weather is one in four: what only
// goes wrong between two orders must not be hidden by failures. In the worst, a
// schedule meets some thirty of them.
func (w *world) weather() {
	bad := w.tape.draw(4)
	w.hazard = [...]int{0, 1, 3, 8}[bad]
	w.mischief = [...]int{0, 4, 8, 16}[bad]
	w.reorder = [...]int{0, 60, 120, 200}[w.tape.draw(4)]
	w.duplicate = [...]int{0, 6, 20, 60}[w.tape.draw(4)]
	w.traced = w.tape.chance(32)
}

// storm is the first phase. It ends when nobody has anything left to do for a
// while, or after so many ticks, whatever is going on then.
func (w *world) storm(ticks int) {
	w.faulty = true
	for range ticks {
		if w.failed() || !w.tick() {
			break
		}
	}
	w.faulty = false
}

// tick does one thing, and reports false if there is none to do. Customers are
// rarer than steps, so that they come at every moment of each other's orders.
func (w *world) tick() bool {
	if w.mischief > 0 && w.tape.chance(w.mischief) {
		w.mishap()
	}
	if w.tape.chance(24) && w.anybody() {
		return true
	}
	w.look()
	if len(w.choices) == 0 {
		return w.anybody() || w.wait()
	}
	w.do(w.choices[w.tape.draw(len(w.choices))])
	return true
}

// anybody has one of the customers act who want to, and reports whether there was
// one.
func (w *world) anybody() bool {
	wanting := 0
	for _, c := range w.customers {
		if c.wants() {
			wanting++
		}
	}
	if wanting == 0 {
		return false
	}
	chosen := w.tape.draw(wanting)
	for _, c := range w.customers {
		if !c.wants() {
			continue
		}
		if chosen == 0 {
			w.act(c)
			w.revive()
			return true
		}
		chosen--
	}
	return false
}

// look gathers the steps that may have something to do.
func (w *world) look() {
	w.choices = w.choices[:0]
	for _, s := range w.services {
		for _, one := range s.steps {
			if one.ready(w.now) {
				w.choices = append(w.choices, one)
			}
		}
	}
}

// do has one loop do one piece of work, and reports whether there was any. A
// process that has died of it begins its next life.
func (w *world) do(s step) bool {
	w.work.Steps++
	if w.telling {
		w.note(line{kind: steps, from: s.service.name, what: s.Name()})
	}
	worked, err := s.Once(w.ctx)
	if !w.faulty && err != nil {
		w.violated("healed", "%s: %v", s.Name(), err)
	}
	if s.kind == inbox && len(s.service.link.q.out) > 0 {
		s.service.again = w.now.Add(quantum)
	}
	w.revive()
	return worked
}

// revive begins a new life of each service that has died.
func (w *world) revive() {
	for _, s := range w.services {
		if s.dead {
			s.begin(w)
		}
	}
}

// wait moves the clock to when there is something to do, and reports false if
// there is nothing soon.
func (w *world) wait() bool {
	at, ok := w.next()
	if !ok || w.faulty && at.Sub(w.now) > time.Hour {
		return false
	}
	if soonest := w.now.Add(quantum); at.Before(soonest) {
		at = soonest
	}
	w.now = at
	w.tell("time goes by")
	return true
}

// next returns the earliest time at which somebody has something to do.
func (w *world) next() (at time.Time, ok bool) {
	earlier := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for _, s := range w.services {
		for _, kind := range [...]string{eventlog.Duty, eventlog.Alarm} {
			if t, there, _ := s.log.NextDue(w.ctx, kind); there {
				earlier(t)
			}
		}
		if len(s.link.q.out) > 0 {
			earlier(s.again)
		}
	}
	return at, ok
}

// mishap has something go wrong between two steps. Replays come twice as often as
// the rest: what was said long ago and comes again is met by a state that has
// moved on.
func (w *world) mishap() {
	w.work.Faults++
	switch w.tape.draw(7) {
	case 0:
		s := w.services[w.tape.draw(len(w.services))]
		_ = s.die()
		s.begin(w)
	case 1:
		q := w.broker.queues[w.tape.draw(len(w.broker.queues))]
		w.happened(ConnectionLost)
		w.tell("%s loses its connection", q.name)
		q.disconnect()
	case 2, 3:
		w.repeat()
	case 4:
		w.jump()
	case 5:
		target := targets[w.tape.draw(len(targets))]
		w.outside.down[target] = !w.outside.down[target]
		w.tell("%s is down: %t", target, w.outside.down[target])
	case 6: // rarely, since a schedule can do little before it is healed
		if w.tape.chance(64) {
			w.happened(BrokerWiped)
			w.tell("the broker loses everything")
			w.broker.wipe()
			w.wiped = true
		}
	}
}

var targets = [...]string{"provider", "smtp", carriers[0], carriers[1]}

// repeat sends once more what was said some time ago.
func (w *world) repeat() {
	if len(w.broker.said) == 0 {
		return
	}
	back := w.tape.draw(min(len(w.broker.said), 256)) // the latest first
	m := w.broker.said[len(w.broker.said)-1-back]
	m.Replayed = true
	w.happened(MessageReplayed)
	w.tell("%s of %s is sent again", m.Type, w.alias(m.Correlation))
	w.broker.route(m)
}

// jump moves the clock, as when a machine was asleep.
func (w *world) jump() {
	w.happened(ClockJumped)
	far := [...]time.Duration{quantum, time.Minute, 16 * time.Minute, 73 * time.Hour}[w.tape.draw(4)]
	w.now = w.now.Add(far)
	w.tell("the clock jumps by %v", far)
}

// calm is the second phase: all is healed, everybody goes on until nothing is
// left to do, and that must come to pass. Sometimes services start once more, as
// after the last crash; else their breakers must close by themselves. Deadlines go
// on to pass: nothing here waits for anybody to look.
func (w *world) calm() {
	w.tell("all is healed")
	clear(w.outside.down)
	if w.tape.chance(64) {
		for _, s := range w.services {
			s.begin(w)
		}
	}
	if w.wiped {
		w.replay()
	}
	if !w.rounds(mostRounds) {
		w.violated("quiet", "the shop does not come to rest")
	}
}

// rounds calls all loops in turn, has customers finish what they want, and moves
// the clock, until there is nothing left to do. It reports false if it never came
// to that. A step that is ready and does nothing does not count as work, so that
// a loop which waits for the clock cannot keep the shop busy.
func (w *world) rounds(most int) bool {
	for range most {
		w.look()
		worked := false
		for _, one := range w.choices {
			worked = w.do(one) || worked
			if w.failed() {
				return true // the violation says more
			}
		}
		if !worked && !w.anybody() && !w.wait() {
			return true
		}
	}
	return false
}

// replay says once more everything that was ever said, from the logs. It is what
// heals a broker that has lost its data.
func (w *world) replay() {
	w.tell("everything is said again")
	for _, s := range w.services {
		says := parts[s.name].Says
		records, err := s.log.ReadAll(w.ctx, 0, 1<<20)
		w.must("ReadAll", err)
		for _, r := range records {
			if contains(says, r.Type) {
				m := outbox.Message(s.name, nil, r) // whether somebody hears it is checked when it is said first
				m.Replayed = true
				w.broker.route(m)
			}
		}
	}
}
