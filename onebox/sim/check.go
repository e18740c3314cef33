package sim

import (
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/inventory/inventoryd"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/eventlog"
	"orpheus.example/notify"
	"orpheus.example/notify/notifyd"
	"orpheus.example/order/orderd"
	"orpheus.example/payment/paymentd"
	"orpheus.example/sandbox/provider"
	"orpheus.example/shipping/shippingd"
)

// parts says who says and hears what, in each service's own words.
var parts = map[string]choreography.Part{
	orderd.Name: orderd.Part, paymentd.Name: paymentd.Part, inventoryd.Name: inventoryd.Part,
	shippingd.Name: shippingd.Part, notifyd.Name: notifyd.Part,
}

func contains(names []string, name string) bool {
	_, found := slices.BinarySearch(names, name)
	return found
}

// checkNoGhost holds a message, when it is said first, against its sayer's log:
// it must be there, and nothing before it in its stream may still be unsaid.
func (w *world) checkNoGhost(l *life, m bus.Message) {
	before := w.broker.before
	records, _ := l.service.log.ReadStream(w.ctx, m.Subject, before, int(m.Version-before))
	if len(records) == 0 || records[len(records)-1].ID != m.ID {
		w.violated("ghost", "%s says %s, which is not in its log", l.service.name, m.Type)
		return
	}
	for _, r := range records[:len(records)-1] {
		if contains(parts[l.service.name].Says, r.Type) {
			w.violated("order of saying", "%s says %s before %s of the same stream", l.service.name, m.Type, r.Type)
		}
	}
}

// checkKept checks what must hold at every moment, whenever an event is kept that
// could break it: that no more is reserved than there is, and that no goods leave
// before their money is taken.
func (w *world) checkKept(r *eventlog.Record) {
	switch r.Type {
	case "deadletter.Parked":
		w.violated("dead letter", "a fact of %s is set aside: %s", w.alias(r.Correlation), r.Body)
	case "inventory.v1.StockLevelChanged":
		m, _ := decode(r).(*inventoryv1.StockLevelChanged)
		if m.GetReserved() < 0 || m.GetReserved() > m.GetOnHand() {
			w.violated("oversold", "%s has %d on hand, and %d reserved", m.GetSku(), m.GetOnHand(), m.GetReserved())
		}
	case "order.v1.OrderCancellationRequested":
		w.checkEarly(r)
	case "inventory.v1.StockDispatched", "shipping.v1.ParcelHandedOver":
		if !slices.ContainsFunc(w.outside.money, func(e provider.Entry) bool {
			return e.Kind == provider.Capture && e.Reference == r.Correlation
		}) {
			w.violated("money first", "goods of %s leave, and their money is not taken", w.alias(r.Correlation))
		}
	}
}

// checkAll checks what must hold once the shop is quiet.
func (w *world) checkAll() {
	w.checkLogs()
	w.checkTrails()
	w.checkAnswers()
	w.checkBooks()
	w.checkCopies()
}

// checkLogs looks for events whose streams have gaps, whose ids come twice, that
// were not said, and that some hearer has not taken in.
func (w *world) checkLogs() {
	clear(w.seen)
	for _, s := range w.services {
		records, _ := s.log.ReadAll(w.ctx, 0, math.MaxInt32)
		if at, _ := s.log.Where(w.ctx, "relay"); int(at) != len(records) && s.name != notifyd.Name {
			w.violated("lag", "%s has said all up to %d of %d", s.name, at, len(records))
		}
		clear(w.versions)
		for i := range records {
			r := &records[i]
			w.versions[r.Stream]++
			if place := w.versions[r.Stream]; r.Version != place || w.seen[r.ID] {
				w.violated("streams", "%s has version %d of %s at place %d, or its id twice", s.name, r.Version, r.Stream, place)
			}
			w.seen[r.ID] = true
			if contains(parts[s.name].Says, r.Type) {
				w.checkHeard(r)
			}
		}
	}
}

// checkHeard asks every hearer of a fact for the mark that it was heard. Marks go
// in with their effect, so that none is missing means that nothing was lost, and
// that each is there once means that nothing had its effect twice.
func (w *world) checkHeard(r *eventlog.Record) {
	for _, s := range w.services {
		if !contains(parts[s.name].Hears, r.Type) {
			continue
		}
		// A unit that no stream can meet only asks for the mark.
		look := [1]eventlog.Unit{{
			Mark: &eventlog.Mark{Consumer: s.name, ID: r.ID}, Expect: []eventlog.Expect{{Stream: r.Stream, Version: math.MaxInt64}},
		}}
		outcomes, err := s.log.Append(w.ctx, look[:])
		if err != nil || outcomes[0].Err != eventlog.ErrHandled { //nolint:errorlint // outcomes are never wrapped
			w.violated("lost", "%s has not heard %s of %s", s.name, r.Type, w.alias(r.Correlation))
		}
	}
}

// checkAnswers looks for customers who never got an answer, though everything was
// healed.
func (w *world) checkAnswers() {
	for _, c := range w.customers {
		if c.order == "" {
			w.violated("answers", "customer %d has no order", c.number)
		}
	}
}

// checkCopies looks for mails that came more often than failures explain: each
// copy takes one, after the mail was taken and before that was kept.
func (w *world) checkCopies() {
	copies := 0
	for _, m := range w.outside.mails {
		copies += m.Copies - 1
	}
	if trouble := w.service(notifyd.Name).trouble; copies > trouble {
		w.violated("copies", "%d mails came once more than they should; only %d calls of notify failed", copies, trouble)
	}
}

// checkMailOrder looks for mails of an order that overtook each other, though
// nobody had given up waiting for the earlier one.
func (w *world) checkMailOrder(order string, mails []*notifyv1.Message) {
	for _, r := range w.stream(notifyd.Name, notify.Stream(order)) {
		if r.Type == "notify.v1.WaitEnded" {
			return
		}
	}
	last := int64(0)
	for _, arrived := range w.outside.mails {
		id := strings.TrimSuffix(arrived.MessageID, "@"+domain)
		for _, m := range mails {
			if m.GetSequence() == 0 || m.GetMessageId() != id {
				continue
			}
			if m.GetSequence() < last {
				w.violated("order of mails", "%s is told fact %d after fact %d", w.alias(order), m.GetSequence(), last)
			}
			last = m.GetSequence()
		}
	}
}

// decode returns an event's body, of whatever kind it is. It goes by the
// contract, as a stranger does, and not by the services' codecs.
func decode(r *eventlog.Record) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByURL(r.Type)
	if err != nil {
		return nil
	}
	m := kind.New().Interface()
	if err := proto.Unmarshal(r.Body, m); err != nil {
		return nil
	}
	return m
}
