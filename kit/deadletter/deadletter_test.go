package deadletter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
	"orpheus.example/kit/eventlog"
)

var letters = decider.Decider[deadletter.State, deadletter.Command, deadletter.Event, struct{}]{
	Decide: deadletter.Decide, Evolve: deadletter.Evolve,
}

// letter returns the n-th letter of an undertaking.
func letter(n byte, reason deadletter.Reason, text string) deadletter.Letter {
	return deadletter.Letter{
		ID: id(n),
		Message: bus.Message{
			ID: uuid.UUID{15: n}, Type: "order.v1.OrderPlaced", Subject: "order-7", Version: int64(n), Source: "order",
			Body: []byte{n}, Time: time.Unix(int64(n), 0).UTC(), Correlation: "7", Replayed: true,
		},
		Reason: reason, Error: text, Attempts: 1, Parked: time.Unix(100, 0).UTC(),
	}
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func TestDecide(t *testing.T) {
	t.Parallel()
	first, second := letter(1, deadletter.Refused, "no"), letter(2, deadletter.Behind, "")
	parked := []deadletter.Event{deadletter.Parked{Letter: first}, deadletter.Parked{Letter: second}}
	type story = decidertest.Story[deadletter.Command, deadletter.Event]
	decidertest.Run(t, letters, []story{
		{Name: "what_cannot_be_handled_is_parked", When: deadletter.Park{Letter: first}, Then: parked[:1]},
		{Name: "what_is_delivered_again_is_parked_once", Given: parked, When: deadletter.Park{Letter: first}},
		{Name: "nothing_waits_behind_nothing", When: deadletter.Park{Letter: second}, Refused: deadletter.ErrNothingWaits},
		{Name: "a_failure_behind_others_proves_nothing", Given: parked[:1], When: deadletter.Park{Letter: letter(2, deadletter.Refused, "no")},
			Then: parked[1:]},
		{Name: "garbage_is_garbage_wherever_it_stands", Given: parked[:1], When: deadletter.Park{Letter: letter(2, deadletter.Unreadable, "no")},
			Then: []deadletter.Event{deadletter.Parked{Letter: letter(2, deadletter.Unreadable, "no")}}},
		{Name: "the_first_is_settled", Given: parked, When: deadletter.Settle{ID: id(1), Operator: "ann"},
			Then: []deadletter.Event{deadletter.Handled{ID: id(1), Operator: "ann"}}},
		{Name: "the_second_must_wait", Given: parked, When: deadletter.Settle{ID: id(2)}, Refused: deadletter.ErrNotFirst},
		{Name: "the_second_is_first_once_the_first_is_gone",
			Given: append(parked[:2:2], deadletter.Discarded{ID: id(1)}), When: deadletter.Settle{ID: id(2)},
			Then: []deadletter.Event{deadletter.Handled{ID: id(2)}}},
		{Name: "what_is_gone_is_not_settled_again", When: deadletter.Settle{ID: id(1)}},
		{Name: "a_failed_replay_is_on_record", Given: parked, When: deadletter.Blame{ID: id(1), Replay: 1, Operator: "ann", Error: "no"},
			Then: []deadletter.Event{deadletter.Failed{ID: id(1), Replay: 1, Operator: "ann", Error: "no"}}},
		{Name: "a_failed_replay_is_recorded_once", Given: append(parked[:2:2], deadletter.Failed{ID: id(1), Replay: 1}),
			When: deadletter.Blame{ID: id(1), Replay: 1}},
		{Name: "one_in_the_middle_may_be_discarded", Given: parked, When: deadletter.Discard{ID: id(2), Operator: "ann", Why: "test"},
			Then: []deadletter.Event{deadletter.Discarded{ID: id(2), Operator: "ann", Why: "test"}}},
		{Name: "what_is_gone_is_not_discarded", When: deadletter.Discard{ID: id(1)}},
	})
}

// TestLettersWaitInTheOrderOfParking asks at random and compares with a list.
func TestLettersWaitInTheOrderOfParking(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s deadletter.State
		var want []uuid.UUID
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			n := byte(rapid.IntRange(1, 5).Draw(t, "letter"))
			c := rapid.SampledFrom([]deadletter.Command{
				deadletter.Park{Letter: letter(n, deadletter.Refused, "no")},
				deadletter.Settle{ID: id(n)}, deadletter.Discard{ID: id(n)}, deadletter.Blame{ID: id(n), Replay: int(n)},
			}).Draw(t, "command")
			events, _ := deadletter.Decide(s, c) // a refusal leaves everything as it is
			s = letters.Fold(s, events...)
			for _, e := range events {
				want = after(want, e)
			}
			check(t, s, want)
		}
	})
}

// after is Evolve in the words of a list of ids.
func after(list []uuid.UUID, e deadletter.Event) []uuid.UUID {
	var gone uuid.UUID
	switch e := e.(type) {
	case deadletter.Parked:
		return append(list, e.Letter.ID)
	case deadletter.Handled:
		gone = e.ID
	case deadletter.Discarded:
		gone = e.ID
	}
	var rest []uuid.UUID
	for _, id := range list {
		if id != gone {
			rest = append(rest, id)
		}
	}
	return rest
}

func check(t *rapid.T, s deadletter.State, want []uuid.UUID) {
	var got []uuid.UUID
	for _, p := range s.Waiting {
		got = append(got, p.ID)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("letters that wait (-want +got):\n%s", diff)
	}
}

func TestCodecKeepsEvents(t *testing.T) {
	t.Parallel()
	for _, e := range []deadletter.Event{
		deadletter.Parked{Letter: letter(1, deadletter.Exhausted, "no luck")},
		deadletter.Handled{ID: id(1), Operator: "ann"},
		deadletter.Failed{ID: id(1), Replay: 3, Operator: "ann", Error: "no luck"},
		deadletter.Discarded{ID: id(1), Operator: "ann", Why: "test"},
	} {
		kind, schema, body, err := deadletter.Codec{}.Encode(e)
		if err != nil {
			t.Fatalf("Encode(%+v) = %v; want nil", e, err)
		}
		got, err := deadletter.Codec{}.Decode(eventlog.Record{Type: kind, Schema: schema, Body: body})
		if err != nil {
			t.Fatalf("Decode(%s) = %v; want nil", body, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%T after Encode and Decode (-want +got):\n%s", e, diff)
		}
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, r := range []eventlog.Record{
		{Type: "deadletter.Eaten", Body: []byte("{}")},
		{Type: "deadletter.Parked", Body: []byte("{")},
		{Type: "deadletter.Handled", Body: []byte("")},
	} {
		if e, err := (deadletter.Codec{}).Decode(r); err == nil {
			t.Errorf("Decode(%s %q) = %+v; want an error", r.Type, r.Body, e)
		}
	}
}

func TestCauseTellsFailuresApartAndNotMessages(t *testing.T) {
	t.Parallel()
	one := letter(1, deadletter.Refused, "order 0b7d2c3e-1111-4111-8111-0123456789ab has 3 lines")
	same := letter(2, deadletter.Refused, "order 5c7d2c3e-2222-4222-8222-0123456789ab has 14 lines")
	if one.Cause() != same.Cause() {
		t.Errorf("causes %s and %s differ; want one for errors that differ in numbers only", one.Cause(), same.Cause())
	}
	for _, other := range []deadletter.Letter{
		letter(1, deadletter.Exhausted, one.Error), letter(1, deadletter.Refused, "another"),
	} {
		if one.Cause() == other.Cause() {
			t.Errorf("%q and %q have one cause; want two", one.Error, other.Error)
		}
	}
}

func TestStreamsOfDeadLettersAreTold(t *testing.T) {
	t.Parallel()
	if got, ok := deadletter.Correlation(deadletter.Stream("7")); got != "7" || !ok {
		t.Errorf("Correlation(Stream(7)) = %q, %v; want 7, true", got, ok)
	}
	if _, ok := deadletter.Correlation("order-7"); ok {
		t.Error("Correlation(order-7) = true; want false: an order is no dead letter")
	}
}
