package peer

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/money"
)

// payment authorizes what is ordered, captures what a carrier will take, and
// voids what comes to nothing.
type payment struct{ bank bank }

// serve subscribes to what payment hears. Both of the last two may come for one
// order, in any order.
func (p payment) serve(s *service) {
	hear(s, p.authorize)
	hear(s, p.capture)
	hear(s, func(ctx context.Context, w *work, f *inventoryv1.StockUnavailable) error {
		return p.void(ctx, w, f.GetOrderId())
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderCancelled) error {
		return p.void(ctx, w, f.GetOrderId())
	})
}

// authorize asks the bank, and says what it says. If the commit fails after
// that the bank is asked again, under the same order: it is the bank's part to
// know it.
func (p payment) authorize(ctx context.Context, w *work, f *orderv1.OrderPlaced) error {
	total := f.GetOrder().GetTotal()
	amount, currency, err := money.Minor(total)
	if err != nil {
		return permanent{err}
	}
	reference, ok, err := p.bank.Authorize(ctx, f.GetOrderId(), f.GetPaymentToken(), amount)
	if err != nil {
		return err
	}
	state := "authorized"
	if !ok {
		state = "declined"
	}
	if _, err := w.Exec(ctx, `INSERT INTO payments (order_id, state, amount, currency, transaction, reference)
		VALUES ($1, $2, $3, $4, $5, $6)`, f.GetOrderId(), state, amount, currency, f.GetTransactionId(), reference); err != nil {
		return err
	}
	if !ok {
		return w.say(ctx, &paymentv1.PaymentDeclined{
			OrderId: f.GetOrderId(), PaymentId: f.GetOrderId(), Code: "card_declined", Message: "the bank says no",
		})
	}
	return w.say(ctx, &paymentv1.PaymentAuthorized{
		OrderId: f.GetOrderId(), PaymentId: f.GetOrderId(), TransactionId: f.GetTransactionId(), Amount: total,
		Lines: paymentLines(f.GetOrder().GetLines()), ProviderReference: reference,
	})
}

func paymentLines(lines []*orderv1.OrderLine) []*paymentv1.PaymentLine {
	var paid []*paymentv1.PaymentLine
	for _, l := range lines {
		paid = append(paid, &paymentv1.PaymentLine{Sku: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return paid
}

// leave moves an authorized payment to another state, and returns what is known
// of it. Of one that is not authorized it returns pgx.ErrNoRows.
func (p payment) leave(ctx context.Context, w *work, order, to string) (amount int64, currency, reference string, err error) {
	err = w.QueryRow(ctx, `UPDATE payments SET state = $2 WHERE order_id = $1 AND state = 'authorized'
		RETURNING amount, currency, reference`, order, to).Scan(&amount, &currency, &reference)
	return amount, currency, reference, err
}

// capture takes what is held, since the parcel is on its way to a carrier.
func (p payment) capture(ctx context.Context, w *work, f *shippingv1.ShipmentBooked) error {
	amount, currency, reference, err := p.leave(ctx, w, f.GetOrderId(), "captured")
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // voided meanwhile
	}
	if err != nil {
		return err
	}
	capture, err := p.bank.Capture(ctx, reference)
	if err != nil {
		return err
	}
	taken, err := money.Proto(amount, currency)
	if err != nil {
		return permanent{err}
	}
	return w.say(ctx, &paymentv1.PaymentCaptured{
		OrderId: f.GetOrderId(), PaymentId: f.GetOrderId(), Amount: taken, ProviderReference: capture,
	})
}

// void lets go of what is held, if anything is.
func (p payment) void(ctx context.Context, w *work, order string) error {
	amount, currency, reference, err := p.leave(ctx, w, order, "voided")
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // declined, or voided already: both facts may ask for it
	}
	if err != nil {
		return err
	}
	void, err := p.bank.Void(ctx, reference)
	if err != nil {
		return err
	}
	held, err := money.Proto(amount, currency)
	if err != nil {
		return permanent{err}
	}
	return w.say(ctx, &paymentv1.PaymentVoided{
		OrderId: order, PaymentId: order, Amount: held, ProviderReference: void,
	})
}
