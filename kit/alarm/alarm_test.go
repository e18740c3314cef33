package alarm_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/alarm"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/sqlitelog"
)

// The thing of these tests is an egg that is to be taken out of the water after
// five minutes, unless somebody does before.
type egg struct {
	in  time.Time
	out bool
}

type event struct {
	kind string
	at   time.Time
}

const boils = 5 * time.Minute

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func decide(s egg, c event) ([]event, error) {
	if c.kind == "out" && (s.out || s.in.IsZero()) {
		return nil, nil
	}
	return []event{c}, nil
}

func evolve(s egg, e event) egg {
	if e.kind == "in" {
		return egg{in: e.at}
	}
	s.out = true
	return s
}

func wake(s egg) (time.Time, event, bool) {
	return s.in.Add(boils), event{"out", s.in.Add(boils)}, !s.in.IsZero() && !s.out
}

type codec struct{}

func (codec) Encode(e event) (string, int, []byte, error) {
	return e.kind, 1, []byte(e.at.Format(time.RFC3339)), nil
}

func (codec) Decode(r eventlog.Record) (event, error) {
	at, err := time.Parse(time.RFC3339, string(r.Body))
	return event{r.Type, at}, err
}

// A kitchen has eggs, an alarm, and a clock that is set by hand.
type kitchen struct {
	log  *sqlitelog.Log
	host *decider.Host[egg, event, event, struct{}]
	step *agenda.Step
	now  time.Time
}

func open(t *testing.T) *kitchen {
	t.Helper()
	log, err := sqlitelog.Open(t.Context(), sqlitelog.Config{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	k := &kitchen{log: log, now: noon}
	clock := func() time.Time { return k.now }
	k.host = decider.NewHost(decider.Decider[egg, event, event, struct{}]{Decide: decide, Evolve: evolve, Wake: wake},
		decider.Config[event]{Log: log, Codec: codec{}, Now: clock})
	k.step = alarm.New(alarm.Config[egg, event, event, struct{}]{
		Name: "test", Store: log, Host: k.host, Holder: "me", Now: clock, Inline: true,
	})
	return k
}

func (k *kitchen) mustAsk(t *testing.T, kind string) {
	t.Helper()
	if _, err := k.host.Ask(t.Context(), decider.Cause{ID: uuid.New(), Actor: "cook"}, "egg-a", event{kind, k.now}); err != nil {
		t.Fatal(err)
	}
}

// check steps, and sees whether the egg is out, and by whose hand.
func (k *kitchen) check(t *testing.T, when string, out bool, events int) {
	t.Helper()
	if err := loop.Until(t.Context(), k.step); err != nil {
		t.Fatal(err)
	}
	s, version, err := k.host.Load(t.Context(), "egg-a")
	if err != nil || s.out != out || version != int64(events) {
		t.Errorf("%s: out is %t after %d events, %v; want %t after %d", when, s.out, version, err, out, events)
	}
}

func TestAnAlarmAsksWhenItIsTime(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.mustAsk(t, "in")
	k.check(t, "at once", false, 1)
	k.now = noon.Add(boils - time.Second)
	k.check(t, "shortly before", false, 1)
	k.now = noon.Add(boils)
	k.check(t, "on time", true, 2)
	k.now = noon.Add(time.Hour)
	k.check(t, "an hour later", true, 2)
	records, err := k.log.ReadStream(t.Context(), "egg-a", 1, 10)
	if err != nil || len(records) != 1 || records[0].Actor != "clock" {
		t.Errorf("ReadStream = %+v, %v; want one event, by the clock", records, err)
	}
}

// Who is asked late decides as if it were on time.
func TestALateAlarmIsHarmless(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.mustAsk(t, "in")
	k.now = noon.Add(24 * time.Hour)
	k.check(t, "a day later", true, 2)
}

func TestNobodyIsAskedWhoHasSpoken(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.mustAsk(t, "in")
	k.mustAsk(t, "out")
	k.now = noon.Add(boils)
	k.check(t, "on time", true, 2)
	if at, ok, err := k.log.NextDue(t.Context(), eventlog.Alarm); ok || err != nil {
		t.Errorf("NextDue = %s, %t, %v; want none", at, ok, err)
	}
}

// A new deadline replaces the old one.
func TestADeadlineThatMoves(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.mustAsk(t, "in")
	k.now = noon.Add(time.Minute)
	k.mustAsk(t, "in") // into new water
	k.now = noon.Add(boils)
	k.check(t, "at the old time", false, 2)
	k.now = noon.Add(time.Minute + boils)
	k.check(t, "at the new time", true, 3)
}

// Entries that the state does not know, or knows with a later time, are left
// behind by a change of the rules: the one is dropped, the other waits.
func TestTheStateHasTheLastWord(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.mustAsk(t, "in")
	key := eventlog.DueKey{Kind: eventlog.Alarm, Stream: "egg-a"}
	stray := eventlog.DueKey{Kind: eventlog.Alarm, Stream: "egg-b"}
	_, err := k.log.Append(t.Context(), []eventlog.Unit{{Set: []eventlog.Due{{DueKey: key, At: noon}, {DueKey: stray, At: noon}}}})
	if err != nil {
		t.Fatal(err)
	}
	k.check(t, "too early", false, 1)
	if at, ok, err := k.log.NextDue(t.Context(), eventlog.Alarm); !ok || !at.Equal(noon.Add(boils)) || err != nil {
		t.Errorf("NextDue = %s, %t, %v; want only %s", at, ok, err, noon.Add(boils))
	}
	k.now = noon.Add(boils)
	k.check(t, "on time", true, 2)
}
