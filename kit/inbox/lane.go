package inbox

import (
	"context"
	"errors"
	"time"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/loop"
)

// A fact is a delivery in hand.
type fact struct {
	bus.Delivery
	tries int // that have failed
}

// A verdict is what became of a fact: nil if it was handled or parked, or why it
// can be neither.
type verdict struct {
	fact
	err error
}

// A lane holds the facts of one undertaking in the order of their arrival. It is
// either ready, or somebody is at work on it, or it is kept back: then its first
// fact could not be handled and is tried again at a time.
type lane struct {
	name     string
	facts    []fact
	room     [1]fact   // of facts at first: mostly there is one at a time
	at       time.Time // of the next try, while it is kept back
	doubtful bool      // why it is kept back may last
}

// accept puts what has arrived into lanes.
func (s *Step) accept(arrived []bus.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inHand += len(arrived)
	for _, d := range arrived {
		l, ok := s.lanes[d.Correlation]
		if !ok {
			l = s.lane(d.Correlation)
			s.lanes[d.Correlation] = l
			s.ready = append(s.ready, l)
		}
		l.facts = append(l.facts, fact{Delivery: d})
	}
}

// mostEmpty is about as many lanes as are in use at a time under load.
const mostEmpty = SideBySide

// lane returns a lane without facts. It is called under mu.
func (s *Step) lane(name string) *lane {
	l := &lane{}
	if last := len(s.empty) - 1; last >= 0 {
		l, s.empty = s.empty[last], s.empty[:last]
	}
	l.name, l.facts = name, l.room[:0]
	return l
}

// leave has a lane that is empty used for another undertaking. It is called under
// mu.
func (s *Step) leave(l *lane) {
	delete(s.lanes, l.name)
	if len(s.empty) < mostEmpty {
		*l = lane{}
		s.empty = append(s.empty, l)
	}
}

// begin lets work begin, again after a Drain, and makes lanes ready whose next try
// is due. There are as few of them as there are failures, and no more than are in
// hand.
func (s *Step) begin() {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = false
	kept := s.kept[:0]
	for _, l := range s.kept {
		if l.at.After(now) {
			kept = append(kept, l)
			continue
		}
		s.ready = append(s.ready, l)
	}
	clear(s.kept[len(kept):]) // or what is gone stays in memory
	s.kept = kept
}

func (s *Step) untilNextTry() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	sleep := idle
	for _, l := range s.kept {
		sleep = min(sleep, l.at.Sub(s.Now()))
	}
	return sleep
}

// staff sees to it that somebody is at work on every lane that is ready, as far
// as the limit allows. Who is at work goes on to the next lane by himself, so
// none is ever left ready with somebody free. It reports whether anybody was
// missing.
func (s *Step) staff(ctx context.Context) (begun bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready) > 0 && s.running < SideBySide {
		s.running++
		begun = true
		// Each begins with a lane in hand, so that a Drain that comes at once
		// finds something done.
		l, f := s.take()
		s.busy.Go(func() {
			loop.Roomy()
			s.work(ctx, l, f, true)
		})
	}
	return begun
}

// work works on a lane, and then on one after the other until none is ready.
func (s *Step) work(ctx context.Context, l *lane, f fact, ok bool) {
	for ok {
		for ok {
			f, ok = s.note(ctx, l, f, s.treat(ctx, f))
		}
		l, f, ok = s.next()
	}
}

// next returns a lane to work on, and its first fact. If there is none, nobody
// counts any more on whoever asked.
func (s *Step) next() (l *lane, f fact, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ready) == 0 || s.ended {
		s.running--
		return nil, fact{}, false
	}
	l, f = s.take()
	return l, f, true
}

// take takes the first of the lanes that are ready.
func (s *Step) take() (*lane, fact) {
	l := s.ready[0]
	s.ready[0] = nil // or it stays in memory
	s.ready = s.ready[1:]
	return l, l.facts[0]
}

// note notes what came of the first fact of a lane, and returns the next one, if
// it is to be handled now.
func (s *Step) note(ctx context.Context, l *lane, f fact, err error) (fact, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, hopeless := errors.AsType[unfit](err); err != nil && !hopeless {
		s.keep(ctx, l, err)
		return fact{}, false
	}
	s.finish(verdict{f, err})
	l.facts[0] = fact{} // or its body stays in memory
	l.facts = l.facts[1:]
	switch {
	case len(l.facts) == 0:
		s.leave(l)
		return fact{}, false
	case s.ended:
		s.ready = append(s.ready, l)
		return fact{}, false
	}
	return l.facts[0], true
}

// keep holds a lane back. If its connection breaks meanwhile its facts are
// delivered again, and handled twice at worst, which the marks make harmless.
func (s *Step) keep(ctx context.Context, l *lane, err error) {
	f := &l.facts[0]
	f.tries++
	l.at = s.Now().Add(agenda.Pause(min(f.tries, 6), s.Rand)) // the store is ours: look every few seconds
	l.doubtful = !deadletter.Passes(err)
	s.report.failed(ctx, *f, len(l.facts)-1, err)
	s.kept = append(s.kept, l)
	s.wake() // the next try may be sooner than what is waited for
}

// crowded reports whether so many facts are kept back for no known reason that no
// more should be.
func (s *Step) crowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	doubtful := 0
	for _, l := range s.kept {
		if l.doubtful {
			doubtful += len(l.facts)
		}
	}
	return doubtful >= Doubtful
}
