package notifyd_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/mailbox"
)

const (
	waiting = notifyv1.MessageState_MESSAGE_STATE_WAITING
	owed    = notifyv1.MessageState_MESSAGE_STATE_OWED
	sent    = notifyv1.MessageState_MESSAGE_STATE_SENT
	refused = notifyv1.MessageState_MESSAGE_STATE_REFUSED
)

// life returns the facts that the order of a customer may say, in order; no real
// order says them all.
func life(order, email string) []proto.Message {
	d := details(email)
	return []proto.Message{
		&orderv1.OrderPlaced{OrderId: order, Sequence: 1, Order: d},
		&orderv1.OrderConfirmed{OrderId: order, Sequence: 2, Order: d},
		&orderv1.OrderCancellationRequested{OrderId: order, Sequence: 3, Order: d, Reason: orderv1.CancelReason_CANCEL_REASON_CUSTOMER},
		&orderv1.OrderCancellationRefused{OrderId: order, Sequence: 4, Order: d},
		&orderv1.OrderDispatched{OrderId: order, Sequence: 5, Order: d, Carrier: "swift"},
		&orderv1.OrderShipped{OrderId: order, Sequence: 6, Order: d, Carrier: "swift", TrackingNumber: "SW1"},
		&orderv1.OrderDelivered{OrderId: order, Sequence: 7, Order: d},
		&orderv1.OrderCancelled{OrderId: order, Sequence: 8, Order: d, Reason: orderv1.CancelReason_CANCEL_REASON_EXPIRED},
	}
}

// TestEveryFactIsOneMail: the facts are heard in the worst order, each twice, by
// one of three replicas; the mails leave in the right one, each once.
func TestEveryFactIsOneMail(t *testing.T) {
	t.Parallel()
	s := open(t, 3)
	order := uuid.NewString()
	facts := life(order, "ann@example.com")
	ids := make([]string, len(facts))
	for i := len(facts) - 1; i >= 0; i-- {
		s.send(t)
		s.checkTaken(t, order)
		ids[i] = s.hear(t, order, facts[i])
	}
	s.send(t)
	s.checkTaken(t, order, ids...)
	for i, m := range s.taken(order) {
		if len(m.To) != 1 || m.To[0] != "ann@example.com" {
			t.Errorf("mail %d goes to %v; want ann@example.com alone", i, m.To)
		}
		if refers := "References: <" + ids[0] + "@orpheus.example>"; strings.Contains(m.Raw, refers) != (i > 0) {
			t.Errorf("mail %d: want all but the first to refer to the first\n%s", i, m.Raw)
		}
	}
	last := s.checkState(t, ids[7], sent)
	if last.GetSequence() != 8 || last.GetFact() != "order.v1.OrderCancelled" || last.GetTo() != "ann@example.com" || last.GetSendTime() == nil {
		t.Errorf("last mail is shown as %v; want the cancellation, sent", last)
	}
	if text := s.taken(order)[7].Text; strings.TrimSpace(text) != strings.TrimSpace(last.GetText()) || !strings.Contains(text, "not paid for in time") {
		t.Errorf("text that went:\n%s\ntext that is shown:\n%s", text, last.GetText())
	}
}

func TestGapIsWaitedForAndNotForEver(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	order := uuid.NewString()
	facts := life(order, "ann@example.com")
	first, third := s.hear(t, order, facts[0]), s.hear(t, order, facts[2])
	s.send(t)
	s.checkTaken(t, order, first)
	s.checkState(t, third, waiting)
	s.step(t, 0, "notify.alarm")
	s.send(t)
	s.checkTaken(t, order, first)

	s.clock.pass(gapWait)
	s.step(t, 0, "notify.alarm")
	s.step(t, 0, "notify.view")
	s.checkState(t, third, owed)
	s.send(t)
	s.checkTaken(t, order, first, third)
	second := s.hear(t, order, facts[1]) // late, and told all the same
	s.send(t)
	s.checkTaken(t, order, first, third, second)
	s.checkState(t, second, sent)
}

func TestRefundNeedsAnAddress(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	order := uuid.NewString()
	refund := s.hear(t, order, &paymentv1.PaymentRefunded{OrderId: order, RefundId: "r1", Amount: eur(9)})
	s.send(t)
	s.checkTaken(t, order)
	if m := s.checkState(t, refund, owed); m.GetTo() != "" || m.GetSequence() != 0 {
		t.Errorf("refund is shown as %v; want it without an address", m)
	}
	placed := s.hear(t, order, life(order, "ann@example.com")[0])
	s.send(t)
	s.checkTaken(t, order, placed, refund)
	m := s.checkState(t, refund, sent)
	if m.GetTo() != "ann@example.com" || !strings.Contains(m.GetText(), "Hello Ann") || !strings.Contains(m.GetText(), "9.00 EUR") {
		t.Errorf("refund is shown as %v; want it to Ann, with the amount", m)
	}
}

// TestLostAnswerIsNoSecondMail: the mail server takes the mail and breaks off. It
// gets the same message again, to the byte.
func TestLostAnswerIsNoSecondMail(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	order := uuid.NewString()
	facts := life(order, "lostanswer@example.com")
	s.hear(t, order, facts[0])
	s.hear(t, order, facts[1])
	for range 10 {
		s.send(t)
	}
	taken := s.taken(order)
	if len(taken) != 2 {
		t.Fatalf("the mail server has %d messages; want 2", len(taken))
	}
	for i, m := range taken {
		if m.Copies != 2 || m.Differing != 0 {
			t.Errorf("message %d came %d times, %d of them another; want twice the same\n%s", i, m.Copies, m.Differing, m.Raw)
		}
	}
}

func TestRefusedMailHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	order, other := uuid.NewString(), uuid.NewString()
	first := s.hear(t, order, life(order, "reject@example.com")[0])
	second := s.hear(t, order, life(order, "reject@example.com")[1])
	s.send(t)
	s.checkTaken(t, order)
	s.checkState(t, first, refused)
	if m := s.checkState(t, second, refused); m.GetSendTime() != nil {
		t.Errorf("refused mail was sent at %v; want never", m.GetSendTime())
	}
	s.checkTaken(t, other)
	id := s.hear(t, other, life(other, "ann@example.com")[0])
	s.send(t)
	s.checkTaken(t, other, id)
}

// TestMailServerComesBack: greylisting, and a mail server that is down for longer
// than the breaker has patience, only delay mails.
func TestMailServerComesBack(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	grey := uuid.NewString()
	greyed := s.hear(t, grey, life(grey, "greylist@example.com")[0])
	s.step(t, 0, "notify.duty")
	s.step(t, 0, "notify.view")
	s.checkState(t, greyed, owed)

	if err := s.world.Faults.Set(map[string]faults.Mode{mailbox.Switch: {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	order := uuid.NewString()
	id := s.hear(t, order, life(order, "ann@example.com")[0])
	for range 5 {
		s.send(t)
	}
	s.checkTaken(t, order)
	s.checkState(t, id, owed)
	if err := s.world.Faults.Set(map[string]faults.Mode{mailbox.Switch: {Kind: faults.OK}}); err != nil {
		t.Fatal(err)
	}
	s.untilTaken(t, order, grey)
	s.checkTaken(t, order, id)
	s.checkTaken(t, grey, greyed)
}

// untilTaken goes on sending until the mail server has a mail about each order.
// The breaker has a clock of its own, which no test can move.
func (s *stage) untilTaken(t *testing.T, orders ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	missing := func(order string) bool { return len(s.taken(order)) == 0 }
	for slices.ContainsFunc(orders, missing) {
		select {
		case <-again.C:
			s.clock.pass(time.Minute)
			s.send(t)
		case <-ctx.Done():
			t.Fatalf("no mail about some of %v", orders)
		}
	}
}

func TestWhatNobodyCanBeToldIsSetAside(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	for _, email := range []string{"", "ann", "a@b.c, d@e.f", "Ann <a@b.c>", "a@b.c\r\nBcc: x@y.z"} {
		order := uuid.NewString()
		s.hear(t, order, life(order, email)[0])
		state, err := s.letters.Waiting(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Waiting) != 1 {
			t.Errorf("to %q: %d facts are set aside; want one", email, len(state.Waiting))
		}
	}
}

func TestListMessages(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	order, other := uuid.NewString(), uuid.NewString()
	var ids []string
	for _, fact := range life(order, "ann@example.com")[:5] {
		ids = append(ids, s.hear(t, order, fact))
	}
	s.hear(t, other, life(other, "bob@example.com")[0])
	s.send(t)
	var listed []string
	r := &notifyv1.ListMessagesRequest{OrderId: order, PageSize: 2}
	for {
		page, err := s.ListMessages(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.GetMessages() {
			listed = append(listed, m.GetMessageId())
		}
		if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
			break
		}
	}
	if len(listed) != len(ids) {
		t.Fatalf("listed %d mails; want %d", len(listed), len(ids))
	}
	for i, id := range listed {
		if want := ids[len(ids)-1-i]; id != want {
			t.Errorf("mail %d in the list is %s; want %s, the newest first", i, id, want)
		}
	}
	all, err := s.ListMessages(t.Context(), &notifyv1.ListMessagesRequest{})
	if err != nil || len(all.GetMessages()) != 6 {
		t.Errorf("ListMessages of all = %v, %v; want 6", all, err)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	list := func(r *notifyv1.ListMessagesRequest) error {
		_, err := s.ListMessages(t.Context(), r)
		return err
	}
	get := func(id string) error {
		_, err := s.GetMessage(t.Context(), &notifyv1.GetMessageRequest{MessageId: id})
		return err
	}
	checkRefused(t, list(&notifyv1.ListMessagesRequest{PageToken: "forged"}), codes.InvalidArgument, "VALIDATION_FAILED", "page_token")
	checkRefused(t, list(&notifyv1.ListMessagesRequest{PageSize: -1}), codes.InvalidArgument, "VALIDATION_FAILED", "page_size")
	checkRefused(t, list(&notifyv1.ListMessagesRequest{OrderId: "'; DROP TABLE"}), codes.InvalidArgument, "VALIDATION_FAILED", "order_id")
	checkRefused(t, get(""), codes.InvalidArgument, "VALIDATION_FAILED", "message_id")
	checkRefused(t, get("../../etc/passwd"), codes.InvalidArgument, "VALIDATION_FAILED", "message_id")
	checkRefused(t, get(uuid.NewString()), codes.NotFound, "MESSAGE_NOT_FOUND", "")
}

// checkRefused checks a refusal's code, its reason, and, if named, the field that
// it is about.
func checkRefused(t *testing.T, err error, code codes.Code, reason, field string) {
	t.Helper()
	s := status.Convert(err)
	var info *errdetails.ErrorInfo
	fields := map[string]bool{}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields[v.GetField()] = true
			}
		}
	}
	if s.Code() != code || info.GetReason() != reason || field != "" && !fields[field] {
		t.Errorf("refused with %v, reason %q, fields %v; want %v, %s, %q", err, info.GetReason(), fields, code, reason, field)
	}
}
