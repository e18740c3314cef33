package paymentd

import (
	"fmt"
	"testing"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/choreographytest"
	"orpheus.example/kit/decider"
	"orpheus.example/payment"
)

// TestPartIsWhatPaymentDoes walks through all that may become of a payment and
// of two refunds that staff ask for.
func TestPartIsWhatPaymentDoes(t *testing.T) {
	t.Parallel()
	choreographytest.Check(t, Part, choreographytest.World[payment.State, payment.Command, payment.Event, payment.Call]{
		Decider: decider.Decider[payment.State, payment.Command, payment.Event, payment.Call]{
			Decide: payment.Decide, Evolve: payment.Evolve, Owe: owe,
		},
		Met:  choreographytest.And(whatOthersSay(t), whatStaffAsk()),
		Says: choreographytest.Names(t, codec, says),
		Call: whatTheProviderAnswers,
	})
}

func whatOthersSay(t *testing.T) map[choreography.Cause][]payment.Command {
	t.Helper()
	return choreographytest.Heard(t, react,
		&orderv1.OrderPlaced{
			OrderId: "o1", TransactionId: "t1", PaymentToken: "tok_ok",
			Order: &orderv1.OrderDetails{Total: &moneypb.Money{CurrencyCode: "EUR", Units: 21}},
		},
		&orderv1.OrderCancelled{OrderId: "o1"},
		&inventoryv1.StockUnavailable{OrderId: "o1"},
		&shippingv1.ShipmentBooked{OrderId: "o1"},
	)
}

func whatStaffAsk() map[choreography.Cause][]payment.Command {
	part := payment.Money{Amount: 700, Currency: "EUR"}
	return map[choreography.Cause][]payment.Command{
		choreography.Request(paymentv1.PaymentService_RefundPayment_FullMethodName): {
			payment.GiveBack{ID: "a", Request: "a", Amount: part}, payment.GiveBack{ID: "b", Request: "b"},
		},
	}
}

func whatTheProviderAnswers(c payment.Call) (call string, answers []payment.Command) {
	switch c := c.(type) {
	case payment.CallAuthorize:
		return authorize, []payment.Command{payment.NoteAuthorized{Authorization: "auth"}, payment.NoteDeclined{Code: "no"}}
	case payment.CallCapture:
		return capture, []payment.Command{payment.NoteCaptured{}, payment.NoteNotCaptured{Code: "no"}}
	case payment.CallVoid:
		return void, []payment.Command{payment.NoteVoided{}}
	case payment.CallRefund:
		return giveRefund, []payment.Command{payment.NoteRefunded{ID: c.ID}, payment.NoteNotRefunded{ID: c.ID, Code: "no"}}
	}
	panic(fmt.Sprintf("call of unknown kind %T", c))
}
