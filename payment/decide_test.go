package payment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
	"orpheus.example/payment"
)

type (
	story  = decidertest.Story[payment.Command, payment.Event]
	events = []payment.Event
)

// deciding is the decider as the service runs it.
var deciding = decider.Decider[payment.State, payment.Command, payment.Event, payment.Call]{
	Decide: payment.Decide,
	Evolve: payment.Evolve,
	Owe: func(s payment.State) []decider.Duty[payment.Call] {
		var duties []decider.Duty[payment.Call]
		for _, d := range payment.Owe(s) {
			duties = append(duties, decider.Duty[payment.Call](d))
		}
		return duties
	},
	Wake: payment.Wake,
}

var (
	price = payment.Money{Amount: 4200, Currency: "EUR"}
	lines = []payment.Line{{SKU: "TEAPOT", Quantity: 2}}
	order = payment.OrderPlaced{Order: "o1", Transaction: "t1", Token: "tok_ok", Total: price, Lines: lines}

	opened        = payment.WasOpened(order)
	authorized    = payment.WasAuthorized{Order: "o1", Transaction: "t1", Amount: price, Lines: lines, Authorization: "auth_1"}
	declined      = payment.WasDeclined{Order: "o1", Code: "card_declined", Message: "no"}
	capturing     = payment.CaptureIntended{Order: "o1", Amount: price}
	captured      = payment.WasCaptured{Order: "o1", Amount: price, Reference: "cap_1"}
	notCaptured   = payment.WasNotCaptured{Order: "o1", Amount: price, Code: "capture_failed", Message: "no"}
	voiding       = payment.VoidIntended{Order: "o1"}
	voided        = payment.WasVoided{Order: "o1", Amount: price, Reference: "auth_1"}
	cancelled     = payment.CancellationNoted{Order: "o1"}
	closed        = payment.WasClosed{Order: "o1"}
	cancel        = payment.Cancel{Order: "o1"}
	authorize     = payment.NoteAuthorized{Authorization: "auth_1"}
	noteCaptured  = payment.NoteCaptured{Reference: "cap_1"}
	noteFailed    = payment.NoteNotCaptured{Code: "capture_failed", Message: "no"}
	beforeCapture = events{opened, authorized, capturing}
	paid          = events{opened, authorized, capturing, captured}
)

// euros returns an amount in the currency of the tests' order.
func euros(amount int64) payment.Money { return payment.Money{Amount: amount, Currency: "EUR"} }

// refunding is the intent of the refund of a whole order by its cancellation.
func refunding(amount int64) payment.RefundIntended {
	return payment.RefundIntended{
		Order: "o1", ID: "cancellation-o1", Amount: euros(amount), All: true,
		Reason: "order cancelled", Actor: "service:payment",
	}
}

// asked is the intent of a refund that a member of staff has asked for.
func asked(id string, amount int64) payment.RefundIntended {
	return payment.RefundIntended{
		Order: "o1", ID: id, Request: "req-" + id, Amount: euros(amount), Reason: "chipped", Actor: "staff:eve",
	}
}

// ask is the command that leads to asked.
func ask(id string, amount int64) payment.GiveBack {
	return payment.GiveBack{ID: id, Request: "req-" + id, Amount: euros(amount), Reason: "chipped", Actor: "staff:eve"}
}

func refunded(id string, amount, total int64) payment.WasRefunded {
	return payment.WasRefunded{Order: "o1", ID: id, Amount: euros(amount), Total: euros(total), Reference: "auth_1"}
}

func noteRefunded(id string) payment.NoteRefunded {
	return payment.NoteRefunded{ID: id, Reference: "auth_1"}
}

// after returns past and what happened since.
func after(past events, since ...payment.Event) events {
	return append(append(events{}, past...), since...)
}

func TestDecide(t *testing.T) {
	t.Parallel()
	decidertest.Run(t, deciding, []story{
		{Name: "a_placed_order_is_to_be_authorized", When: payment.Open(order), Then: events{opened}},
		{Name: "a_placed_order_heard_twice_is_opened_once", Given: events{opened}, When: payment.Open(order)},
		{Name: "the_bank_holds_the_money", Given: events{opened}, When: authorize, Then: events{authorized}},
		{
			Name: "the_bank_declines", Given: events{opened},
			When: payment.NoteDeclined{Code: "card_declined", Message: "no"}, Then: events{declined},
		},
		{Name: "an_answer_that_comes_twice_is_noted_once", Given: events{opened, authorized}, When: authorize},
		{Name: "a_booked_parcel_is_to_be_paid", Given: events{opened, authorized}, When: payment.Capture{}, Then: events{capturing}},
		{Name: "a_booked_parcel_heard_twice_is_paid_once", Given: paid, When: payment.Capture{}},
		{Name: "the_money_is_taken", Given: beforeCapture, When: noteCaptured, Then: events{captured}},
		{Name: "taken_money_is_not_taken_again", Given: paid, When: noteCaptured},
		{Name: "the_money_cannot_be_taken", Given: beforeCapture, When: noteFailed, Then: events{notCaptured}},
		{Name: "a_parcel_before_the_money_is_held", Given: events{opened}, When: payment.Capture{}, Refused: payment.ErrImpossible},
		{Name: "short_goods_before_the_money_is_held", Given: events{opened}, When: payment.Release{}, Refused: payment.ErrImpossible},
		{Name: "short_goods_let_the_money_go", Given: events{opened, authorized}, When: payment.Release{}, Then: events{voiding}},
		{Name: "the_money_is_let_go", Given: events{opened, authorized, voiding}, When: payment.NoteVoided{Reference: "auth_1"}, Then: events{voided}},
		{Name: "money_is_let_go_once", Given: events{opened, authorized, voiding, voided}, When: payment.NoteVoided{Reference: "auth_1"}},
	})
}

// A cancellation against every phase.
func TestDecideCancel(t *testing.T) {
	t.Parallel()
	decidertest.Run(t, deciding, []story{
		{Name: "before_the_order_is_a_tombstone", When: cancel, Then: events{closed}},
		{Name: "before_the_order_twice", Given: events{closed}, When: cancel},
		{Name: "an_order_after_its_cancellation_is_never_paid", Given: events{closed}, When: payment.Open(order)},
		{Name: "a_parcel_of_a_closed_payment", Given: events{closed}, When: payment.Capture{}, Refused: payment.ErrImpossible},
		{Name: "while_authorizing_is_remembered", Given: events{opened}, When: cancel, Then: events{cancelled}},
		{Name: "while_authorizing_twice_is_remembered_once", Given: events{opened, cancelled}, When: cancel},
		{Name: "remembered_lets_late_money_go", Given: events{opened, cancelled}, When: authorize, Then: events{authorized, voiding}},
		{
			Name: "remembered_and_declined_is_declined", Given: events{opened, cancelled},
			When: payment.NoteDeclined{Code: "card_declined", Message: "no"}, Then: events{declined},
		},
		{Name: "of_a_declined_payment_does_nothing", Given: events{opened, declined}, When: cancel},
		{Name: "lets_held_money_go", Given: events{opened, authorized}, When: cancel, Then: events{voiding}},
		{Name: "while_voiding_does_nothing", Given: events{opened, authorized, voiding}, When: cancel},
		{Name: "after_voided_does_nothing", Given: events{opened, authorized, voiding, voided}, When: cancel},
		{Name: "after_short_goods_does_nothing_more", Given: events{opened, authorized, voiding}, When: payment.Release{}},
		{Name: "beats_a_booked_parcel", Given: events{opened, authorized, voiding}, When: payment.Capture{}},
		{Name: "while_capturing_is_remembered", Given: beforeCapture, When: cancel, Then: events{cancelled}},
		{Name: "remembered_gives_captured_money_back", Given: after(beforeCapture, cancelled), When: noteCaptured, Then: events{captured, refunding(4200)}},
		{Name: "remembered_lets_uncaptured_money_go", Given: after(beforeCapture, cancelled), When: noteFailed, Then: events{notCaptured, voiding}},
		{Name: "after_a_failed_capture_lets_the_money_go", Given: after(beforeCapture, notCaptured), When: cancel, Then: events{voiding}},
		{Name: "short_goods_after_a_failed_capture_let_the_money_go", Given: after(beforeCapture, notCaptured), When: payment.Release{}, Then: events{voiding}},
		{Name: "gives_taken_money_back", Given: paid, When: cancel, Then: events{refunding(4200)}},
		{Name: "gives_taken_money_back_once", Given: after(paid, refunding(4200)), When: cancel},
		{Name: "after_the_refund_does_nothing", Given: after(paid, refunding(4200), refunded("cancellation-o1", 4200, 4200)), When: cancel},
		{Name: "short_goods_after_the_money_is_taken", Given: paid, When: payment.Release{}, Refused: payment.ErrImpossible},
	})
}

func TestDecideRefund(t *testing.T) {
	t.Parallel()
	part, rest := asked("r1", 1200), asked("r2", 3000)
	decidertest.Run(t, deciding, []story{
		{Name: "part_is_given_back", Given: paid, When: ask("r1", 1200), Then: events{part}},
		{
			Name: "no_amount_means_all_that_is_left", Given: after(paid, part),
			When: payment.GiveBack{ID: "r2", Request: "req-r2", Reason: "chipped", Actor: "staff:eve"},
			Then: events{payment.RefundIntended{
				Order: "o1", ID: "r2", Request: "req-r2", Amount: euros(3000), All: true, Reason: "chipped", Actor: "staff:eve",
			}},
		},
		{Name: "several_parts_may_wait", Given: after(paid, part), When: ask("r2", 3000), Then: events{rest}},
		{Name: "the_same_request_is_one_refund", Given: after(paid, part), When: ask("r1", 1200)},
		{Name: "the_same_request_after_all_is_done", Given: after(paid, part, refunded("r1", 1200, 1200)), When: ask("r1", 1200)},
		{Name: "another_request_by_the_same_id", Given: after(paid, part), When: ask("r1", 1300), Refused: payment.ErrReused},
		{Name: "all_by_the_id_of_a_part", Given: after(paid, part), When: payment.GiveBack{ID: "r1", Reason: "chipped"}, Refused: payment.ErrReused},
		{Name: "more_than_taken", Given: paid, When: ask("r1", 4201), Refused: payment.ErrTooMuch},
		{Name: "more_than_left_beside_what_waits", Given: after(paid, part), When: ask("r2", 3001), Refused: payment.ErrTooMuch},
		{Name: "nothing_left", Given: after(paid, part, rest), When: ask("r3", 1), Refused: payment.ErrNothingLeft},
		{Name: "less_than_something", Given: paid, When: ask("r1", -1), Refused: payment.ErrBadAmount},
		{
			Name: "other_currency", Given: paid, When: payment.GiveBack{ID: "r1", Amount: payment.Money{Amount: 1, Currency: "USD"}},
			Refused: payment.ErrOtherCurrency,
		},
		{Name: "before_the_money_is_taken", Given: beforeCapture, When: ask("r1", 1), Refused: payment.ErrNotCaptured},
		{Name: "of_an_unknown_payment", When: ask("r1", 1), Refused: payment.ErrUnknown},
		{Name: "of_a_closed_payment", Given: events{closed}, When: ask("r1", 1), Refused: payment.ErrNotCaptured},
		{Name: "a_part_is_back", Given: after(paid, part), When: noteRefunded("r1"), Then: events{refunded("r1", 1200, 1200)}},
		{Name: "the_rest_is_back", Given: after(paid, part, rest, refunded("r1", 1200, 1200)), When: noteRefunded("r2"), Then: events{refunded("r2", 3000, 4200)}},
		{Name: "a_part_is_back_once", Given: after(paid, part, refunded("r1", 1200, 1200)), When: noteRefunded("r1")},
		{Name: "nobody_asked_for_it", Given: paid, When: noteRefunded("r9")},
	})
}

// Refunds of staff, refunds that fail, and a cancellation between them.
func TestDecideRefundAndCancel(t *testing.T) {
	t.Parallel()
	part, rest := asked("r1", 1200), asked("r2", 3000)
	failed := payment.RefundFailed{Order: "o1", ID: "r1", Code: "no", Message: "never"}
	note := payment.NoteNotRefunded{ID: "r1", Code: "no", Message: "never"}
	decidertest.Run(t, deciding, []story{
		{Name: "a_refund_fails_for_good", Given: after(paid, part), When: note, Then: events{failed}},
		{Name: "a_refund_fails_once", Given: after(paid, part, failed), When: note},
		{Name: "what_failed_is_left_again", Given: after(paid, part, failed), When: ask("r2", 4200), Then: events{asked("r2", 4200)}},
		{Name: "a_cancellation_gives_back_what_is_left", Given: after(paid, part, refunded("r1", 1200, 1200)), When: cancel, Then: events{refunding(3000)}},
		{Name: "a_cancellation_spares_what_waits", Given: after(paid, part), When: cancel, Then: events{refunding(3000)}},
		{Name: "a_cancellation_while_all_of_it_waits", Given: after(paid, part, rest), When: cancel, Then: events{cancelled}},
		{
			Name: "what_fails_of_a_cancelled_order_is_tried_once_more", Given: after(paid, part, rest, cancelled),
			When: note, Then: events{failed, refunding(1200)},
		},
		{
			Name: "a_cancellations_own_refund_is_not_tried_again", Given: after(paid, refunding(4200)),
			When: payment.NoteNotRefunded{ID: "cancellation-o1", Code: "no", Message: "never"},
			Then: events{payment.RefundFailed{Order: "o1", ID: "cancellation-o1", Code: "no", Message: "never"}},
		},
		{Name: "a_cancellation_after_all_was_given_back", Given: after(paid, asked("r1", 4200), refunded("r1", 4200, 4200)), When: cancel},
	})
}

func TestPhase(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		given events
		want  payment.Phase
	}{
		{"a_pending_part", after(paid, asked("r1", 1200)), payment.Refunding},
		{"a_part_that_is_back", after(paid, asked("r1", 1200), refunded("r1", 1200, 1200)), payment.Captured},
		{"all_is_back", after(paid, asked("r1", 4200), refunded("r1", 4200, 4200)), payment.Refunded},
		{"a_failed_refund", after(paid, refunding(4200), payment.RefundFailed{ID: "cancellation-o1"}), payment.Captured},
		{"one_back_one_pending", after(paid, asked("r1", 1200), asked("r2", 1), refunded("r1", 1200, 1200)), payment.Refunding},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := deciding.Fold(payment.State{}, c.given...).Phase; got != c.want {
				t.Errorf("phase after %+v = %v; want %v", c.given, got, c.want)
			}
		})
	}
}

func TestReact(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		heard payment.Heard
		want  payment.Command
	}{
		{"an_order_is_paid_for", order, payment.Open(order)},
		{"a_booked_parcel_is_captured", payment.ShipmentBooked{Order: "o1"}, payment.Capture{}},
		{"short_goods_are_not_paid", payment.StockUnavailable{Order: "o1"}, payment.Release{}},
		{"a_cancelled_order_gets_its_money_back", payment.OrderCancelled{Order: "o1"}, cancel},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []payment.Reaction{{To: "payment-o1", Do: c.want}}
			if diff := cmp.Diff(want, payment.React(c.heard)); diff != "" {
				t.Errorf("React(%+v): (-want +got)\n%s", c.heard, diff)
			}
		})
	}
}

func TestOwe(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		given events
		want  []payment.Duty
	}{
		{"nothing_before_the_order", nil, nil},
		{
			"the_authorization", events{opened, cancelled},
			[]payment.Duty{{Key: "authorize", Do: payment.CallAuthorize{Key: "o1/authorize", Order: "o1", Transaction: "t1", Token: "tok_ok", Amount: price}}},
		},
		{"nothing_while_money_is_held", events{opened, authorized}, nil},
		{
			"the_capture", beforeCapture,
			[]payment.Duty{{Key: "capture", Do: payment.CallCapture{Key: "o1/capture", Authorization: "auth_1", Amount: price}}},
		},
		{
			"the_void", events{opened, authorized, voiding},
			[]payment.Duty{{Key: "void", Do: payment.CallVoid{Key: "o1/void", Authorization: "auth_1"}}},
		},
		{
			"each_refund_that_waits", after(paid, asked("r1", 1200), refunding(3000), refunded("r1", 1200, 1200)),
			[]payment.Duty{{Key: "refund-cancellation-o1", Do: payment.CallRefund{
				Key: "o1/refund-cancellation-o1", ID: "cancellation-o1", Authorization: "auth_1", Amount: euros(3000),
			}}},
		},
		{"nothing_after_a_closed_order", events{closed}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := payment.Owe(deciding.Fold(payment.State{}, c.given...))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Owe(): (-want +got)\n%s", diff)
			}
		})
	}
}
