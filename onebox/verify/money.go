package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/sandbox/provider"
)

// checkMoney compares an order with its payment. At any time no more is given
// back than was taken, and no more taken than the order costs; at the end what
// is kept is all or nothing.
func checkMoney(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		p := o.payment
		captured, refunded := minor(p.GetCaptured()), minor(p.GetRefunded())
		if refunded > captured || captured > o.total() {
			found.wrong(o.id, "costs %s, of which %s is captured and %s refunded", amount(o.order.GetDetails().GetTotal()), amount(p.GetCaptured()), amount(p.GetRefunded()))
		}
		sum := int64(0)
		for _, r := range o.refunds() {
			sum += minor(r.GetAmount())
		}
		if sum != refunded {
			found.wrong(o.id, "has refunds of %d minor units and says %d", sum, refunded)
		}
		if o.rest {
			checkSettled(o, captured, refunded, found)
		}
	}
}

// checkSettled is for the payment of an order that is at rest.
func checkSettled(o *dossier, captured, refunded int64, found *Check) {
	state := words(o.payment.GetState(), "PAYMENT_STATE_")
	switch {
	case o.delivered() && captured != o.total():
		found.wrong(o.id, "is delivered; %s of %s is captured, and the payment is %s", amount(o.payment.GetCaptured()), amount(o.order.GetDetails().GetTotal()), state)
	case o.cancelled() && captured != refunded:
		found.wrong(o.id, "is cancelled; %s is captured and %s refunded", amount(o.payment.GetCaptured()), amount(o.payment.GetRefunded()))
	case o.cancelled() && o.payment != nil && o.payment.GetState() == paymentv1.PaymentState_PAYMENT_STATE_CAPTURED:
		found.wrong(o.id, "is cancelled and its payment is %s", state)
	}
	if heard := minor(o.progress.GetMoney().GetCaptured()); heard != captured {
		found.wrong(o.id, "has heard that %d minor units are captured; payment says %d", heard, captured)
	}
}

// checkMoneyFirst looks for goods that left unpaid.
func checkMoneyFirst(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		if !o.saidFact("OrderDispatched") {
			continue
		}
		found.held()
		if captured := minor(o.payment.GetCaptured()); captured != o.total() {
			found.wrong(o.id, "is dispatched with %s of %s captured", amount(o.payment.GetCaptured()), amount(o.order.GetDetails().GetTotal()))
		}
	}
}

// checkProvider compares payments with the provider's ledger, and looks in it
// for money that belongs to no order of ours.
func checkProvider(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		entries := b.world.money[o.id]
		checkEntries(o.id, entries, found)
		if o.rest {
			checkLedger(o, entries, found)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.world.money)) {
		if b.known[id] == nil && !b.moved {
			found.wrong(id, "is no order of ours, and the provider has %d entries for it", len(b.world.money[id]))
		}
	}
}

// checkEntries is for the ledger by itself: balanced, and nothing done twice.
func checkEntries(id string, entries []provider.Entry, found *Check) {
	count, keys := map[provider.Kind]int{}, map[string]bool{}
	for _, e := range entries {
		sum := int64(0)
		for _, p := range e.Postings {
			sum += p.Amount
		}
		if sum != 0 {
			found.wrong(id, "entry %d of the ledger is off by %d", e.Number, sum)
		}
		if keys[e.Key] {
			found.wrong(id, "the provider did %s twice under key %s", e.Kind, e.Key)
		}
		keys[e.Key] = true
		if count[e.Kind]++; count[e.Kind] == 2 && e.Kind != provider.Refund {
			found.wrong(id, "the provider did %s twice", e.Kind)
		}
	}
}

// checkLedger is for the ledger against the payment of an order that is at rest.
func checkLedger(o *dossier, entries []provider.Entry, found *Check) {
	sum, held, refunds := map[provider.Kind]int64{}, int64(0), 0
	currency := o.order.GetDetails().GetTotal().GetCurrencyCode()
	for _, e := range entries {
		if e.Currency != currency {
			found.wrong(o.id, "the provider counts in %s", e.Currency)
		}
		sum[e.Kind] += e.Amount
		if e.Kind == provider.Refund {
			refunds++
		}
		for _, p := range e.Postings {
			if p.Account == provider.Held {
				held += p.Amount
			}
		}
	}
	if held != 0 {
		found.wrong(o.id, "the provider still holds %d minor units", held)
	}
	captured, refunded := minor(o.payment.GetCaptured()), minor(o.payment.GetRefunded())
	if sum[provider.Capture] != captured || sum[provider.Refund] != refunded {
		found.wrong(o.id, "the provider captured %d and refunded %d minor units; payment says %d and %d", sum[provider.Capture], sum[provider.Refund], captured, refunded)
	}
	if want := len(o.refunds()); refunds != want {
		found.wrong(o.id, "the provider made %d refunds; payment says %d", refunds, want)
	}
	if a := sum[provider.Authorize]; a != 0 && a != o.total() {
		found.wrong(o.id, "the provider authorized %d minor units; the order costs %d", a, o.total())
	}
	if voided := o.payment.GetState() == paymentv1.PaymentState_PAYMENT_STATE_VOIDED; voided != (sum[provider.Void] > 0) {
		found.wrong(o.id, "the provider voided %d minor units; payment says %t", sum[provider.Void], voided)
	}
}

// amount returns an amount for people, exact to the last digit that was sent.
func amount(m *moneypb.Money) string {
	if m == nil {
		return "nothing"
	}
	if m.GetNanos() == 0 {
		return fmt.Sprintf("%d %s", m.GetUnits(), m.GetCurrencyCode())
	}
	return strings.TrimRight(fmt.Sprintf("%d.%09d", m.GetUnits(), m.GetNanos()), "0") + " " + m.GetCurrencyCode()
}
