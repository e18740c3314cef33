package groupcommit_test

import (
	"testing"

	"pgregory.net/rapid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// committed returns what a transaction answers that has added n events after a
// position, in units of one event, with a refused one between.
func committed(after int64, n, size int) []eventlog.Outcome {
	outcomes := []eventlog.Outcome{{Err: eventlog.ErrConflict}}
	for i := range int64(n) {
		e := eventlog.Record{Position: after + i + 1, Body: make([]byte, size)}
		outcomes = append(outcomes, eventlog.Outcome{Events: []eventlog.Record{e}})
	}
	return outcomes
}

// checkPage compares the positions of a page with those that follow after.
func checkPage(t rapid.TB, page []eventlog.Record, after int64, want int) {
	t.Helper()
	if len(page) != want {
		t.Fatalf("Read(%d) = %d events; want %d", after, len(page), want)
	}
	for i, e := range page {
		if e.Position != after+int64(i)+1 {
			t.Fatalf("Read(%d)[%d] is at position %d; want %d", after, i, e.Position, after+int64(i)+1)
		}
	}
}

func TestTailHasWhatWasCommittedLast(t *testing.T) {
	t.Parallel()
	var tail groupcommit.Tail
	checkPage(t, tail.Read(0, 10), 0, 0)
	tail.Add(committed(4, 3, 1)) // what was before is not known
	tail.Add(committed(7, 2, 1))
	checkPage(t, tail.Read(4, 10), 4, 5)
	checkPage(t, tail.Read(5, 2), 5, 2)
	checkPage(t, tail.Read(3, 10), 3, 0) // its first is not there
	checkPage(t, tail.Read(9, 10), 9, 0) // the store may have more
	checkPage(t, tail.Read(4, 0), 4, 0)
	tail.Forget()
	checkPage(t, tail.Read(4, 10), 4, 0)
}

// TestTailIsNeverWrong adds and skips at random, as other writers and lost answers
// make it, and reads at random: what it gives is always without a gap, from the
// place that was asked for.
func TestTailIsNeverWrong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tail groupcommit.Tail
		var head, first int64 // first is where it must begin at the latest
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if n := rapid.Int64Range(-3, 5).Draw(t, "skip"); n > 0 {
				head += n
				first = head
			}
			n := rapid.IntRange(0, 4).Draw(t, "n")
			tail.Add(committed(head, n, 1))
			head += int64(n)
			after := rapid.Int64Range(0, head+2).Draw(t, "after")
			page := tail.Read(after, 5)
			checkPage(t, page, after, len(page))
			if after >= first && after < head && len(page) == 0 && n > 0 {
				t.Fatalf("Read(%d) = nothing; want some, since it has from %d to %d", after, first, head)
			}
		}
	})
}

// TestTailIsBounded adds far more than it may keep, by number and by size.
func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1 << 16, 1 << 20} {
		var tail groupcommit.Tail
		var head int64
		for range 100 {
			tail.Add(committed(head, 200, size/100))
			head += 200
		}
		var kept, bytes int
		for after := range head {
			for _, e := range tail.Read(after, 1) {
				kept++
				bytes += len(e.Body)
			}
		}
		if kept > 8192+200 || bytes > 16<<20+2*size {
			t.Errorf("tail keeps %d events with %d bytes; want it bounded", kept, bytes)
		}
		if last := tail.Read(head-1, 1); len(last) != 1 {
			t.Errorf("Read(%d) = nothing; want the last event", head-1)
		}
	}
}
