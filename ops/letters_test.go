package ops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
	"orpheus.example/ops"
)

// A ward is a service that hears words, and refuses "poison" until it is mended.
type ward struct {
	opsv1.OpsServiceClient
	store   eventlog.Store
	letters *deadletter.Letters
	loops   []loop.Step
	mended  atomic.Bool
}

// words keeps what was heard of an undertaking as it is.
type words struct{}

func (words) Encode(e string) (string, int, []byte, error) { return "Heard", 1, []byte(e), nil }

func (words) Decode(r eventlog.Record) (string, error) { return string(r.Body), nil }

func openWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{store: memlog.New(time.Now)}
	letters, heed := w.on(w.store)
	desk := ops.New(ops.Config{
		Name: "hearer", Store: w.store, Holder: "one", Now: time.Now, Letters: letters, Heed: heed, On: w.on,
	})
	w.letters, w.loops = letters, desk.Loops()
	w.OpsServiceClient = opsv1.NewOpsServiceClient(serve(t, desk))
	return w
}

// on returns the letters of w on a log, and what handles them.
func (w *ward) on(log eventlog.Log) (*deadletter.Letters, deadletter.Handler) {
	host := decider.NewHost(decider.Decider[[]string, string, string, struct{}]{
		Decide: func(_ []string, word string) ([]string, error) {
			if word == "poison" && !w.mended.Load() {
				return nil, errors.New("not that")
			}
			return []string{word}, nil
		},
		Evolve: func(s []string, word string) []string { return append(slices.Clip(s), word) },
	}, decider.Config[string]{Log: log, Codec: words{}, Now: time.Now})
	return deadletter.New(deadletter.Config{Consumer: "hearer", Log: log, Now: time.Now}),
		inbox.Heed("hearer", host, func(m bus.Message) ([]decider.Reaction[string], error) {
			return []decider.Reaction[string]{{To: "heard-" + m.Correlation, Do: string(m.Body)}}, nil
		})
}

// letterID returns the id of the n-th word of an order.
func letterID(order string, n int) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, order, n))
}

// park sets words aside: the first for a reason of its own, the others behind it.
func (w *ward) park(t *testing.T, order string, said ...string) {
	t.Helper()
	for n, word := range said {
		l := deadletter.Letter{Reason: deadletter.Behind, Message: bus.Message{
			ID: letterID(order, n), Type: "test.v1.Said", Source: "test", Subject: order, Version: int64(n) + 1,
			Correlation: order, Body: []byte(word), Time: noon,
		}}
		if n == 0 {
			l.Reason, l.Error, l.Attempts = deadletter.Refused, "not that", 1
		}
		if err := w.letters.Park(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func byOrder(id string) *opsv1.DeadLetterSelection {
	return &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_OrderId{OrderId: id}}
}

var everything = &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_All{All: true}}

// replay replays letters, and returns what came of each as "order/outcome".
func (w *ward) replay(t *testing.T, by *opsv1.DeadLetterSelection, dry bool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := w.ReplayDeadLetters(ctx, &opsv1.ReplayDeadLettersRequest{Selection: by, DryRun: dry, Operator: "ann", Rate: 10_000})
	var told []string
	for err == nil {
		var one *opsv1.ReplayDeadLettersResponse
		if one, err = stream.Recv(); err == nil {
			told = append(told, one.GetOrderId()+" "+one.GetOutcome().String()[len("OUTCOME_"):])
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatalf("ReplayDeadLetters(%v) = %v; want its end", by, err)
	}
	return told
}

func (w *ward) checkHeard(t *testing.T, order string, want ...string) {
	t.Helper()
	records, err := w.store.ReadStream(t.Context(), "heard-"+order, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, string(r.Body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heard of %s (-want +got):\n%s", order, diff)
	}
}

func (w *ward) checkTotal(t *testing.T, want int64) {
	t.Helper()
	r, err := w.ListDeadLetters(t.Context(), &opsv1.ListDeadLettersRequest{})
	if err != nil || r.GetTotal() != want || int64(len(r.GetLetters())) != want {
		t.Errorf("ListDeadLetters = %d letters, %d in all, %v; want %d", len(r.GetLetters()), r.GetTotal(), err, want)
	}
}

// TestATrialSaysWhatAReplayWouldDo before and after what was wrong is mended, and
// keeps nothing. Then it is done.
func TestATrialSaysWhatAReplayWouldDo(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	w.park(t, "a", "poison", "two", "three")
	head, err := w.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mended bool
		want   []string
	}{
		{false, []string{"a FAILED", "a WAITS", "a WAITS"}},
		{true, []string{"a HANDLED", "a HANDLED", "a HANDLED"}},
	} {
		w.mended.Store(c.mended)
		if diff := cmp.Diff(c.want, w.replay(t, everything, true)); diff != "" {
			t.Errorf("trial with mended %t (-want +got):\n%s", c.mended, diff)
		}
		if now, err := w.store.Head(t.Context()); now != head || err != nil {
			t.Errorf("the log ends at %d, %v after a trial; want %d as before", now, err, head)
		}
		w.checkTotal(t, 3)
	}
	w.replay(t, everything, false)
	w.checkHeard(t, "a", "poison", "two", "three")
	w.checkTotal(t, 0)
}

// TestAFailedReplayKeepsItsOrderOnly has two orders, of which one can be healed.
func TestAFailedReplayKeepsItsOrderOnly(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	w.park(t, "a", "poison", "two")
	w.park(t, "b", "fine", "too")
	told := map[string]int{}
	for _, one := range w.replay(t, everything, false) {
		told[one]++
	}
	if diff := cmp.Diff(map[string]int{"a FAILED": 1, "a WAITS": 1, "b HANDLED": 2}, told); diff != "" {
		t.Errorf("replay of all (-want +got):\n%s", diff)
	}
	w.checkHeard(t, "a")
	w.checkHeard(t, "b", "fine", "too")
	w.checkTotal(t, 2)
	w.mended.Store(true)
	w.replay(t, byOrder("a"), false)
	w.checkHeard(t, "a", "poison", "two")
	w.replay(t, byOrder("a"), false) // finds nothing to do
	w.checkHeard(t, "a", "poison", "two")
}

// TestWhatWaitsBehindOutlivesADiscard and is handled, without the discarded one.
func TestWhatWaitsBehindOutlivesADiscard(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	w.park(t, "a", "poison", "two", "three")
	done, err := w.DiscardDeadLetters(t.Context(), &opsv1.DiscardDeadLettersRequest{Selection: byOrder("a"), Reason: "test", Operator: "ann"})
	if err != nil || done.GetDiscarded() != 1 {
		t.Errorf("DiscardDeadLetters(a) = %v, %v; want one, nil", done, err)
	}
	w.checkHeard(t, "a", "two", "three")
	w.checkTotal(t, 0)
	log, err := w.ListInterventions(t.Context(), &opsv1.ListInterventionsRequest{PageSize: 2})
	if err != nil || len(log.GetInterventions()) != 2 || log.GetNextPageToken() == "" {
		t.Fatalf("ListInterventions = %v, %v; want two of three", log, err)
	}
	rest, err := w.ListInterventions(t.Context(), &opsv1.ListInterventionsRequest{PageSize: 2, PageToken: log.GetNextPageToken()})
	if err != nil || len(rest.GetInterventions()) != 1 || rest.GetInterventions()[0].GetReason() != "test" {
		t.Errorf("ListInterventions, second page = %v, %v; want the discard", rest, err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	_, err := w.GetDeadLetter(t.Context(), &opsv1.GetDeadLetterRequest{LetterId: letterID("a", 1).String()})
	if status.Code(err) != codes.NotFound {
		t.Errorf("GetDeadLetter of none = %v; want NotFound", err)
	}
	_, err = w.DiscardDeadLetters(t.Context(), &opsv1.DiscardDeadLettersRequest{
		Selection: &opsv1.DeadLetterSelection{}, Reason: "test", Operator: "ann",
	})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("DiscardDeadLetters of nothing chosen = %v; want InvalidArgument", err)
	}
}

// TestTheDeskSeesToWhatWaitsForNothing takes a letter away as a process does that
// stops right then, and runs the loops of the next one.
func TestTheDeskSeesToWhatWaitsForNothing(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	w.park(t, "a", "poison", "one", "two")
	if _, err := w.letters.Discard(t.Context(), "a", letterID("a", 0), "ann", "of no use"); err != nil {
		t.Fatal(err)
	}
	w.checkTotal(t, 2)
	for _, step := range w.loops {
		if err := loop.Until(t.Context(), step); err != nil {
			t.Errorf("%s = %v; want nil", step.Name(), err)
		}
	}
	w.checkTotal(t, 0)
	w.checkHeard(t, "a", "one", "two")
}
