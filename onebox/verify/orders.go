package verify

import (
	"strconv"

	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// The facts that end an order.
const (
	orderDelivered = "OrderDelivered"
	orderCancelled = "OrderCancelled"
)

// checkEnded looks for orders that nobody looks after: not at an end, and either
// without a step that is awaited, or with one whose time is up.
func checkEnded(c Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		ended, awaited := o.delivered() || o.cancelled(), o.progress.GetAwaited()
		if !ended && len(awaited) == 0 && !o.moved {
			found.wrong(o.id, "is %s and waits for nothing", stateName(o.order.GetState()))
		}
		for _, a := range awaited {
			if a.GetDeadline() != nil && o.at.Sub(a.GetDeadline().AsTime()) > c.Grace && !o.moved {
				found.wrong(o.id, "waits for %s from %s beyond its time, %s", a.GetFact(), a.GetFromService(), a.GetDeadline().AsTime().UTC().Format("2006-01-02 15:04:05Z"))
			}
		}
	}
}

// checkOneEnd looks for orders with two ends, or with a life after the end. What
// others say later, such as a refund, is noted and is no life.
func checkOneEnd(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		end := ""
		for _, e := range o.said() {
			if end != "" {
				found.wrong(o.id, "said %s after %s", nameOf(e), end)
			}
			if name := nameOf(e); name == orderDelivered || name == orderCancelled {
				end = name
			}
		}
	}
}

// checkTrail looks for gaps and repeats in the audit trails.
func checkTrail(_ Config, b *books, found *Check) {
	seen := map[string]string{}
	for _, o := range b.orders {
		sequence, position := int64(0), int64(0)
		for i, e := range o.events {
			found.held()
			if e.GetVersion() != int64(i+1) {
				found.wrong(o.id, "version %d stands at place %d", e.GetVersion(), i+1)
			}
			if e.GetPosition() <= position {
				found.wrong(o.id, "version %d was written at position %d, after position %d", e.GetVersion(), e.GetPosition(), position)
			}
			position = e.GetPosition()
			if other, twice := seen[e.GetEventId()]; twice {
				found.wrong(o.id, "event %s is in the trail of %s too", e.GetEventId(), other)
			}
			seen[e.GetEventId()] = o.id
			if e.GetPublished() {
				sequence++
				if got := numberOf(e); got != sequence {
					found.wrong(o.id, "%s is fact %d and says it is %d", nameOf(e), sequence, got)
				}
			}
		}
	}
}

// numberOf returns the number that a fact gives itself. In JSON an int64 is a
// string.
func numberOf(e *orderv1.OrderEvent) int64 {
	n, err := strconv.ParseInt(e.GetBody().GetFields()["sequence"].GetStringValue(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// checkHeardOnce looks for facts that had their effect twice.
func checkHeardOnce(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		seen := map[string]int64{}
		for _, e := range o.events {
			id := e.GetBody().GetFields()["factEventId"].GetStringValue()
			if e.GetPublished() || id == "" {
				continue
			}
			found.held()
			if version, twice := seen[id]; twice {
				found.wrong(o.id, "versions %d and %d both note fact %s", version, e.GetVersion(), id)
			}
			seen[id] = e.GetVersion()
		}
	}
}

// leadsTo says in which state a fact leaves its order.
var leadsTo = map[string]orderv1.OrderState{
	"OrderPlaced":                orderv1.OrderState_ORDER_STATE_PLACED,
	"OrderConfirmed":             orderv1.OrderState_ORDER_STATE_CONFIRMED,
	"OrderCancellationRequested": orderv1.OrderState_ORDER_STATE_CANCELLING,
	"OrderCancellationRefused":   orderv1.OrderState_ORDER_STATE_CONFIRMED,
	orderCancelled:               orderv1.OrderState_ORDER_STATE_CANCELLED,
	"OrderDispatched":            orderv1.OrderState_ORDER_STATE_DISPATCHED,
	"OrderShipped":               orderv1.OrderState_ORDER_STATE_SHIPPED,
	orderDelivered:               orderv1.OrderState_ORDER_STATE_DELIVERED,
}

// checkState folds the trail and compares.
func checkState(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		var want orderv1.OrderState
		trail := o.trail()
		for _, e := range trail {
			if e.GetPublished() {
				want = leadsTo[nameOf(e)]
			}
		}
		if got := o.order.GetState(); got != want {
			found.wrong(o.id, "is %s; its trail says %s", stateName(got), stateName(want))
		}
		if int64(len(trail)) != o.order.GetVersion() {
			found.wrong(o.id, "is at version %d with %d events", o.order.GetVersion(), len(trail))
		}
	}
}

// checkList compares the list with the orders themselves. The list follows the
// log by a moment, which an order that has just moved is given.
func checkList(c Config, b *books, found *Check) {
	for _, o := range b.orders {
		behind := o.listed.GetVersion() < o.order.GetVersion() && !o.quietFor(c)
		if o.moved || behind {
			continue
		}
		found.held()
		want := &orderv1.OrderSummary{
			OrderId: o.id, CustomerId: o.order.GetDetails().GetCustomerId(), State: o.order.GetState(), Total: o.order.GetDetails().GetTotal(),
			PlaceTime: o.order.GetPlaceTime(), UpdateTime: o.order.GetUpdateTime(), Version: o.order.GetVersion(),
		}
		if !proto.Equal(o.listed, want) {
			found.wrong(o.id, "is listed as %s of version %d, %s; it is %s of version %d, %s",
				stateName(o.listed.GetState()), o.listed.GetVersion(), amount(o.listed.GetTotal()),
				stateName(want.GetState()), want.GetVersion(), amount(want.GetTotal()))
		}
	}
}

// checkStats adds up the orders. While they move there is no one moment at which
// sums and orders could agree.
func checkStats(_ Config, b *books, found *Check) {
	if b.moved {
		return
	}
	type key struct{ state, currency string }
	type sum struct{ count, value int64 }
	want, got := map[key]sum{}, map[key]sum{}
	for _, o := range b.orders {
		found.held()
		k := key{stateName(o.order.GetState()), o.order.GetDetails().GetTotal().GetCurrencyCode()}
		want[k] = sum{want[k].count + 1, want[k].value + o.total()}
	}
	for _, s := range b.stats {
		k := key{stateName(s.GetState()), s.GetValue().GetCurrencyCode()}
		got[k] = sum{s.GetCount(), minor(s.GetValue())}
		if s.GetCount() == 0 {
			delete(got, k) // a state that orders have left
		}
	}
	for k := range union(want, got) {
		if got[k] != want[k] {
			found.wrong(k.state+" "+k.currency, "counts %d orders of %d minor units; there are %d of %d", got[k].count, got[k].value, want[k].count, want[k].value)
		}
	}
}

// union returns a map with the keys of both.
func union[K comparable, V any](a, b map[K]V) map[K]bool {
	keys := map[K]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return keys
}

// checkTotal adds up the lines.
func checkTotal(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		sum := int64(0)
		for _, l := range o.order.GetDetails().GetLines() {
			sum += l.GetQuantity() * minor(l.GetUnitPrice())
		}
		if sum != o.total() {
			found.wrong(o.id, "costs %d minor units; its lines cost %d", o.total(), sum)
		}
	}
}

// stateName returns a state in the words of the shop.
func stateName(s orderv1.OrderState) string {
	return words(s, "ORDER_STATE_")
}
