package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/sandbox/mailbox"
)

// errNotYet says that something may still come true.
var errNotYet = errors.New("not yet")

// compare returns nil if just the wanted facts were said, in any order: services
// work side by side. It waits for what is missing, and not for what is too much.
func compare(said, want []string) error {
	missing := slices.Clone(want)
	for _, kind := range said {
		i := slices.Index(missing, kind)
		if i < 0 {
			return fmt.Errorf("%w: %s was said; want only %s", ErrOtherwise, kind, strings.Join(want, ", "))
		}
		missing = slices.Delete(missing, i, i+1)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: nobody has said %s", errNotYet, strings.Join(missing, ", "))
	}
	return nil
}

// onHand returns how many teapots there are.
func (g *guide) onHand(ctx context.Context) (int64, error) {
	r, err := g.box.Stock().GetItem(ctx, &inventoryv1.GetItemRequest{Sku: sku})
	return r.GetItem().GetOnHand(), err
}

// checkEnd tells how an order has ended, and sees that it is as it should be.
func (g *guide) checkEnd(ctx context.Context, id string, s scene, before int64) error {
	g.sayf("")
	for _, check := range []func(context.Context, string, scene, int64) error{
		g.checkOrder, g.checkMoney, g.checkStock, g.checkMail,
	} {
		if err := check(ctx, id, s, before); err != nil {
			return err
		}
	}
	return nil
}

func (g *guide) checkOrder(ctx context.Context, id string, s scene, _ int64) error {
	r, err := g.box.Orders().GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: id})
	if err != nil {
		return err
	}
	o := r.GetOrder()
	why := ""
	if o.GetCancelReason() != 0 {
		why = ", reason: " + reason(o.GetCancelReason())
	}
	g.sayf("  order   %s%s", strings.ToLower(strings.TrimPrefix(o.GetState().String(), "ORDER_STATE_")), why)
	if o.GetState() != s.state || o.GetCancelReason() != s.reason {
		return fmt.Errorf("%w: order is %s, %s; want %s, %s", ErrOtherwise, o.GetState(), o.GetCancelReason(), s.state, s.reason)
	}
	return nil
}

// checkMoney looks into the provider's own ledger.
func (g *guide) checkMoney(_ context.Context, id string, s scene, _ int64) error {
	sum := g.box.World().Provider.Ledger(id).Totals["EUR"]
	kept, held := sum.Captured-sum.Refunded, sum.Accounts["held"]
	g.sayf("  money   %s EUR with the shop, %s EUR held at the bank", cents(kept), cents(held))
	if kept != s.kept || held != 0 {
		return fmt.Errorf("%w: %d cents are kept and %d held; want %d and 0", ErrOtherwise, kept, held, s.kept)
	}
	return nil
}

func (g *guide) checkStock(ctx context.Context, _ string, s scene, before int64) error {
	r, err := g.box.Stock().GetItem(ctx, &inventoryv1.GetItemRequest{Sku: sku})
	if err != nil {
		return err
	}
	g.sayf("  stock   %d on the shelf, %d of them reserved", r.GetItem().GetOnHand(), r.GetItem().GetReserved())
	if r.GetItem().GetOnHand() != before-s.gone || r.GetItem().GetReserved() != 0 {
		return fmt.Errorf("%w: %d on hand, %d reserved; want %d and 0", ErrOtherwise,
			r.GetItem().GetOnHand(), r.GetItem().GetReserved(), before-s.gone)
	}
	return nil
}

// checkMail waits for the last mail, and looks into the mail server's own box.
func (g *guide) checkMail(ctx context.Context, id string, s scene, _ int64) error {
	var mails []mailbox.Message
	err := g.await(ctx, "all mails are there", func(context.Context) error {
		mails = g.box.World().Mailbox.Messages(mailbox.Query{Order: id}).Messages
		if len(mails) < len(s.mails) {
			return fmt.Errorf("%w: %d mails; want %d", errNotYet, len(mails), len(s.mails))
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(mails, func(a, b mailbox.Message) int { return cmp.Compare(a.ID, b.ID) })
	g.sayf("  mail    %d: %s", len(mails), strings.Join(s.mails, ", "))
	for i, m := range mails {
		if i >= len(s.mails) || !strings.Contains(m.Subject, s.mails[i]) || m.Copies != 1 {
			return fmt.Errorf("%w: mail %d is %q, %d copies; want one about %v", ErrOtherwise, i+1, m.Subject, m.Copies, s.mails)
		}
	}
	return nil
}
