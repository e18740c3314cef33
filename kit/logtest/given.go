package logtest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// noon is when things happen in tests.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 123_456_000, time.UTC)

// event returns an event that says of itself where it belongs.
func event(stream string, version int64) eventlog.Record {
	name := fmt.Sprintf("%s/%d", stream, version)
	return eventlog.Record{
		Stream: stream, Version: version,
		ID: id(name), Type: "test.v1.Happened", Schema: 1, Body: []byte(name),
		Time: noon, Correlation: stream, Causation: "request-1", Actor: "customer:c1",
		Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

// id returns the id that goes with a name.
func id(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)) }

// grow returns a unit that adds n events to a stream that is at a version.
func grow(stream string, version int64, n int) eventlog.Unit {
	u := eventlog.Unit{Expect: []eventlog.Expect{{Stream: stream, Version: version}}}
	for i := range n {
		u.Events = append(u.Events, event(stream, version+int64(i)+1))
	}
	return u
}

// marked returns u with a mark.
func marked(u eventlog.Unit, consumer, name string, digest int64) eventlog.Unit {
	u.Mark = &eventlog.Mark{Consumer: consumer, ID: id(name), Digest: digest}
	return u
}

// following returns u with its events following from the cause of that name.
func following(u eventlog.Unit, name string) eventlog.Unit {
	for i := range u.Events {
		u.Events[i].Causation = id(name).String()
	}
	return u
}

// mustAppend appends units and returns what became of each.
func mustAppend(t *testing.T, log eventlog.Log, units ...eventlog.Unit) []eventlog.Outcome {
	t.Helper()
	outcomes, err := log.Append(within(t), units)
	if err != nil || len(outcomes) != len(units) {
		t.Fatalf("Append(%d units) = %d outcomes, %v; want %d, nil", len(units), len(outcomes), err, len(units))
	}
	return outcomes
}

// mustCommit appends units, all of which must be committed, and returns their
// events.
func mustCommit(t *testing.T, log eventlog.Log, units ...eventlog.Unit) []eventlog.Record {
	t.Helper()
	var events []eventlog.Record
	for i, o := range mustAppend(t, log, units...) {
		if o.Err != nil {
			t.Fatalf("Append(units): outcome %d = %v; want committed", i, o.Err)
		}
		events = append(events, o.Events...)
	}
	return events
}

// checkOutcomes appends units and compares what became of them.
func checkOutcomes(t *testing.T, log eventlog.Log, units []eventlog.Unit, want ...error) {
	t.Helper()
	got := make([]error, len(units))
	for i, o := range mustAppend(t, log, units...) {
		got[i] = o.Err
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
		t.Fatalf("Append(units): outcomes differ (-want +got):\n%s", diff)
	}
}

// mustReadAll reads so many events of the log, or all there are. A store may give
// them in parts.
func mustReadAll(t *testing.T, log eventlog.Log, after int64, limit int) (records []eventlog.Record) {
	t.Helper()
	for len(records) < limit {
		some, err := log.ReadAll(within(t), after+int64(len(records)), limit-len(records))
		if err != nil {
			t.Fatalf("ReadAll(%d, %d) = %v; want nil", after, limit, err)
		}
		if len(some) == 0 {
			break
		}
		records = append(records, some...)
	}
	if none, err := log.ReadAll(within(t), after, 0); len(none) != 0 || err != nil {
		t.Fatalf("ReadAll(%d, 0) = %d events, %v; want none, nil", after, len(none), err)
	}
	return records
}

// mustReadStream reads a page of a stream.
func mustReadStream(t *testing.T, log eventlog.Log, stream string, after int64, limit int) []eventlog.Record {
	t.Helper()
	records, err := log.ReadStream(within(t), stream, after, limit)
	if err != nil {
		t.Fatalf("ReadStream(%s, %d, %d) = %v; want nil", stream, after, limit, err)
	}
	return records
}

// checkHead compares the log's length.
func checkHead(t *testing.T, log eventlog.Log, want int64) {
	t.Helper()
	if got, err := log.Head(within(t)); got != want || err != nil {
		t.Fatalf("Head() = %d, %v; want %d, nil", got, err, want)
	}
}

// checkRecords compares events, to the last byte.
func checkRecords(t *testing.T, what string, got, want []eventlog.Record) {
	t.Helper()
	if len(want)+len(got) == 0 {
		return // nil or empty, which is the same to a reader
	}
	// Comparing long bodies byte by byte would take cmp seconds.
	if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Fatalf("%s: events differ (-want +got):\n%s", what, diff)
	}
}

// places returns where events stand, as in "2:a/1".
func places(events []eventlog.Record) []string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = fmt.Sprintf("%d:%s/%d", e.Position, e.Stream, e.Version)
	}
	return names
}

// checkPlaces compares where events stand.
func checkPlaces(t *testing.T, what string, got []eventlog.Record, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, places(got), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s: places differ (-want +got):\n%s", what, diff)
	}
}
