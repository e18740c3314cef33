package decider_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// The thing decided about in these tests is a jar: coins are put in, and taken
// out as long as there are any. A move takes from one jar and puts in another.
type (
	jar     struct{ coins map[string]int } // by stream
	command struct {
		put, take int
		into      string // another jar, or none
	}
	event struct {
		stream string
		coins  int
	}
)

var errEmpty = errors.New("not enough coins")

func decide(s jar, c command) ([]event, error) {
	from := "jar-a"
	switch {
	case c.take > s.coins[from]:
		return nil, errEmpty
	case c.into != "":
		return []event{{from, -c.take}, {c.into, c.take}}, nil
	case c.put-c.take == 0:
		return nil, nil
	}
	return []event{{from, c.put - c.take}}, nil
}

func evolve(s jar, e event) jar {
	return join(s, jar{map[string]int{e.stream: s.coins[e.stream] + e.coins}})
}

func join(a, b jar) jar {
	both := map[string]int{}
	for _, j := range []jar{a, b} {
		maps.Copy(both, j.coins)
	}
	return jar{both}
}

func needs(_ jar, c command) []string {
	if c.into == "" {
		return nil
	}
	return []string{c.into}
}

// owe says that a jar with more than ten coins is to be emptied, and wake that
// one with exactly seven is to be looked at an hour later.
func owe(s jar) []decider.Duty[string] {
	if s.coins["jar-a"] <= 10 {
		return nil
	}
	return []decider.Duty[string]{{Key: "empty", Do: "empty"}}
}

func wake(s jar) (time.Time, command, bool) {
	return noon.Add(time.Hour), command{}, s.coins["jar-a"] == 7
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

type codec struct{}

func (codec) Encode(e event) (string, int, []byte, error) {
	return "Moved", 1, fmt.Appendf(nil, "%s %d", e.stream, e.coins), nil
}

func (codec) Decode(r eventlog.Record) (event, error) {
	stream, text, _ := strings.Cut(string(r.Body), " ")
	coins, err := strconv.Atoi(text)
	return event{stream, coins}, err
}

type host = decider.Host[jar, command, event, string]

func open(t *testing.T, url string) (*host, *pglog.Log) {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return decider.NewHost(decider.Decider[jar, command, event, string]{
		Decide: decide, Evolve: evolve, Owe: owe, Wake: wake, Needs: needs, Join: join,
		Of: func(_ string, e event) string { return e.stream },
	}, decider.Config[event]{Log: log, Codec: codec{}, Now: func() time.Time { return noon }}), log
}

func because() decider.Cause { return decider.Cause{ID: uuid.New(), Actor: "tester"} }

func mustAsk(t *testing.T, h *host, c command) decider.Answer[jar] {
	t.Helper()
	a, err := h.Ask(t.Context(), because(), "jar-a", c)
	if err != nil {
		t.Fatalf("Ask(%+v): %v", c, err)
	}
	return a
}

func TestAskKeepsWhatHappens(t *testing.T) {
	t.Parallel()
	h, log := open(t, servertest.Database(t))
	a := mustAsk(t, h, command{put: 3})
	if a.State.coins["jar-a"] != 3 || a.Version != 1 || len(a.Events) != 1 {
		t.Fatalf("Ask = %+v; want three coins at version 1", a)
	}
	records, err := log.ReadStream(t.Context(), "jar-a", 0, 10)
	if err != nil || len(records) != 1 {
		t.Fatalf("ReadStream = %v, %v; want one event", records, err)
	}
	if r := records[0]; r.Correlation != "a" || r.Actor != "tester" || r.Causation == "" || r.Type != "Moved" {
		t.Errorf("kept %+v; want correlation, actor and causation filled in", r)
	}
	if a := mustAsk(t, h, command{}); a.Version != 1 || len(a.Events) != 0 {
		t.Errorf("Ask for nothing = %+v; want version 1 still", a)
	}
}

func TestACauseCountsOnce(t *testing.T) {
	t.Parallel()
	h, _ := open(t, servertest.Database(t))
	cause := because()
	cause.Mark = &eventlog.Mark{Consumer: "c", ID: cause.ID, Digest: 1}
	for i, want := range []bool{false, true} {
		a, err := h.Ask(t.Context(), cause, "jar-a", command{put: 3})
		if err != nil || a.Handled != want || a.State.coins["jar-a"] != 3 {
			t.Fatalf("Ask %d = %+v, %v; want handled before: %v, three coins", i, a, err, want)
		}
	}
	cause.Mark = &eventlog.Mark{Consumer: "c", ID: cause.ID, Digest: 2}
	if _, err := h.Ask(t.Context(), cause, "jar-a", command{put: 4}); !errors.Is(err, eventlog.ErrReused) {
		t.Errorf("Ask with another digest = %v; want %v", err, eventlog.ErrReused)
	}
}

// What was granted once is not refused when it is asked again, though by then it
// would be.
func TestARepeatIsNotRefused(t *testing.T) {
	t.Parallel()
	h, _ := open(t, servertest.Database(t))
	mustAsk(t, h, command{put: 1})
	cause := because()
	cause.Mark = &eventlog.Mark{Consumer: "c", ID: cause.ID}
	for i, want := range []bool{false, true} {
		a, err := h.Ask(t.Context(), cause, "jar-a", command{take: 1})
		if err != nil || a.Handled != want {
			t.Errorf("Ask %d = %+v, %v; want handled before: %v", i, a, err, want)
		}
	}
	cause.Mark = &eventlog.Mark{Consumer: "c", ID: uuid.New()}
	for range 2 { // a refusal leaves no mark
		if _, err := h.Ask(t.Context(), cause, "jar-a", command{take: 1}); !errors.Is(err, errEmpty) {
			t.Errorf("Ask of an empty jar = %v; want %v", err, errEmpty)
		}
	}
}

func TestTheSameCauseMakesTheSameIDs(t *testing.T) {
	t.Parallel()
	cause := because()
	var ids []uuid.UUID
	for range 2 {
		h, _ := open(t, servertest.Database(t))
		a, err := h.Ask(t.Context(), cause, "jar-a", command{put: 3})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.Events[0].ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("ids %s and %s; want the same", ids[0], ids[1])
	}
}

// A refusal must not rest on what this replica remembers while another has moved
// on: two hosts share a database here.
func TestReplicasAgree(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	one, _ := open(t, url)
	two, _ := open(t, url)
	mustAsk(t, one, command{put: 1})
	mustAsk(t, two, command{put: 1})
	if a := mustAsk(t, one, command{take: 2}); a.State.coins["jar-a"] != 0 {
		t.Errorf("coins = %d; want 0", a.State.coins["jar-a"])
	}
	if _, err := two.Ask(t.Context(), because(), "jar-a", command{take: 2}); !errors.Is(err, errEmpty) {
		t.Errorf("second take = %v; want %v", err, errEmpty)
	}
}

func TestRacingAsksLoseNothing(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	one, _ := open(t, url)
	two, log := open(t, url)
	const each = 50
	var wg sync.WaitGroup
	for _, h := range []*host{one, two} {
		for range each {
			wg.Go(func() {
				if _, err := h.Ask(t.Context(), because(), "jar-a", command{put: 1}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	s, version, err := two.Load(t.Context(), "jar-a")
	if err != nil || s.coins["jar-a"] != 2*each || version != 2*each {
		t.Errorf("Load = %+v, %d, %v; want %d coins", s, version, err, 2*each)
	}
	if head, err := log.Head(t.Context()); err != nil || head != 2*each {
		t.Errorf("Head = %d, %v; want %d", head, err, 2*each)
	}
}

// Moves between jars keep the sum, however they race, and commit in one piece.
func TestSeveralStreamsInOnePiece(t *testing.T) {
	t.Parallel()
	h, _ := open(t, servertest.Database(t))
	mustAsk(t, h, command{put: 10})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := h.Ask(t.Context(), because(), "jar-a", command{take: 1, into: fmt.Sprintf("jar-%d", i%3)})
			if err != nil && !errors.Is(err, errEmpty) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, stream := range []string{"jar-a", "jar-0", "jar-1", "jar-2"} {
		s, _, err := h.Load(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		sum += s.coins[stream]
	}
	if sum != 10 {
		t.Errorf("coins in all jars = %d; want 10", sum)
	}
}

func TestDutiesAndAlarmsFollowTheState(t *testing.T) {
	t.Parallel()
	h, log := open(t, servertest.Database(t))
	claim := func(kind string, at time.Time) int {
		due, err := log.Claim(t.Context(), kind, "tester", at, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(due)
	}
	check := func(when string, duties, alarms int) {
		t.Helper()
		if got := claim(eventlog.Duty, noon); got != duties {
			t.Errorf("%s: %d duties; want %d", when, got, duties)
		}
		if got := claim(eventlog.Alarm, noon.Add(2*time.Hour)); got != alarms {
			t.Errorf("%s: %d alarms; want %d", when, got, alarms)
		}
	}
	check("at first", 0, 0)
	mustAsk(t, h, command{put: 7})
	check("with seven", 0, 1)
	mustAsk(t, h, command{put: 7})
	check("with fourteen", 1, 0)
	mustAsk(t, h, command{take: 14})
	check("with none", 0, 0)
}

func TestAskEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	h, _ := open(t, servertest.Database(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Ask(ctx, because(), "jar-a", command{put: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask = %v; want %v", err, context.Canceled)
	}
	mustAsk(t, h, command{put: 1}) // the lock was given back
}

// What is known after some events is the same whether this process remembers it,
// knows more by now, or has to read them. Memory is not asked about events that it
// has never seen, as a log has that was restored.
func TestAfterIsWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	h, log := open(t, url)
	for range 3 {
		mustAsk(t, h, command{put: 2})
	}
	records, err := log.ReadStream(t.Context(), "jar-a", 0, 10)
	if err != nil || len(records) != 3 {
		t.Fatalf("ReadStream = %d events, %v; want three", len(records), err)
	}
	stranger, _ := open(t, url)
	for n := range len(records) + 1 {
		for name, host := range map[string]*host{"this_process": h, "another": stranger} {
			if s, err := host.After(records[:n]); err != nil || s.coins["jar-a"] != 2*n {
				t.Errorf("%s: After(%d events) = %v, %v; want %d coins", name, n, s, err, 2*n)
			}
		}
	}
	records[2].ID, records[2].Body = uuid.New(), []byte("jar-a 5")
	if s, err := h.After(records); err != nil || s.coins["jar-a"] != 9 {
		t.Errorf("After(another last event) = %v, %v; want 9 coins", s, err)
	}
}
