package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox/verify"
)

// page is as many events or mails as a service says at once: many times what an
// order has.
const page = 200

// gather keeps what the services say of orders that something is wrong with, the
// first of them. The databases go with the run, so whoever looks for the reason has
// nothing else.
func (r *Report) gather(ctx context.Context, c verify.Config, found verify.Report, w *witness) {
	concerned := slices.Clone(found.Waiting)
	for _, check := range found.Checks {
		concerned = append(concerned, check.Violations...)
	}
	seen := map[string]bool{}
	for _, v := range concerned {
		if !seen[v.ID] && len(seen) < samples {
			seen[v.ID] = true
			r.Evidence = append(r.Evidence, evidence(ctx, c, v.ID, w)...)
		}
	}
}

// evidence returns when an order was acknowledged, its events and its mails, by time,
// and who has not answered and why.
func evidence(ctx context.Context, c verify.Config, order string, w *witness) (lines []string) {
	if p, ok := w.promise(order); ok {
		lines = append(lines, fmt.Sprintf("%s: %s acknowledged in turn %d", order, stamp(p.at), p.turn))
	}
	events, err := c.Orders.ListOrderEvents(ctx, &orderv1.ListOrderEventsRequest{OrderId: order, PageSize: page})
	if err != nil {
		lines = append(lines, fmt.Sprintf("%s: its events: %v", order, err))
	}
	for _, e := range events.GetEvents() {
		lines = append(lines, fmt.Sprintf("%s: %s event %d at %d, %s %s, by %s", order, stamp(e.GetTime().AsTime()),
			e.GetVersion(), e.GetPosition(), e.GetType(), e.GetEventId(), e.GetActor()))
	}
	mails, err := c.Mails.ListMessages(ctx, &notifyv1.ListMessagesRequest{OrderId: order, PageSize: page})
	if err != nil {
		lines = append(lines, fmt.Sprintf("%s: its mails: %v", order, err))
	}
	for _, m := range mails.GetMessages() {
		lines = append(lines, fmt.Sprintf("%s: %s mail %d about %s %s, %s", order, stamp(m.GetCreateTime().AsTime()),
			m.GetSequence(), m.GetFact(), m.GetMessageId(), m.GetState()))
	}
	slices.Sort(lines)
	return lines
}

// stamp returns a time such that the order of texts is that of times.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000") }
