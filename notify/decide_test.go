package notify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/decidertest"
)

type (
	stories = []decidertest.Story[Command, Event]
	events  = []Event
)

var mails = decider.Decider[State, Command, Event, Call]{
	Decide: Decide, Evolve: Evolve, Wake: Wake,
	Owe: func(s State) []decider.Duty[Call] {
		var duties []decider.Duty[Call]
		for _, d := range Owe(s) {
			duties = append(duties, decider.Duty[Call](d))
		}
		return duties
	},
}

var (
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	later = noon.Add(time.Minute)

	placed    = fact("m1", Placed, 1)
	confirmed = fact("m2", Confirmed, 2)
	shipped   = fact("m3", Shipped, 3)
	refund    = Mail{ID: "r1", Order: "o1", News: Refunded, At: noon, Refund: Money{900, "EUR"}}
	refundTo  = Mail{ID: "r1", Order: "o1", News: Refunded, At: noon, Refund: Money{900, "EUR"}, Email: "ann@example.com", Name: "Ann"}

	owedPlaced    = WasOwed{placed, noon}
	owedConfirmed = WasOwed{confirmed, noon}
	owedShipped   = WasOwed{shipped, later}
	owedRefund    = WasOwed{Mail: refund}
	sentPlaced    = WasSent{"m1", Placed}
	sentConfirmed = WasSent{"m2", Confirmed}
	sentShipped   = WasSent{"m3", Shipped}
)

func fact(id string, news News, number int64) Mail {
	return Mail{
		ID: id, Order: "o1", News: news, Number: number, At: noon, Email: "ann@example.com", Name: "Ann",
		Lines: []Line{{"TEAPOT", "A teapot", 2, Money{2100, "EUR"}}}, Total: Money{4200, "EUR"},
	}
}

// brief is a mail without what an earlier one says of the order.
func brief(m Mail) Mail {
	return Mail{ID: m.ID, News: m.News, Number: m.Number, At: m.At, Reason: m.Reason, Carrier: m.Carrier, Tracking: m.Tracking}
}

func of(order string, m Mail) Mail {
	m.Order = order
	return m
}

func renamed(m Mail) Mail {
	m.Name = "Ann-Marie"
	return m
}

func TestDecide(t *testing.T) {
	t.Parallel()
	decidertest.Run(t, mails, stories{
		{Name: "first_fact_is_owed", When: Tell{placed, noon}, Then: events{owedPlaced}},
		{Name: "again_is_once", Given: events{owedPlaced}, When: Tell{placed, later}},
		{Name: "again_after_it_was_sent", Given: events{owedPlaced, sentPlaced}, When: Tell{placed, later}},
		{Name: "again_after_it_was_refused", Given: events{owedPlaced, WasRefused{"o1", "m1", "550", "no"}}, When: Tell{placed, later}},
		{Name: "out_of_order", Given: events{owedShipped}, When: Tell{placed, noon}, Then: events{WasOwed{brief(placed), noon}}},
		{Name: "late_after_the_wait", Given: events{owedShipped, WaitEnded{"o1", 3}, sentShipped}, When: Tell{placed, noon}, Then: events{WasOwed{brief(placed), noon}}},
		{Name: "what_is_known_is_not_kept_again", Given: events{owedPlaced}, When: Tell{confirmed, noon}, Then: events{WasOwed{brief(confirmed), noon}}},
		{Name: "what_is_other_is_kept", Given: events{owedPlaced}, When: Tell{renamed(confirmed), noon}, Then: events{WasOwed{of("", renamed(confirmed)), noon}}},
		{Name: "first_fact_after_a_refund", Given: events{owedRefund}, When: Tell{placed, noon}, Then: events{WasOwed{of("", placed), noon}}},
		{Name: "refund_after_a_fact", Given: events{owedPlaced}, When: Tell{Mail: refund}, Then: events{WasOwed{Mail: of("", refund)}}},
		{Name: "refund_before_the_order", When: Tell{Mail: refund}, Then: events{owedRefund}},
		{Name: "refund_twice", Given: events{owedPlaced, owedRefund}, When: Tell{Mail: refund}},

		{Name: "wait_ends", Given: events{owedConfirmed}, When: EndWait{noon}, Then: events{WaitEnded{"o1", 2}}},
		{Name: "wait_not_over", Given: events{owedConfirmed}, When: EndWait{noon.Add(-1)}},
		{Name: "wait_twice", Given: events{owedConfirmed, WaitEnded{"o1", 2}}, When: EndWait{noon}},
		{Name: "nothing_is_missing", Given: events{owedPlaced, owedConfirmed}, When: EndWait{later}},
		{Name: "wait_ends_for_those_that_waited", Given: events{owedConfirmed, WasOwed{fact("m4", Delivered, 4), later}}, When: EndWait{noon}, Then: events{WaitEnded{"o1", 2}}},
		{Name: "wait_ends_for_all", Given: events{owedConfirmed, WasOwed{fact("m4", Delivered, 4), later}}, When: EndWait{later}, Then: events{WaitEnded{"o1", 4}}},
		{Name: "nobody_waits", When: EndWait{later}},
		{Name: "refund_waits_for_no_fact", Given: events{owedRefund}, When: EndWait{later}},

		{Name: "sent", Given: events{owedPlaced}, When: NoteSent{"m1"}, Then: events{sentPlaced}},
		{Name: "sent_twice", Given: events{owedPlaced, sentPlaced}, When: NoteSent{"m1"}},
		{Name: "sent_after_it_was_refused", Given: events{owedPlaced, WasRefused{"o1", "m1", "550", "no"}}, When: NoteSent{"m1"}},
		{Name: "sent_though_never_owed", When: NoteSent{"m1"}},
		{Name: "refund_sent", Given: events{owedPlaced, sentPlaced, owedRefund}, When: NoteSent{"r1"}, Then: events{WasSent{"r1", Refunded}}},
		{Name: "refused", Given: events{owedPlaced}, When: NoteRefused{"m1", "550", "no"}, Then: events{WasRefused{"o1", "m1", "550", "no"}}},
		{Name: "refused_after_it_was_sent", Given: events{owedPlaced, sentPlaced}, When: NoteRefused{"m1", "550", "no"}},
	})
}

// TestOwe tells which mail goes next.
func TestOwe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given events
		want  Mail
		first string
	}{
		"nothing_heard":                     {},
		"first_fact":                        {given: events{owedPlaced}, want: placed},
		"in_the_order_of_facts":             {given: events{owedConfirmed, owedPlaced}, want: placed},
		"next_after_the_first":              {given: events{owedConfirmed, owedPlaced, sentPlaced}, want: confirmed, first: "m1"},
		"gap_is_waited_for":                 {given: events{owedPlaced, sentPlaced, owedShipped}},
		"gap_is_filled":                     {given: events{owedPlaced, sentPlaced, owedShipped, owedConfirmed}, want: confirmed, first: "m1"},
		"wait_has_ended":                    {given: events{owedPlaced, sentPlaced, owedShipped, WaitEnded{"o1", 3}}, want: shipped, first: "m1"},
		"late_one_goes_late":                {given: events{owedShipped, WaitEnded{"o1", 3}, sentShipped, owedPlaced}, want: placed, first: "m3"},
		"late_one_still_goes_first":         {given: events{owedShipped, WaitEnded{"o1", 3}, owedPlaced}, want: placed},
		"refused_holds_up_nobody":           {given: events{owedPlaced, owedConfirmed, WasRefused{"o1", "m1", "550", "no"}}, want: confirmed},
		"refund_has_no_address":             {given: events{owedRefund}},
		"refund_waits_for_the_first_fact":   {given: events{owedRefund, owedPlaced}, want: placed},
		"refund_goes_after_the_first_fact":  {given: events{owedRefund, owedPlaced, sentPlaced}, want: refundTo, first: "m1"},
		"refund_goes_after_what_is_owed":    {given: events{owedPlaced, owedRefund}, want: placed},
		"refund_waits_with_those_before_it": {given: events{owedPlaced, sentPlaced, owedShipped, owedRefund}},
		"refund_is_not_overtaken":           {given: events{owedPlaced, sentPlaced, owedRefund, owedConfirmed}, want: refundTo, first: "m1"},
		"refund_after_late_facts":           {given: events{owedPlaced, sentPlaced, owedShipped, owedRefund, owedConfirmed, sentConfirmed}, want: shipped, first: "m1"},
		"kept_briefly_and_told_in_full":     {given: events{owedPlaced, sentPlaced, WasOwed{brief(confirmed), noon}}, want: confirmed, first: "m1"},
		"brief_one_that_goes_first":         {given: events{owedConfirmed, WasOwed{brief(placed), noon}}, want: placed},
		"other_words_are_kept":              {given: events{owedPlaced, sentPlaced, WasOwed{renamed(confirmed), noon}}, want: renamed(confirmed), first: "m1"},
		"all_is_told":                       {given: events{owedPlaced, sentPlaced}},
		"all_is_told_or_refused_for_good":   {given: events{owedPlaced, WasRefused{"o1", "m1", "550", "no"}}},
		"first_one_that_went_is_the_thread": {given: events{owedPlaced, WasRefused{"o1", "m1", "550", "no"}, owedConfirmed, sentConfirmed, owedShipped}, want: shipped, first: "m2"},
		"another_gap_is_waited_for":         {given: events{owedConfirmed, WaitEnded{"o1", 2}, sentConfirmed, WasOwed{fact("m4", Delivered, 4), later}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []Duty
			if test.want.ID != "" {
				want = []Duty{{"mail-" + test.want.ID, Call{test.want, test.first}}}
			}
			if diff := cmp.Diff(want, Owe(mails.Fold(State{}, test.given...))); diff != "" {
				t.Errorf("Owe(): (-want +got)\n%s", diff)
			}
		})
	}
}

func TestWake(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given events
		want  time.Time // zero for never
	}{
		"nothing_heard":         {},
		"nothing_is_missing":    {given: events{owedPlaced, owedConfirmed}},
		"first_is_missing":      {given: events{owedConfirmed}, want: noon},
		"earliest_wait_counts":  {given: events{owedShipped, owedConfirmed}, want: noon},
		"next_wait":             {given: events{owedConfirmed, WaitEnded{"o1", 2}, WasOwed{fact("m4", Delivered, 4), later}}, want: later},
		"wait_has_ended":        {given: events{owedConfirmed, WaitEnded{"o1", 2}}},
		"missing_one_was_heard": {given: events{owedConfirmed, owedPlaced}},
		"refund_waits_for_none": {given: events{owedRefund}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, ask, ok := Wake(mails.Fold(State{}, test.given...))
			if ok != !test.want.IsZero() || !at.Equal(test.want) || ok && ask != (EndWait{test.want}) {
				t.Errorf("Wake() = %v, %v, %t; want %v", at, ask, ok, test.want)
			}
		})
	}
}

func TestReact(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		heard Heard
		want  Command
	}{
		"order":  {OrderSaid{placed, noon}, Tell{placed, noon}},
		"refund": {PaymentRefunded{"r1", "o1", noon, Money{900, "EUR"}}, Tell{Mail: refund}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]Reaction{{"mail-o1", test.want}}, React(test.heard)); diff != "" {
				t.Errorf("React(%+v): (-want +got)\n%s", test.heard, diff)
			}
		})
	}
}
