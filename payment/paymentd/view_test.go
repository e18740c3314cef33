package paymentd

import (
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/payment"
)

// TestRowKnowsItsState: a row holds little of a payment, and yet comes to the same
// state as the payment does.
func TestRowKnowsItsState(t *testing.T) {
	t.Parallel()
	eur := func(n int64) payment.Money { return payment.Money{Amount: n, Currency: "EUR"} }
	taken := []payment.Event{
		payment.WasOpened{Order: "o1", Total: eur(9)}, payment.WasAuthorized{Order: "o1", Amount: eur(9)},
		payment.CaptureIntended{Order: "o1"}, payment.WasCaptured{Order: "o1", Amount: eur(9)},
	}
	refund := func(id string, n int64) payment.Event {
		return payment.RefundIntended{Order: "o1", ID: id, Request: id, Amount: eur(n)}
	}
	for name, life := range map[string][]payment.Event{
		"closed":   {payment.WasClosed{Order: "o1"}},
		"declined": {taken[0], payment.WasDeclined{Order: "o1"}},
		"voided":   {taken[0], taken[1], payment.VoidIntended{Order: "o1"}, payment.WasVoided{Order: "o1"}},
		"not_taken": {
			taken[0], taken[1], taken[2], payment.CancellationNoted{Order: "o1"}, payment.WasNotCaptured{Order: "o1"}, payment.VoidIntended{Order: "o1"},
		},
		"refunded_in_parts": append(taken[:4:4],
			refund("r1", 2), refund("r2", 3), payment.WasRefunded{Order: "o1", ID: "r2", Amount: eur(3)},
			payment.RefundFailed{Order: "o1", ID: "r1"}, refund("r3", 6), payment.WasRefunded{Order: "o1", ID: "r3", Amount: eur(6)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s payment.State
			var r row
			for i, e := range life {
				s = payment.Evolve(s, e)
				show(&r, e, eventlog.Record{Version: int64(i + 1)})
				if r.state != phases[s.Phase] {
					t.Fatalf("after event %d the row is %s; want %s", i+1, r.state, phases[s.Phase])
				}
			}
		})
	}
}
