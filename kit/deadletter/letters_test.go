package deadletter_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
)

// A poison message stops one undertaking, in order, and once the hearer is mended
// a replay heals it. Nothing happens twice, however often it is delivered.
func TestPoisonStopsItsUndertakingOnly(t *testing.T) {
	t.Parallel()
	for word, reason := range poison {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store eventlog.Store) {
				var mended atomic.Bool
				h := enter(store, newPile(), &mended, true)
				sick, well := say("sick", "one", word, "three", "four"), say("well", "one", "two")
				for range 2 {
					h.pile.put(append(sick, well...)...)
					h.listen(t)
				}
				checkHeard(t, store, "sick", "one")
				checkHeard(t, store, "well", "one", "two")
				letters := h.checkWaiting(t, "sick", reason, deadletter.Behind, deadletter.Behind)
				checkLetter(t, letters[0], sick[1])
				if !h.pile.empty() || h.pile.rejected > 0 {
					t.Errorf("%d messages are rejected, and all settled is %v; want all settled by parking",
						h.pile.rejected, h.pile.empty())
				}
				mended.Store(true)
				h.replay(t, "sick")
				h.pile.put(append(sick, say("sick", "one", word, "three", "four", "five")...)...)
				h.listen(t)
				checkHeard(t, store, "sick", "one", word, "three", "four", "five")
				h.checkWaiting(t, "sick")
			})
		})
	}
}

// checkLetter checks that a letter holds all that its message said.
func checkLetter(t *testing.T, l deadletter.Letter, m bus.Message) {
	t.Helper()
	if l.ID != m.ID || l.Message.ID != m.ID || string(l.Message.Body) != string(m.Body) || l.Message.Subject != m.Subject ||
		l.Message.Version != m.Version || l.Error == "" || l.Attempts < 1 || l.Parked.IsZero() {
		t.Errorf("letter = %+v; want all of %+v, and why it is here", l, m)
	}
}

// sicken returns a replica that has heard words of an undertaking, some of them
// poison, and parked what it could not handle.
func sicken(t *testing.T, store eventlog.Log, mended *atomic.Bool, words ...string) (*hearer, []bus.Message) {
	t.Helper()
	h, messages := enter(store, newPile(), mended, true), say("sick", words...)
	h.pile.put(messages...)
	h.listen(t)
	return h, messages
}

// A replay that fails again is on record, and changes nothing else.
func TestAReplayThatFailsStays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		var mended atomic.Bool
		h, messages := sicken(t, store, &mended, garbage, "two")
		for replay := range 3 {
			outcome, failure, err := h.letters.Replay(t.Context(), "sick", messages[0].ID, "ann", h.handle)
			if err != nil || outcome != deadletter.ReplayFailed || failure == "" {
				t.Fatalf("Replay = %q, %q, %v; want it failed", outcome, failure, err)
			}
			state, err := h.letters.Waiting(t.Context(), "sick")
			if err != nil || len(state.Waiting) != 2 || state.Waiting[0].Replays != replay+1 {
				t.Fatalf("Waiting = %+v, %v; want two, the first replayed %d times", state, err, replay+1)
			}
		}
		outcome, _, err := h.letters.Replay(t.Context(), "sick", messages[1].ID, "ann", h.handle)
		if err != nil || outcome != deadletter.ReplayWaits {
			t.Errorf("Replay of the second = %q, %v; want it to wait", outcome, err)
		}
		checkHeard(t, store, "sick")
	})
}

// What waited behind a letter that is discarded is handled, and the letter's
// message does nothing any more.
func TestWhatIsDiscardedDoesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		var mended atomic.Bool
		h, messages := sicken(t, store, &mended, "one", garbage, "three", refused, "five")
		for _, want := range []bool{true, false} {
			if got, err := h.letters.Discard(t.Context(), "sick", messages[1].ID, "ann", "a test"); got != want || err != nil {
				t.Errorf("Discard = %v, %v; want %v", got, err, want)
			}
		}
		var told []deadletter.Outcome
		err := h.letters.Follow(t.Context(), "sick", "ann", h.handle,
			func(_ deadletter.Letter, o deadletter.Outcome, _ string) error { told = append(told, o); return nil })
		if err != nil || len(told) != 2 || told[0] != deadletter.ReplayHandled || told[1] != deadletter.ReplayFailed {
			t.Errorf("Follow tells %v, %v; want one handled, one failed, and then an end", told, err)
		}
		mended.Store(true)
		h.replay(t, "sick")
		h.pile.put(messages...)
		h.listen(t)
		checkHeard(t, store, "sick", "one", "three", refused, "five")
		if got, err := h.letters.Discard(t.Context(), "sick", uuid.New(), "ann", "a test"); got || err != nil {
			t.Errorf("Discard of what never was = %v, %v; want false", got, err)
		}
	})
}

// Whoever bears the id of another message, or says what is not its to say, is set
// aside without holding anybody up.
func TestForgeriesHoldNobodyUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		mended := &atomic.Bool{}
		h := enter(store, newPile(), mended, true)
		messages := say("well", "one", "two", "three")
		double, foreign := messages[0], messages[1]
		double.Body = []byte("another")
		foreign.Source = "somebody"
		h.pile.put(messages[0], double, foreign, messages[1], messages[2], double)
		h.listen(t)
		checkHeard(t, store, "well", "one", "two", "three")
		h.checkWaiting(t, "well")
		var forged []deadletter.Letter
		for _, id := range parked(t, store) {
			forged = append(forged, h.checkWaiting(t, id, deadletter.Forged)...)
		}
		if len(forged) != 2 {
			t.Fatalf("%d forgeries are set aside; want two", len(forged))
		}
		for _, l := range forged {
			outcome, _, err := h.letters.Replay(t.Context(), l.Undertaking(), l.ID, "ann", h.handle)
			if err != nil || outcome != deadletter.ReplayFailed {
				t.Errorf("Replay of a forgery = %q, %v; want it failed", outcome, err)
			}
			if gone, err := h.letters.Discard(t.Context(), l.Undertaking(), l.ID, "ann", "forged"); !gone || err != nil {
				t.Errorf("Discard of a forgery = %v, %v; want true", gone, err)
			}
		}
		checkHeard(t, store, "well", "one", "two", "three")
	})
}

// parked returns the undertakings that have letters, or had some.
func parked(t *testing.T, store eventlog.Log) []string {
	t.Helper()
	var found []string
	for after := int64(0); ; {
		records, err := store.ReadAll(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return found
		}
		for _, r := range records {
			if undertaking, ok := deadletter.Correlation(r.Stream); ok && !slices.Contains(found, undertaking) {
				found = append(found, undertaking)
			}
			after = r.Position
		}
	}
}

// What cannot even be named, or bears texts that no store takes, is parked all the
// same, each by itself.
func TestWhateverComesCanBeParked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		letters := deadletter.New(deadletter.Config{Consumer: "hearer", Log: store, Now: time.Now})
		long := make([]byte, 100_000)
		for _, m := range []bus.Message{
			{}, {Body: []byte("x")}, {Correlation: "nul\x00", Body: []byte{0, 0xff}}, {Type: "\xff\xfe", Source: "\x00"},
			{Correlation: string(long) + "x"}, {ID: uuid.New(), Subject: string(long)},
		} {
			letter := deadletter.Letter{Message: m, Reason: deadletter.Unreadable, Error: string(long) + "\xff", Attempts: 1}
			for range 2 {
				if err := letters.Park(t.Context(), letter); err != nil {
					t.Errorf("Park(%.80q): %v", m.Correlation, err)
				}
			}
		}
		undertakings := parked(t, store)
		if len(undertakings) != 6 {
			t.Errorf("%d undertakings have letters; want 6", len(undertakings))
		}
		for _, u := range undertakings {
			state, err := letters.Waiting(t.Context(), u)
			if err != nil || len(state.Waiting) != 1 {
				t.Fatalf("Waiting(%.40q) = %+v, %v; want one", u, state, err)
			}
			if gone, err := letters.Discard(t.Context(), u, state.Waiting[0].ID, "ann", "a test"); !gone || err != nil {
				t.Errorf("Discard = %v, %v; want true", gone, err)
			}
		}
	})
}

// A meanwhile is a log in which something else happens just before the first dead
// letter is kept.
type meanwhile struct {
	eventlog.Log
	once sync.Once
	do   func()
}

func (m *meanwhile) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	for _, u := range units {
		for _, e := range u.Events {
			if _, ok := deadletter.Correlation(e.Stream); ok {
				m.once.Do(m.do)
			}
		}
	}
	return m.Log.Append(ctx, units)
}

// A message that another replica, which is mended already, handles while this one
// parks it holds nobody up.
func TestWhatIsHandledMeanwhileIsNotParked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		var old, mended atomic.Bool
		mended.Store(true)
		messages := say("well", garbage, "two")
		other := enter(store, newPile(), &mended, true)
		other.pile.put(messages[0])
		h := enter(&meanwhile{Log: store, do: func() { other.listen(t) }}, newPile(), &old, true)
		h.pile.put(messages...)
		h.listen(t)
		checkHeard(t, store, "well", garbage, "two")
		h.checkWaiting(t, "well")
	})
}

// While a letter is replayed, another operator's replay handles it, and a replica
// to which its message was delivered as well parks it once more, behind others, and
// dies. It then waits its turn, and does nothing.
func TestWhatIsParkedOnceMoreWaitsItsTurn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		var mended atomic.Bool
		h, messages := sicken(t, store, &mended, garbage, "two")
		mended.Store(true)
		replay := func(handle deadletter.Handler) (deadletter.Outcome, error) {
			outcome, _, err := h.letters.Replay(t.Context(), "sick", messages[0].ID, "ann", handle)
			return outcome, err
		}
		// The replica looks whether the message was handled, then it is, and then
		// the replica parks it: that is its last append.
		late := deadletter.Config{Consumer: "hearer", Log: &mortal{Log: store, left: 1, after: true}}
		handled := sync.OnceFunc(func() {
			if outcome, err := replay(h.handle); err != nil || outcome != deadletter.ReplayHandled {
				t.Errorf("Replay = %q, %v; want it handled", outcome, err)
			}
		})
		late.Now = func() time.Time { handled(); return time.Now() }
		outcome, err := replay(func(ctx context.Context, m bus.Message, aside deadletter.Aside) error {
			return h.handle(ctx, m, func(ctx context.Context, fresh bool) (decider.Along, error) {
				along, err := aside(ctx, fresh)
				letter := deadletter.Letter{Message: m, Reason: deadletter.Behind}
				if err := deadletter.New(late).Park(ctx, letter); !errors.Is(err, errKilled) {
					t.Errorf("Park: %v; want %v", err, errKilled)
				}
				return along, err
			})
		})
		if err != nil || outcome != deadletter.ReplayWaits {
			t.Errorf("Replay = %q, %v; want it to wait", outcome, err)
		}
		h.checkWaiting(t, "sick", deadletter.Behind, deadletter.Behind)
		h.replay(t, "sick")
		checkHeard(t, store, "sick", garbage, "two")
	})
}

// A message that was to wait behind a letter is handled if the letter is replayed
// meanwhile.
func TestWhatWaitsForNothingIsHandled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store eventlog.Store) {
		var mended atomic.Bool
		messages := say("sick", garbage, "two")
		other := enter(store, newPile(), &mended, true)
		other.pile.put(messages[0])
		other.listen(t)
		replay := func() { mended.Store(true); other.replay(t, "sick") }
		h := enter(&meanwhile{Log: store, do: replay}, newPile(), &mended, true)
		h.pile.put(messages[1])
		h.listen(t)
		checkHeard(t, store, "sick", garbage, "two")
		h.checkWaiting(t, "sick")
	})
}
