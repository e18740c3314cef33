package pglog

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"orpheus.example/kit/eventlog"
)

// wait begins a wait, as Grown does.
func (n *notice) wait() <-chan struct{} {
	n.waiting, n.since, n.polling = make(chan struct{}), time.Now(), true
	return n.waiting
}

// TestNobodyIsAskedForThoseWhoLeft waits and leaves: after a while the channel
// is closed, and the goroutine that asks the server is told to end.
func TestNobodyIsAskedForThoseWhoLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNotice()
		left := n.wait()
		for asked := 0; ; asked++ {
			pause, ok := n.next()
			if !ok {
				break
			}
			if asked > 1000 {
				t.Fatal("next() = true for ever; want an end")
			}
			time.Sleep(pause) // of the bubble's clock
			n.adapt(false, nil)
		}
		select {
		case <-left:
		default:
			t.Error("channel is open; want it closed, so that who still waits asks again")
		}
	})
}

func TestPaceFollowsOthers(t *testing.T) {
	t.Parallel()
	n := newNotice()
	for range 20 {
		n.adapt(false, nil)
	}
	if n.pause != longestPause || n.pause >= eventlog.MaxNoticeDelay {
		t.Errorf("pause when idle = %v; want %v, less than %v", n.pause, longestPause, eventlog.MaxNoticeDelay)
	}
	n.adapt(true, nil)
	if n.pause != firstPause {
		t.Errorf("pause after growth = %v; want %v", n.pause, firstPause)
	}
	waiting := n.wait()
	n.adapt(false, errors.New("server is away"))
	select {
	case <-waiting:
	default:
		t.Error("channel is open after an error; want it closed")
	}
	if n.pause != longestPause {
		t.Errorf("pause after an error = %v; want %v", n.pause, longestPause)
	}
}
