package sim

import (
	"context"
	"errors"
	"fmt"
)

// A site is a place where a process has an effect, or asks somebody. These are
// all the places at which a process can be told apart from one that has stopped:
// between two of them it only thinks.
type site int

const (
	sitePublish site = iota
	siteAck
	siteAppend
	siteStore // any other writing call of the store
	siteRead
	sitePort
)

// A verdict says what becomes of one effect. A caller sees no difference between
// a failure before and one after the work is done; that is the point of both.
type verdict int

const (
	goesWell verdict = iota
	failBefore
	failAfter // it is done, and the answer is lost
	crashBefore
	crashAfter
)

var (
	// errDead answers all calls of a process that has crashed: whatever it does
	// from then on never happened.
	errDead = errors.New("process has crashed")
	// errAway answers a call whose outcome is unknown to its caller. It is not
	// the store's ErrUnavailable, which steps answer by waiting in real time.
	errAway = fmt.Errorf("no answer: %w", context.DeadlineExceeded)
)

// ask draws what becomes of one effect of a process. In fair weather, and once
// all is healed, nothing is drawn, so that tapes of such schedules are short.
func (l *life) ask(at site) verdict {
	w := l.w
	if !w.faulty || w.hazard == 0 {
		return goesWell
	}
	b := w.tape.draw(256)
	if b < 256-w.hazard {
		return goesWell
	}
	w.work.Faults++
	l.disturbed = true
	l.service.trouble++
	v := failBefore
	if at != siteRead { // there is no effect to lose in reading
		v += verdict(w.tape.draw(4))
	}
	if v == crashBefore {
		w.happened(CrashBeforeEffect)
	}
	if v == crashAfter {
		w.happened(CrashAfterEffect)
	}
	return v
}

// around does one effect of a process, or half of it. An error of the effect
// itself, such as a conflict, goes to the caller as it is.
func (l *life) around(at site, do func() error) error {
	if l.dead {
		return errDead
	}
	v := l.ask(at)
	if v == crashBefore {
		return l.die()
	}
	if v == failBefore {
		l.count(at, CommitFailed, PortFailedBefore)
		l.w.tell("%s: %s fails before it is done", l.service.name, at)
		return errAway
	}
	if err := do(); err != nil {
		return err
	}
	if v == crashAfter {
		return l.die()
	}
	if v == failAfter {
		l.count(at, AnswerLost, PortFailedAfter)
		l.w.tell("%s: %s is done, and the answer is lost", l.service.name, at)
		return errAway
	}
	return nil
}

// count counts a failure by where it was.
func (l *life) count(at site, ofCommit, ofPort Rare) {
	switch at {
	case siteAppend:
		l.w.happened(ofCommit)
	case sitePort:
		l.w.happened(ofPort)
	case siteStore, siteRead:
		l.w.happened(StoreFailed)
	case sitePublish, siteAck: // have counts of their own
	}
}

// die ends a process: none of its calls has an effect any more. Its code runs on
// until the step returns, since nothing in Go can stop it there; but every call
// it makes answers errDead and does nothing, and what it holds in memory is
// thrown away. What it leaves behind is taken up by its next life.
func (l *life) die() error {
	if !l.dead {
		l.dead = true
		l.service.trouble++
		l.w.happened(CrashOrder + Rare(l.service.number))
		l.w.note(line{kind: dies, from: l.service.name})
	}
	return errDead
}

// String names the effect, for transcripts.
func (s site) String() string {
	return [...]string{"publishing", "an ack", "a commit", "a write", "a read", "a call"}[s]
}
