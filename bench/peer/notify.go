package peer

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// notify writes a mail for each fact of an order.
type notify struct{ postman postman }

// serve subscribes to what customers are told. Mails of one order may overtake
// each other, since copies of handlers do.
func (n notify) serve(s *service) {
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderPlaced) error {
		return n.write(ctx, w, f, "We have received your order")
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderConfirmed) error {
		return n.write(ctx, w, f, "We have confirmed your order")
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderCancelled) error {
		return n.write(ctx, w, f, "We have cancelled your order")
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderDispatched) error {
		return n.write(ctx, w, f, "We have packed your order")
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderShipped) error {
		return n.write(ctx, w, f, "The carrier has your order")
	})
	hear(s, func(ctx context.Context, w *work, f *orderv1.OrderDelivered) error {
		return n.write(ctx, w, f, "You have received your order")
	})
}

// A telling is any fact that an order says.
type telling interface {
	proto.Message
	GetOrderId() string
	GetSequence() int64
	GetOrder() *orderv1.OrderDetails
}

// write sends a mail and remembers it. If the transaction fails it is sent
// again: at least once is all that mail can promise.
func (n notify) write(ctx context.Context, w *work, f telling, what string) error {
	subject := what + " " + short(f.GetOrderId())[:8]
	body := letter(f.GetOrder(), subject)
	if err := n.postman.Send(ctx, f.GetOrder().GetEmail(), subject, body); err != nil {
		return err
	}
	_, err := w.Exec(ctx, `INSERT INTO mails (message_id, order_id, fact, sequence, recipient, subject, body, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, now())`,
		w.id, f.GetOrderId(), name(f), f.GetSequence(), f.GetOrder().GetEmail(), subject, body)
	return err
}

// letter is the text of a mail.
func letter(o *orderv1.OrderDetails, subject string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Hello %s,\n\n%s.\n\n", o.GetName(), subject)
	for _, l := range o.GetLines() {
		fmt.Fprintf(&b, "%6d  %s (%s)\n", l.GetQuantity(), l.GetName(), l.GetSku())
	}
	fmt.Fprintf(&b, "\nTotal %d.%02d %s\n", o.GetTotal().GetUnits(), o.GetTotal().GetNanos()/10_000_000, o.GetTotal().GetCurrencyCode())
	return b.String()
}
