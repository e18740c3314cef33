package sim

import (
	"context"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/order"
)

// An origin is where an event was found.
type origin struct {
	service string
	*eventlog.Record
}

// checkTrails looks at where every event comes from.
func (w *world) checkTrails() {
	known := make(map[uuid.UUID]origin, 200) // about as many as three orders have
	var all [len(names)][]eventlog.Record
	for i, s := range w.services {
		all[i], _ = s.log.ReadAll(w.ctx, 0, math.MaxInt32)
		for j := range all[i] {
			r := &all[i][j]
			known[r.ID] = origin{s.name, r}
		}
	}
	for i, s := range w.services {
		for j := range all[i] {
			r := origin{s.name, &all[i][j]}
			w.checkCause(r, known)
			if w.traced {
				w.checkTrace(r)
			}
		}
	}
}

// checkCause holds an event that another service has caused against its cause,
// which must be in that service's log, be something that is listened to, and
// belong to the same undertaking.
func (w *world) checkCause(r origin, known map[uuid.UUID]origin) {
	from, ok := strings.CutPrefix(r.Actor, "service:")
	if !ok || from == r.service {
		return // a caller, a clock, or an answer from outside, which are not in any log
	}
	id, err := uuid.Parse(r.Causation)
	cause, there := known[id]
	switch {
	case err != nil || !there || cause.service != from || !contains(parts[r.service].Hears, cause.Type):
		w.violated("causes", "%s keeps %s because of %q, which %s has not said", r.service, r.Type, r.Causation, from)
	case cause.Correlation != r.Correlation:
		w.violated("causes", "%s keeps %s for %s because of %s for %s", r.service, r.Type, w.alias(r.Correlation), cause.Type, w.alias(cause.Correlation))
	}
}

// within returns the context in which a customer calls: part of a trace of their
// own, if this schedule has any. Most have none, because to hand traces on takes
// time.
func (w *world) within(c *customer) context.Context {
	if !w.traced {
		return w.ctx
	}
	return trace.ContextWithRemoteSpanContext(w.ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceOf(c), SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
}

func traceOf(c *customer) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(c.number)+1) //nolint:gosec // counts from 0
	return id
}

// checkTrace looks for events that are in no trace, or in that of another customer.
// All that happens for an order follows from what its customer has called.
func (w *world) checkTrace(r origin) {
	for _, c := range w.customers {
		if c.order == r.Correlation && !strings.Contains(r.Trace, traceOf(c).String()) {
			w.violated("traces", "%s keeps %s of %s in trace %q", r.service, r.Type, w.alias(r.Correlation), r.Trace)
		}
	}
}

// checkEarly looks for deadlines that were enforced before their time.
func (w *world) checkEarly(r *eventlog.Record) {
	m, _ := decode(r).(*orderv1.OrderCancellationRequested)
	allowed := map[orderv1.CancelReason]time.Duration{
		orderv1.CancelReason_CANCEL_REASON_EXPIRED: payWithin, orderv1.CancelReason_CANCEL_REASON_OVERDUE: fulfilWithin,
	}[m.GetReason()]
	placed := w.stream("order", order.Stream(m.GetOrderId()))
	if len(placed) == 0 || r.Time.Sub(placed[0].Time) < allowed {
		w.violated("early", "%s is to be cancelled as %s before its time", w.alias(r.Correlation), m.GetReason())
	}
}
