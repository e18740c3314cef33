package sim

import (
	"slices"
	"time"

	"orpheus.example/kit/breaker"
)

// A regard is what one process must think of one target. It is reckoned from the
// calls and their answers alone, without a look at the process's own breaker, so
// that the two can be compared.
type regard struct {
	failures uint32    // in a row; of those about one thing, one
	about    string    // what the last one was about; empty if that does not matter
	until    time.Time // it is left alone, after too many of them
}

// tripped reports whether the target is thought to be down.
func (r *regard) tripped() bool { return r.failures >= breaker.DefaultFailures }

// heard takes note of how a call ended. A refusal is an answer like any other: who
// gives it is up.
func (r *regard) heard(about string, err error, now time.Time) {
	if !lost(err) {
		*r = regard{}
		return
	}
	again := about != "" && about == r.about
	if r.about = about; again && !r.tripped() {
		return
	}
	if r.failures++; r.tripped() {
		r.until = now.Add(breaker.DefaultOpenFor)
	}
}

// regard returns what l must think of a target.
func (l *life) regard(target string) *regard {
	return &l.regards[slices.Index(targets[:], target)]
}

// checkLeftAlone looks for a call to a target that is to be spared.
func (l *life) checkLeftAlone(target string) {
	if r := l.regard(target); r.tripped() && !l.w.now.After(r.until) {
		l.w.violated("breaker", "%s calls %s, which has just failed %d times in a row", l.service.name, target, r.failures)
	}
}

// checkSpared looks at a process that has called nobody: one of its targets must
// have failed.
func (l *life) checkSpared() {
	if !slices.ContainsFunc(l.regards[:], func(r regard) bool { return r.tripped() }) {
		l.w.violated("breaker", "%s calls nobody, although nobody has failed %d times in a row", l.service.name, breaker.DefaultFailures)
	}
}
