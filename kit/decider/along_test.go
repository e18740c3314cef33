package decider_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/servers/servertest"
)

// What goes along with a cause is kept in one piece with it, and looked at anew
// when it was not true.
func TestWhatGoesAlongIsKeptWithTheCause(t *testing.T) {
	t.Parallel()
	h, log := open(t, servertest.Database(t))
	mustAsk(t, h, command{put: 1})
	tries := 0
	cause := because()
	cause.Mark = &eventlog.Mark{Consumer: "c", ID: cause.ID}
	cause.Along = func(_ context.Context, fresh bool) (decider.Along, error) {
		tries++
		e := eventlog.Record{Stream: "side-a", Version: 1, ID: uuid.New(), Type: "Moved", Body: []byte("side-a 1")}
		expect := eventlog.Expect{Stream: "side-b", Version: 7} // a guess that is wrong
		if fresh {
			expect.Version = 0
		}
		return decider.Along{Expect: []eventlog.Expect{expect, {Stream: "side-a"}}, Events: []eventlog.Record{e}}, nil
	}
	a, err := h.Ask(t.Context(), cause, "jar-a", command{put: 2})
	if err != nil || a.State.coins["jar-a"] != 3 || len(a.Events) != 1 || tries != 2 {
		t.Fatalf("Ask = %+v, %v after %d tries; want three coins, one event and a second try", a, err, tries)
	}
	if side, err := log.ReadStream(t.Context(), "side-a", 0, 10); err != nil || len(side) != 1 {
		t.Errorf("side-a = %v, %v; want what went along", side, err)
	}
	if marked, err := eventlog.Marked(t.Context(), log, *cause.Mark); !marked || err != nil {
		t.Errorf("Marked = %v, %v; want true", marked, err)
	}
}

// A cause that must not go on is refused before anything is decided.
func TestAnErrorAlongRefusesTheCause(t *testing.T) {
	t.Parallel()
	h, log := open(t, servertest.Database(t))
	stop := errors.New("stop")
	cause := because()
	cause.Along = func(context.Context, bool) (decider.Along, error) { return decider.Along{}, stop }
	if _, err := h.Ask(t.Context(), cause, "jar-a", command{put: 2}); !errors.Is(err, stop) {
		t.Errorf("Ask = %v; want %v", err, stop)
	}
	if head, err := log.Head(t.Context()); head != 0 || err != nil {
		t.Errorf("Head = %d, %v; want nothing kept", head, err)
	}
}

// A draft keeps nothing; it is kept with another's unit, once.
func TestADraftIsForTheUnitOfAnother(t *testing.T) {
	t.Parallel()
	h, log := open(t, servertest.Database(t))
	draft, err := h.Draft(t.Context(), because(), "jar-a", command{put: 2})
	if err != nil || len(draft.Events) != 1 || len(draft.Expect) != 1 {
		t.Fatalf("Draft = %+v, %v; want one event", draft, err)
	}
	if head, err := log.Head(t.Context()); head != 0 || err != nil {
		t.Fatalf("Head = %d, %v; want nothing kept", head, err)
	}
	cause := because()
	cause.Along = func(context.Context, bool) (decider.Along, error) { return draft, nil }
	if _, err := h.AskAll(t.Context(), cause, nil); err != nil {
		t.Fatal(err)
	}
	if s, version, err := h.Load(t.Context(), "jar-a"); err != nil || version != 1 || s.coins["jar-a"] != 2 {
		t.Errorf("Load = %v at version %d, %v; want two coins at 1", s, version, err)
	}
	if _, err := h.Draft(t.Context(), because(), "jar-a", command{take: 9}); !errors.Is(err, errEmpty) || !errors.Is(err, decider.ErrRefused) {
		t.Errorf("Draft of what is refused = %v; want %v, as a refusal", err, errEmpty)
	}
}
