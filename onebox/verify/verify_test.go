package verify

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

func TestBooksInOrderAreClean(t *testing.T) {
	t.Parallel()
	r := compare(at(), inOrder(t))
	if err := r.Err(); err != nil || !r.Clean() {
		t.Errorf("compare(books in order): %v", err)
	}
	if r.Orders != 3 || r.Delivered != 1 || r.Cancelled != 1 || r.Open != 1 {
		t.Errorf("compare counts %s; want one of each", r.summary())
	}
	for _, c := range r.Checks {
		if c.Count == 0 {
			t.Errorf("check %s held nothing to its law", c.Name)
		}
	}
}

// A fault is one thing that is wrong in books that were in order.
type fault struct {
	check string // that must find it
	id    string // whom it must name
	plant func(b *books)
}

// faults hold every check to what it is for: one that finds nothing here would
// find nothing anywhere.
var faults = map[string]fault{
	"an_order_waits_for_nothing": {"ended", ongoing, func(b *books) { b.known[ongoing].progress.Awaited = nil }},
	"a_step_is_overdue": {"ended", ongoing, func(b *books) {
		b.known[ongoing].progress.Awaited[0].Deadline = timestamppb.New(noon.Add(-time.Hour))
	}},
	"two_ends": {"one end", happy, func(b *books) { b.known[happy].events[6].Type = "order.v1.OrderCancelled" }},
	"a_gap_in_the_trail": {"trail", happy, func(b *books) {
		b.known[happy].events = slices.Delete(b.known[happy].events, 1, 2)
	}},
	"an_event_in_two_trails": {"trail", ongoing, func(b *books) {
		b.known[ongoing].events[0].EventId = b.known[happy].events[0].GetEventId()
	}},
	"a_gap_among_the_facts": {"trail", happy, func(b *books) {
		b.known[happy].events[2].Body = b.known[happy].events[5].GetBody()
	}},
	"a_fact_heard_twice": {"heard once", happy, func(b *books) {
		b.known[happy].events[3].Body = b.known[happy].events[1].GetBody()
	}},
	"a_state_beside_the_trail": {"state", happy, func(b *books) {
		b.known[happy].order.State = orderv1.OrderState_ORDER_STATE_SHIPPED
	}},
	"a_list_that_stays_behind": {"list", happy, func(b *books) { b.known[happy].listed.Version-- }},
	"a_sum_that_is_off":        {"statistics", "delivered EUR", func(b *books) { b.stats[0].Count++ }},
	"a_state_uncounted":        {"statistics", "cancelled EUR", func(b *books) { b.stats = slices.Delete(b.stats, 1, 2) }},
	"a_total_that_is_off":      {"total", happy, func(b *books) { b.known[happy].order.Details.Total = eur(43) }},
	"delivered_unpaid":         {"money", happy, func(b *books) { b.known[happy].payment.Captured = nil }},
	"cancelled_and_kept": {"money", undone, func(b *books) {
		b.known[undone].payment.Refunded = eur(40)
		b.known[undone].payment.Refunds[0].Amount = eur(40)
	}},
	"refunds_that_do_not_add_up": {"money", undone, func(b *books) { b.known[undone].payment.Refunds[0].Amount = eur(41) }},
	"more_captured_than_owed":    {"money", ongoing, func(b *books) { b.known[ongoing].payment.Captured = eur(43) }},
	"goods_before_money":         {"money first", happy, func(b *books) { b.known[happy].payment = nil }},
	"a_capture_nobody_knows_of": {"provider", undone, func(b *books) {
		w := b.world.money
		w[undone] = append(w[undone], w[undone][1])
	}},
	"money_still_held": {"provider", undone, func(b *books) { b.world.money[undone] = b.world.money[undone][:1] }},
	"a_ledger_off_balance": {"provider", happy, func(b *books) {
		b.world.money[happy][0].Postings = []provider.Posting{{Account: provider.Held, Amount: 1}}
	}},
	"money_of_a_stranger": {"provider", "stranger", func(b *books) { b.world.money["stranger"] = b.world.money[happy] }},
	"oversold":            {"stock", "TEAPOT", func(b *books) { b.items[0].Reserved, b.items[0].Available = 9, -1 }},
	"reserved_for_nobody": {"stock", "TEAPOT", func(b *books) { b.items[0].Reserved, b.items[0].Available = 3, 5 }},
	"a_piece_gone":        {"stock", "TEAPOT", func(b *books) { b.items[0].OnHand, b.items[0].Available = 5, 5 }},
	"stock_held_after_the_end": {"stock", undone, func(b *books) {
		b.known[undone].progress.Stock = &orderv1.StockProgress{Held: true}
	}},
	"delivered_without_a_parcel": {"parcels", happy, func(b *books) { b.known[happy].shipment = nil }},
	"cancelled_and_delivered": {"parcels", undone, func(b *books) {
		b.known[undone].shipment.State = shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED
	}},
	"a_live_label": {"carriers", undone, func(b *books) { b.world.labels[undone][0].cancelled = 0 }},
	"two_parcels": {"carriers", happy, func(b *books) {
		b.world.labels[happy] = append(b.world.labels[happy], label{id: "l3", booked: 1, handedOver: 1})
	}},
	"a_label_of_a_stranger": {"carriers", "stranger", func(b *books) { b.world.labels["stranger"] = []label{{booked: 1}} }},
	"a_fact_untold":         {"mails", happy, func(b *books) { b.known[happy].mails = b.known[happy].mails[1:] }},
	"a_mail_about_nothing": {"mails", happy, func(b *books) {
		d := b.known[happy]
		d.mails = append(d.mails, &notifyv1.Message{MessageId: "x", State: notifyv1.MessageState_MESSAGE_STATE_REFUSED, To: "ann@example.com"})
	}},
	"a_mail_to_somebody_else": {"mails", happy, func(b *books) { b.known[happy].mails[0].To = "eve@example.com" }},
	"a_mail_that_never_came":  {"mailbox", happy, func(b *books) { b.world.mails[happy] = b.world.mails[happy][1:] }},
	"a_mail_that_came_twice":  {"mailbox", happy, func(b *books) { b.world.mails[happy][0].Copies = 2 }},
	"a_mail_nobody_sent": {"mailbox", happy, func(b *books) {
		b.world.mails[happy] = append(b.world.mails[happy], mailbox.Message{MessageID: "x@y", Copies: 1})
	}},
}

func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := inOrder(t)
			f.plant(b)
			r := compare(at(), b)
			if r.Clean() || !errors.Is(r.Err(), ErrViolated) {
				t.Fatalf("compare(%s) is clean", name)
			}
			if !found(r, f.check, f.id) {
				t.Errorf("compare(%s) found %v; want check %q to name %s", name, r.Err(), f.check, f.id)
			}
		})
	}
}

func found(r Report, check, id string) bool {
	for _, c := range r.Checks {
		if c.Name == check {
			return slices.ContainsFunc(c.Violations, func(v Violation) bool { return v.ID == id })
		}
	}
	return false
}

// TestEveryCheckHasAFault keeps the table above whole.
func TestEveryCheckHasAFault(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, f := range faults {
		tried[f.check] = true
	}
	for _, c := range checks {
		if !tried[c.name] {
			t.Errorf("no fault is planted for check %q", c.name)
		}
	}
}

// TestOrdersUnderWayAreNotHeldToTheEnd sees that what may still come right is not
// called wrong.
func TestOrdersUnderWayAreNotHeldToTheEnd(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *books){
		"a_refund_under_way": func(b *books) {
			p := b.known[undone].payment
			p.State, p.Refunded = paymentv1.PaymentState_PAYMENT_STATE_REFUNDING, nil
			p.Refunds[0].State = paymentv1.RefundState_REFUND_STATE_PENDING
			b.known[undone].progress.Awaited = []*orderv1.AwaitedStep{{Fact: refundMail, FromService: "payment"}}
		},
		"a_mail_still_owed": func(b *books) {
			b.known[happy].mails[5-1].State = notifyv1.MessageState_MESSAGE_STATE_OWED
			b.known[happy].order.UpdateTime = timestamppb.New(noon)
			b.known[happy].listed.UpdateTime = timestamppb.New(noon)
		},
		// To read many orders takes minutes, and the comparison comes after it: what
		// was fresh when it was read is no older for that.
		"a_mail_owed_when_read_long_ago": func(b *books) {
			d := b.known[happy]
			d.at = noon.Add(-10 * time.Minute)
			d.order.UpdateTime = timestamppb.New(d.at.Add(-time.Second))
			d.listed.UpdateTime = d.order.GetUpdateTime()
			d.mails = d.mails[:len(d.mails)-1]
			d.mails[0].State = notifyv1.MessageState_MESSAGE_STATE_OWED
		},
		"a_step_that_came_due_after_it_was_read": func(b *books) {
			d := b.known[ongoing]
			d.at = noon.Add(-10 * time.Minute)
			d.progress.Awaited[0].Deadline = timestamppb.New(d.at.Add(time.Second))
		},
		"an_order_that_moved": func(b *books) {
			b.moved, b.known[happy].moved = true, true
			b.known[happy].listed.Version += 2
			b.stats[0].Count += 2
		},
		"a_reservation_not_heard_of_yet": func(b *books) { b.items[0].Reserved, b.items[0].Available = 2, 6 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := inOrder(t)
			change(b)
			if r := compare(at(), b); !r.Clean() || r.Open < 1 {
				t.Errorf("compare(%s): %s %v; want nothing wrong", name, r.summary(), r.Err())
			}
		})
	}
}

// TestCopiesAreCounted sees that a known crash is forgiven, and no more than it.
func TestCopiesAreCounted(t *testing.T) {
	t.Parallel()
	c, b := at(), inOrder(t)
	c.Copies = 2
	b.world.mails[happy][0].Copies = 2
	if r := compare(c, b); !r.Clean() {
		t.Errorf("two copies of two that may be: %v", r.Err())
	}
	b.world.mails[happy][0].Copies = 3
	if r := compare(c, b); r.Clean() {
		t.Error("three copies of two that may be pass")
	}
}

func TestReportIsATable(t *testing.T) {
	t.Parallel()
	b := inOrder(t)
	b.known[undone].payment.Refunds[0].Amount = eur(41)
	b.world = nil
	var text strings.Builder
	if err := compare(at(), b).Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CHECK        COUNT  RESULT   LAW\n",
		"money        3      1 WRONG  delivered is paid in full; cancelled keeps none\n",
		"WRONG  money  " + undone + ": has refunds of 4100 minor units and says 4200\n",
		"3 orders: 1 delivered, 1 cancelled, 1 under way. The books of provider",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, text.String())
		}
	}
}
