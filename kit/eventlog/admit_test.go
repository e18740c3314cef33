package eventlog_test

import (
	"testing"

	"pgregory.net/rapid"

	"orpheus.example/kit/eventlog"
)

var streams = rapid.SampledFrom([]string{"a", "b"})

// someUnit draws a unit, which may be broken.
func someUnit(t *rapid.T) eventlog.Unit {
	var u eventlog.Unit
	version := rapid.Int64Range(0, 2)
	for range rapid.IntRange(0, 2).Draw(t, "expects") {
		u.Expect = append(u.Expect, eventlog.Expect{Stream: streams.Draw(t, "stream"), Version: version.Draw(t, "version")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "events") {
		u.Events = append(u.Events, eventlog.Record{Stream: streams.Draw(t, "stream"), Version: version.Draw(t, "version")})
	}
	return u
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// TestWhatPassesCheckIsAdmittedWithoutPanic matters because drivers admit in a
// goroutine that many callers share.
func TestWhatPassesCheckIsAdmittedWithoutPanic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := []eventlog.Unit{someUnit(t), someUnit(t)}
		if panics(func() { eventlog.Check(units) }) {
			return // broken: nothing to admit
		}
		h := &eventlog.Heads{Versions: map[string]int64{}, Marks: map[eventlog.MarkKey]int64{}}
		if panics(func() { eventlog.Admit(h, units) }) {
			t.Errorf("Admit(%+v) panics, though Check does not", units)
		}
	})
}

func TestCheckPanicsOnWhatAdmitPanicsOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := []eventlog.Unit{someUnit(t)}
		h := &eventlog.Heads{Versions: map[string]int64{}, Marks: map[eventlog.MarkKey]int64{}}
		for _, e := range units[0].Expect {
			h.Versions[e.Stream] = e.Version
		}
		if panics(func() { eventlog.Admit(h, units) }) && !panics(func() { eventlog.Check(units) }) {
			t.Errorf("Check(%+v) passes, though Admit panics", units)
		}
	})
}
