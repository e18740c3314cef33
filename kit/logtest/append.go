package logtest

import (
	"testing"

	"orpheus.example/kit/eventlog"
)

// appendLaws are about what is appended being there, and in its place.
func appendLaws() []Law {
	return []Law{
		{Name: "an_empty_log_has_nothing", Check: emptyLogHasNothing},
		{Name: "positions_and_versions_count_from_one", Check: positionsCountFromOne},
		{Name: "append_answers_what_will_be_read", Check: appendAnswersWhatWillBeRead},
		{Name: "append_of_nothing_does_nothing", Check: appendOfNothing},
		{Name: "reading_is_page_by_page", Check: readingIsPageByPage},
		{Name: "what_is_committed_outlives_its_process", Shared: true, Check: commitsOutliveTheirProcess},
	}
}

// emptyLogHasNothing reads a store that nobody has written to. It is usable at
// once: there is no first call that has to be made.
func emptyLogHasNothing(t *testing.T, o Opened) {
	checkHead(t, o.Store, 0)
	checkPlaces(t, "ReadAll(0, 10)", mustReadAll(t, o.Store, 0, 10))
	checkPlaces(t, "ReadStream(a, 0, 10)", mustReadStream(t, o.Store, "a", 0, 10))
	if err := o.Store.Ready(within(t)); err != nil {
		t.Errorf("Ready() = %v; want nil", err)
	}
}

// positionsCountFromOne has two streams in turns. A position is a place in the
// whole log, a version one in its stream.
func positionsCountFromOne(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 2))
	mustCommit(t, o.Store, grow("b", 0, 1), grow("a", 2, 1))
	checkPlaces(t, "ReadAll(0, 10)", mustReadAll(t, o.Store, 0, 10), "1:a/1", "2:a/2", "3:b/1", "4:a/3")
	checkPlaces(t, "ReadStream(a, 0, 10)", mustReadStream(t, o.Store, "a", 0, 10), "1:a/1", "2:a/2", "4:a/3")
	checkHead(t, o.Store, 4)
}

// appendAnswersWhatWillBeRead holds to the last byte, so that a caller may go on
// with the answer instead of reading again.
func appendAnswersWhatWillBeRead(t *testing.T, o Opened) {
	answered := mustCommit(t, o.Store, grow("a", 0, 3), grow("b", 0, 2))
	checkRecords(t, "ReadAll(0, 10)", mustReadAll(t, o.Store, 0, 10), answered)
}

// appendOfNothing has calls without units, and units without events.
func appendOfNothing(t *testing.T, o Opened) {
	mustAppend(t, o.Store)
	mustCommit(t, o.Store, eventlog.Unit{}, grow("a", 0, 0))
	checkHead(t, o.Store, 0)
}

// readingIsPageByPage begins in the middle, at the end and beyond it. Reading
// nothing is no error.
func readingIsPageByPage(t *testing.T, o Opened) {
	mustCommit(t, o.Store, grow("a", 0, 2), grow("b", 0, 1), grow("a", 2, 2))
	checkPlaces(t, "ReadAll(1, 2)", mustReadAll(t, o.Store, 1, 2), "2:a/2", "3:b/1")
	checkPlaces(t, "ReadAll(5, 2)", mustReadAll(t, o.Store, 5, 2))
	checkPlaces(t, "ReadAll(9, 2)", mustReadAll(t, o.Store, 9, 2))
	checkPlaces(t, "ReadAll(0, 0)", mustReadAll(t, o.Store, 0, 0))
	checkPlaces(t, "ReadStream(a, 1, 2)", mustReadStream(t, o.Store, "a", 1, 2), "2:a/2", "4:a/3")
	checkPlaces(t, "ReadStream(a, 4, 2)", mustReadStream(t, o.Store, "a", 4, 2))
	checkPlaces(t, "ReadStream(a, 0, 0)", mustReadStream(t, o.Store, "a", 0, 0))
}

// commitsOutliveTheirProcess closes the store and opens it again. Marks count as
// much as events: without them a cause would be handled twice.
func commitsOutliveTheirProcess(t *testing.T, o Opened) {
	want := mustCommit(t, o.Store, marked(grow("a", 0, 3), "c", "cause", 7))
	if err := o.Store.Close(); err != nil {
		t.Fatalf("Close() = %v; want nil", err)
	}
	again := o.Another(t)
	checkHead(t, again, 3)
	checkRecords(t, "ReadAll(0, 10)", mustReadAll(t, again, 0, 10), want)
	checkOutcomes(t, again, []eventlog.Unit{marked(grow("a", 3, 1), "c", "cause", 7)}, eventlog.ErrHandled)
	mustCommit(t, again, grow("a", 3, 1))
}
