package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	paymentv1 "orpheus.example/gen/go/payment/v1"
)

// payment is what can be asked of the payment service.
func (s *session) payment() *cobra.Command {
	return group("payment", "See payments and give money back", s.paymentGet(), s.paymentList(), s.paymentRefund())
}

func (s *session) paymentGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ORDER", Short: "Show the payment of an order", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.payments().GetPayment(ctx, &paymentv1.GetPaymentRequest{OrderId: args[0]})
			if err != nil {
				return err
			}
			return s.showPayment(r.GetPayment())
		}),
	}
}

func (s *session) showPayment(p *paymentv1.Payment) error {
	return s.show(p, func(w io.Writer) {
		row(w, "order", p.GetOrderId())
		row(w, "payment", orDash(p.GetPaymentId()))
		row(w, "state", join(": ", plain(p.GetState(), "PAYMENT_STATE_"), safe(p.GetFailureCode())))
		row(w, "amount", amount(p.GetAmount()))
		row(w, "captured", amount(p.GetCaptured()))
		row(w, "refunded", amount(p.GetRefunded()))
		row(w, "updated", s.clock(p.GetUpdateTime()))
		for _, r := range p.GetRefunds() {
			row(w, "refund", fmt.Sprintf("%s, %s, by %s: %s", amount(r.GetAmount()), plain(r.GetState(), "REFUND_STATE_"), safe(r.GetActor()), safe(r.GetReason())))
		}
	})
}

func (s *session) paymentList() *cobra.Command {
	var limit int
	var state string
	c := &cobra.Command{
		Use: "list", Short: "List payments, the newest first", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			want, err := enumOf(paymentv1.PaymentState_value, "PAYMENT_STATE_", state)
			if err != nil {
				return err
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			all, err := pages(limit, func(token string, size int32) ([]*paymentv1.Payment, string, error) {
				r, err := s.payments().ListPayments(ctx, &paymentv1.ListPaymentsRequest{State: paymentv1.PaymentState(want), PageSize: size, PageToken: token})
				return r.GetPayments(), r.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			return s.show(&paymentv1.ListPaymentsResponse{Payments: all}, func(w io.Writer) {
				row(w, "ORDER", "STATE", "AMOUNT", "CAPTURED", "REFUNDED")
				for _, p := range all {
					row(w, p.GetOrderId(), plain(p.GetState(), "PAYMENT_STATE_"), amount(p.GetAmount()), amount(p.GetCaptured()), amount(p.GetRefunded()))
				}
			})
		}),
	}
	s.stateFlag(c, &state, paymentv1.PaymentState_value, "PAYMENT_STATE_")
	return limited(c, &limit)
}

func (s *session) paymentRefund() *cobra.Command {
	r := &paymentv1.RefundPaymentRequest{}
	var sum, code string
	c := &cobra.Command{
		Use: "refund ORDER", Short: "Give captured money back, all that is left or a part", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) (err error) {
			r.OrderId, r.RequestId = args[0], s.id()
			if sum != "" {
				if r.Amount, err = parseAmount(sum, code); err != nil {
					return err
				}
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			answer, err := s.payments().RefundPayment(ctx, r)
			if err != nil {
				return err
			}
			return s.showPayment(answer.GetPayment())
		}),
	}
	currency(c, &code)
	c.Flags().StringVar(&sum, "amount", "", "how much (default all that is left)")
	c.Flags().StringVar(&r.Reason, "reason", "goodwill", "why, for the books")
	return s.requestID(c)
}
