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

// gather keeps what the services say of orders that something is wrong with. The
// databases go with the run, so whoever looks for the reason has nothing else.
func (r *run) gather(ctx context.Context, found verify.Report) {
	seen := map[string]bool{}
	for _, check := range found.Checks {
		for _, v := range check.Violations {
			if seen[v.ID] || len(seen) == samples {
				continue
			}
			seen[v.ID] = true
			r.report.Evidence = append(r.report.Evidence, r.evidence(ctx, v.ID)...)
		}
	}
}

// evidence returns the events and the mails of an order, by time. Where a service
// does not answer there is less.
func (r *run) evidence(ctx context.Context, order string) []string {
	var lines []string
	events, err := orderv1.NewOrderServiceClient(r.conns["order"]).ListOrderEvents(ctx, &orderv1.ListOrderEventsRequest{OrderId: order})
	for _, e := range events.GetEvents() {
		lines = append(lines, fmt.Sprintf("%s %s: event %d at %d, %s %s, by %s", stamp(e.GetTime().AsTime()), order,
			e.GetVersion(), e.GetPosition(), e.GetType(), e.GetEventId(), e.GetActor()))
	}
	mails, also := notifyv1.NewNotifyServiceClient(r.conns["notify"]).ListMessages(ctx, &notifyv1.ListMessagesRequest{OrderId: order})
	for _, m := range mails.GetMessages() {
		lines = append(lines, fmt.Sprintf("%s %s: mail %d about %s %s, %s", stamp(m.GetCreateTime().AsTime()), order,
			m.GetSequence(), m.GetFact(), m.GetMessageId(), m.GetState()))
	}
	slices.Sort(lines)
	for _, err := range []error{err, also} {
		if err != nil {
			lines = append(lines, fmt.Sprintf("%s: %v", order, err))
		}
	}
	return lines
}

// stamp returns a time such that the order of texts is that of times.
func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000") }
