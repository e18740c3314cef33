package story

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox"
	"orpheus.example/onebox/verify"
	"orpheus.example/sandbox/mailbox"
)

// carriers are those of a onebox.
var carriers = []string{"swift", "steady"}

func state(s orderv1.OrderState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "ORDER_STATE_"))
}

// show tells what the services answer about one order, and what the world has in
// its books about it.
func (p *player) show(ctx context.Context, words []string) error {
	id, err := p.id(words[0])
	if err != nil {
		return err
	}
	progress, err := p.box.Orders().GetOrderProgress(ctx, &orderv1.GetOrderProgressRequest{OrderId: id})
	if err != nil {
		return err
	}
	p.tellf("order", "%s is %s%s", words[0], state(progress.GetState()), awaited(progress.GetAwaited()))
	p.tellMoney(words[0], id)
	p.tellParcels(id)
	p.tellMails(words[0], id)
	return nil
}

func awaited(steps []*orderv1.AwaitedStep) string {
	var words []string
	for _, s := range steps {
		words = append(words, fmt.Sprintf(", awaits %s from %s", short(s.GetFact()), s.GetFromService()))
	}
	return strings.Join(words, "")
}

func (p *player) tellMoney(name, reference string) {
	sum := p.box.World().Provider.Ledger(reference).Totals["EUR"]
	p.tellf("provider", "keeps %s and holds %s for %s", cents(sum.Captured-sum.Refunded), cents(sum.Accounts["held"]), name)
}

func cents(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// tellParcels tells what each carrier has in its books; with an order's id, about
// that only.
func (p *player) tellParcels(reference string) {
	for _, name := range carriers {
		parcels := p.box.World().Carriers.Carrier(name).Ledger(reference).Parcels
		var words []string
		for state, n := range parcels {
			words = append(words, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(state), "_", " ")))
		}
		if slices.Sort(words); len(words) > 0 {
			p.tellf(name, "has %s", strings.Join(words, ", "))
		}
	}
}

// tellMails tells the mails that arrived about an order, the first first.
func (p *player) tellMails(name, id string) {
	list := p.box.World().Mailbox.Messages(mailbox.Query{Order: id}).Messages
	slices.SortFunc(list, func(a, b mailbox.Message) int { return cmp.Compare(a.ID, b.ID) })
	for _, m := range list {
		times := ""
		if m.Copies > 1 {
			times = fmt.Sprintf(" (%d copies)", m.Copies)
		}
		p.tellf("mailbox", "%s: %s%s", name, strings.ReplaceAll(m.Subject, id, name), times)
	}
}

// books tells the end of a story: what everybody has in his own books, and
// whether they all tell the same.
func (p *player) books(ctx context.Context, _ []string) error {
	for _, name := range p.order {
		if err := p.tellEnd(ctx, name); err != nil {
			return err
		}
	}
	for _, sku := range p.skus {
		r, err := p.box.Stock().GetItem(ctx, &inventoryv1.GetItemRequest{Sku: sku})
		if err != nil {
			return err
		}
		p.tellf("inventory", "has %s: %d on hand, %d reserved, %d came in", sku, r.GetItem().GetOnHand(), r.GetItem().GetReserved(), p.sent[sku])
	}
	p.tellParcels("")
	if n := p.post.waiting(); n > 0 {
		p.tellf("post", "still has %d facts", n)
	}
	return p.verify(ctx)
}

// tellEnd tells how one order has ended.
func (p *player) tellEnd(ctx context.Context, name string) error {
	id := p.ids[name]
	answer, err := p.box.Orders().GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: id})
	if err != nil {
		return err
	}
	sum := p.box.World().Provider.Ledger(id).Totals["EUR"]
	mails := p.box.World().Mailbox.Messages(mailbox.Query{Order: id}).Messages
	p.tellf("order", "%s is %s; money kept %s, held %s; mails %d", name, state(answer.GetOrder().GetState()),
		cents(sum.Captured-sum.Refunded), cents(sum.Accounts["held"]), len(mails))
	return nil
}

// verify runs the reconciler. A story that ends with an order open says so.
func (p *player) verify(ctx context.Context) error {
	report, err := verify.Run(ctx, verify.Config{
		Orders: p.box.Orders(), Payments: p.box.Payments(), Stock: p.box.Stock(), Shipments: p.box.Shipments(), Mails: p.box.Mails(),
		Sandbox: onebox.World, Transport: p.box.Transport(), Received: p.sent, Now: p.box.Now,
	})
	if err != nil {
		return err
	}
	for _, c := range report.Checks {
		for _, v := range c.Violations {
			p.tellf("books", "WRONG: %s: %s: %s", c.Name, p.rename(v.ID), p.rename(v.What))
		}
	}
	if report.Clean() {
		p.tellf("books", "agree: %d delivered, %d cancelled, %d open", report.Delivered, report.Cancelled, report.Open)
	}
	return nil
}

// rename puts the story's names in place of ids.
func (p *player) rename(text string) string {
	for id, name := range p.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}
