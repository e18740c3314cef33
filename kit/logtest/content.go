package logtest

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
)

// contentLaws are about what can be kept, and that it comes back unharmed.
func contentLaws() []Law {
	return []Law{
		{Name: "an_event_comes_back_as_it_was_given", Check: eventComesBackAsGiven},
		{Name: "bodies_are_kept_to_the_byte", Check: bodiesAreKeptToTheByte},
		{Name: "times_are_kept_to_the_microsecond", Check: timesAreKeptToTheMicrosecond},
		{Name: "text_of_every_language_is_kept", Check: textOfEveryLanguageIsKept},
		{Name: "names_of_500_bytes_are_kept", Check: longNamesAreKept},
		{Name: "numbers_are_kept_at_their_limits", Check: numbersAreKeptAtTheirLimits},
		{Name: "a_unit_of_a_thousand_events_is_kept", Check: bigUnitIsKept},
		{Name: "what_cannot_be_kept_harms_nobody_else", Check: whatCannotBeKeptHarmsNobodyElse},
	}
}

// checkKept appends one event and compares it with what is read then.
func checkKept(t *testing.T, log eventlog.Log, e eventlog.Record) {
	t.Helper()
	u := eventlog.Unit{Expect: []eventlog.Expect{{Stream: e.Stream}}, Events: []eventlog.Record{e}}
	e.Position = mustCommit(t, log, u)[0].Position
	checkRecords(t, "ReadStream", mustReadStream(t, log, e.Stream, 0, 1), []eventlog.Record{e})
	checkRecords(t, "ReadAll", mustReadAll(t, log, e.Position-1, 1), []eventlog.Record{e})
}

// eventComesBackAsGiven has an event with everything, and one with nothing.
func eventComesBackAsGiven(t *testing.T, o Opened) {
	checkKept(t, o.Store, event("a", 1))
	// All but where it belongs may be empty.
	checkKept(t, o.Store, eventlog.Record{Stream: "bare", Version: 1, Time: noon})
}

// bodiesAreKeptToTheByte has what text, C strings and NULL would each spoil.
func bodiesAreKeptToTheByte(t *testing.T, o Opened) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for name, body := range map[string][]byte{
		"none": nil, "empty": {}, "zero": {0}, "every": every,
		"long": bytes.Repeat(every, 4096), // 1 MiB
	} {
		e := event(name, 1)
		e.Body = body
		checkKept(t, o.Store, e)
	}
}

// timesAreKeptToTheMicrosecond has a time with everything that must go: parts of
// a microsecond, a zone, and the reading of a monotonic clock.
func timesAreKeptToTheMicrosecond(t *testing.T, o Opened) {
	now := time.Now().In(time.FixedZone("east", 9*3600))
	u := grow("a", 0, 1)
	u.Events[0].Time = now
	want := mustCommit(t, o.Store, u)
	if got := want[0].Time; got != now.UTC().Truncate(time.Microsecond) {
		t.Errorf("Append(event at %v) = event at %v; want it in UTC, cut to the microsecond", now, got)
	}
	checkRecords(t, "ReadAll(0, 1)", mustReadAll(t, o.Store, 0, 1), want)
	early := event("early", 1)
	early.Time = time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)
	checkKept(t, o.Store, early)
}

// textOfEveryLanguageIsKept has quotes and blanks, scripts of two to four bytes
// a letter, and one letter in two spellings, which must stay two.
func textOfEveryLanguageIsKept(t *testing.T, o Opened) {
	for _, text := range []string{"", " ", "Zoë O'Hara; -- \\", "Ὀρφεύς", "王小明", "🎻", "e\u0301", "\u00e9", "tab\tline\n"} { //nolint:gosmopolitan // that is the point
		e := event("s"+text, 1)
		e.Type, e.Correlation, e.Causation, e.Actor, e.Trace = text, text, text, text, text
		checkKept(t, o.Store, e)
	}
}

// longNamesAreKept bounds what a driver may refuse: whoever derives names from
// ids of others knows that there is room.
func longNamesAreKept(t *testing.T, o Opened) {
	// Not all the same letter: an index would compress that.
	var name strings.Builder
	for i := range 100 {
		name.WriteString(id(string(rune('a' + i))).String()[:5])
	}
	e := event(name.String(), 1)
	e.Type, e.Correlation, e.Causation, e.Actor, e.Trace = e.Stream, e.Stream, e.Stream, e.Stream, e.Stream
	checkKept(t, o.Store, e)
	key := eventlog.DueKey{Kind: "k", Stream: e.Stream, Key: e.Stream}
	mustCommit(t, o.Store, eventlog.Unit{
		Mark: &eventlog.Mark{Consumer: e.Stream, ID: e.ID}, Set: []eventlog.Due{{DueKey: key, At: noon}},
	})
}

// numbersAreKeptAtTheirLimits matters for digests, which are hashes and use every
// bit.
func numbersAreKeptAtTheirLimits(t *testing.T, o Opened) {
	e := event("a", 1)
	e.Schema = math.MaxInt32
	checkKept(t, o.Store, e)
	for _, digest := range []int64{math.MinInt64, math.MaxInt64} {
		unit := marked(eventlog.Unit{}, "c", time.Duration(digest).String(), digest)
		checkOutcomes(t, o.Store, []eventlog.Unit{unit}, nil)
		checkOutcomes(t, o.Store, []eventlog.Unit{unit}, eventlog.ErrHandled)
	}
}

// bigUnitIsKept has a thousand events in one unit, and a thousand units in one
// call.
func bigUnitIsKept(t *testing.T, o Opened) {
	want := mustCommit(t, o.Store, grow("a", 0, 1000))
	checkRecords(t, "ReadAll(0, 2000)", mustReadAll(t, o.Store, 0, 2000), want)
	units := make([]eventlog.Unit, 1000)
	for i := range units {
		units[i] = grow("b", int64(i), 1)
	}
	mustCommit(t, o.Store, units...)
	checkHead(t, o.Store, 2000)
}

// whatCannotBeKeptHarmsNobodyElse sends good calls and bad ones at once, so that
// a driver which commits them together has to sort them out. A driver may well
// keep what others cannot; but it keeps it as it is, or says that it does not.
func whatCannotBeKeptHarmsNobodyElse(t *testing.T, o Opened) {
	ctx := within(t)
	bad := []string{"nul\x00nul", "not utf-8 \xff\xfe"}
	errs := atOnce(40, func(i int) error {
		u := grow(fmt.Sprint("s", i), 0, 1)
		if i%4 == 0 {
			u.Events[0].Actor = bad[i/4%len(bad)]
		}
		_, err := o.Store.Append(ctx, []eventlog.Unit{u})
		return err
	})
	kept := map[string]int{}
	for _, e := range mustReadAll(t, o.Store, 0, 100) {
		kept[e.Actor]++
	}
	refused := 0
	for i, err := range errs {
		switch {
		case err != nil && i%4 != 0:
			t.Errorf("Append(good unit %d) = %v; want nil", i, err)
		case err != nil:
			refused++
		}
	}
	if kept["customer:c1"] != 30 || kept[bad[0]]+kept[bad[1]]+refused != 10 {
		t.Errorf("log has %v, with %d calls refused; want 30 good events, and the others kept or refused", kept, refused)
	}
}
