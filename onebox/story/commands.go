package story

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/status"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/sandbox/faults"
)

// A command is one line of a script. Least is how many words it needs.
type command struct {
	least int
	play  func(*player, context.Context, []string) error
}

var commands = map[string]command{
	"item":      {3, (*player).item},
	"price":     {3, (*player).price},
	"receive":   {2, (*player).receive},
	"place":     {2, (*player).place},
	"again":     {1, (*player).again},
	"cancel":    {1, (*player).cancel},
	"refund":    {2, (*player).refund},
	"track":     {2, (*player).track},
	"settle":    {0, func(p *player, ctx context.Context, _ []string) error { return p.settle(ctx) }},
	"advance":   {1, (*player).advance},
	"pass":      {1, (*player).passWords},
	"hold":      {4, (*player).hold},
	"release":   {0, (*player).release},
	"duplicate": {0, func(p *player, _ context.Context, _ []string) error { p.post.twice = true; return nil }},
	"late":      {0, func(p *player, _ context.Context, _ []string) error { p.post.slow = true; return nil }},
	"reverse": {0, func(p *player, _ context.Context, _ []string) error {
		p.post.slow, p.post.last = true, true
		return nil
	}},
	"switch": {2, (*player).turn},
	"show":   {1, (*player).show},
	"books":  {0, (*player).books},
}

// refusal tells a service's no, which is part of a story and does not end it.
func (p *player) refusal(service string, err error) error {
	if s, ok := status.FromError(err); ok && err != nil {
		p.tellf(service, "refuses: %s", s.Message())
		return nil
	}
	return err
}

// item lists an item. What the services say to each other about it is not told:
// it is the same in every story.
func (p *player) item(ctx context.Context, words []string) error {
	price, err := parseMoney(words[1], words[2])
	if err != nil {
		return err
	}
	_, err = p.box.Stock().AddItem(ctx, &inventoryv1.AddItemRequest{
		RequestId: p.request(), Sku: words[0], Name: "A " + strings.ToLower(words[0]), Price: price,
	})
	if err != nil {
		return p.refusal("inventory", err)
	}
	p.skus = append(p.skus, words[0])
	if len(words) > 4 && words[3] == "stock" {
		if err := p.receive(ctx, []string{words[0], words[4]}); err != nil {
			return err
		}
	}
	before := p.told
	err = p.settle(ctx)
	p.told = before
	p.tellf("inventory", "has %s at %s, %d on hand", words[0], amount(price), p.sent[words[0]])
	return err
}

func (p *player) price(ctx context.Context, words []string) error {
	price, err := parseMoney(words[1], words[2])
	if err != nil {
		return err
	}
	_, err = p.box.Stock().SetPrice(ctx, &inventoryv1.SetPriceRequest{RequestId: p.request(), Sku: words[0], Price: price})
	return p.refusal("inventory", err)
}

func (p *player) receive(ctx context.Context, words []string) error {
	n, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return err
	}
	_, err = p.box.Stock().ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{RequestId: p.request(), Sku: words[0], Quantity: n})
	if err == nil {
		p.sent[words[0]] += n
	}
	return p.refusal("inventory", err)
}

func (p *player) place(ctx context.Context, words []string) error {
	name := words[0]
	r := &orderv1.PlaceOrderRequest{
		RequestId: p.request(), CustomerId: "customer-" + name, Email: name + "@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		PaymentToken: "tok_ok",
	}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "token":
			r.PaymentToken = strings.ReplaceAll(value, " ", "_") // tokens have underscores of their own
		case "street":
			r.ShipTo.Street = value
		case "email":
			r.Email = value
		default:
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return err
			}
			r.Lines = append(r.Lines, &orderv1.PlaceOrderLine{Sku: key, Quantity: n})
		}
	}
	p.placed[name] = r
	return p.send(ctx, name)
}

// send sends the request of an order.
func (p *player) send(ctx context.Context, name string) error {
	answer, err := p.box.Orders().PlaceOrder(ctx, p.placed[name])
	if err != nil {
		return p.refusal("order", err)
	}
	if _, ok := p.ids[name]; !ok {
		p.order = append(p.order, name)
	}
	p.ids[name], p.names[answer.GetOrderId()] = answer.GetOrderId(), name
	return nil
}

func (p *player) again(ctx context.Context, words []string) error {
	if _, err := p.id(words[0]); err != nil {
		return err
	}
	before := p.read["order"]
	if err := p.send(ctx, words[0]); err != nil {
		return err
	}
	if head, err := p.box.Store("order").Head(ctx); err != nil || head != before {
		return err
	}
	p.tellf("order", "answers as before")
	return nil
}

// id returns an order's id.
func (p *player) id(name string) (string, error) {
	if id, ok := p.ids[name]; ok {
		return id, nil
	}
	return "", fmt.Errorf("no order is called %q", name)
}

func (p *player) cancel(ctx context.Context, words []string) error {
	id, err := p.id(words[0])
	if err != nil {
		return err
	}
	before := p.read["order"]
	answer, err := p.box.Orders().CancelOrder(ctx, &orderv1.CancelOrderRequest{OrderId: id, RequestId: p.request()})
	if err != nil {
		return p.refusal("order", err)
	}
	if head, err := p.box.Store("order").Head(ctx); err != nil || head != before {
		return err
	}
	p.tellf("order", "has nothing to add: it is %s", state(answer.GetState()))
	return nil
}

func (p *player) refund(ctx context.Context, words []string) error {
	id, err := p.id(words[0])
	if err != nil {
		return err
	}
	money, err := parseMoney(words[1], "EUR")
	if err != nil {
		return err
	}
	_, err = p.box.Payments().RefundPayment(ctx, &paymentv1.RefundPaymentRequest{
		OrderId: id, RequestId: p.request(), Amount: money, Reason: "goodwill",
	})
	return p.refusal("payment", err)
}

func (p *player) track(ctx context.Context, words []string) error {
	id, err := p.id(words[0])
	if err != nil {
		return err
	}
	said, ok := shippingv1.TrackingStatus_value["TRACKING_STATUS_"+strings.ToUpper(words[1])]
	if !ok {
		return fmt.Errorf("%q is nothing that a carrier says", words[1])
	}
	_, err = p.box.Shipments().RecordTracking(ctx, &shippingv1.RecordTrackingRequest{
		OrderId: id, RequestId: p.request(), Status: shippingv1.TrackingStatus(said),
	})
	return p.refusal("shipping", err)
}

func (p *player) advance(_ context.Context, words []string) error {
	d, err := time.ParseDuration(words[0])
	if err == nil {
		p.box.Advance(d)
	}
	return err
}

func (p *player) passWords(ctx context.Context, words []string) error {
	d, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	return p.pass(ctx, d)
}

func (p *player) hold(_ context.Context, words []string) error {
	id, err := p.id(words[1])
	p.post.holds = append(p.post.holds, hold{fact: words[0], order: id, to: words[3]})
	return err
}

func (p *player) release(context.Context, []string) error {
	p.post.holds = nil
	return nil
}

func (p *player) turn(_ context.Context, words []string) error {
	mode, err := faults.ParseMode(words[1])
	if err != nil {
		return err
	}
	return p.box.World().Faults.Set(map[string]faults.Mode{words[0]: mode})
}

var errMoney = errors.New("money is written as in 21.00 EUR")

func parseMoney(text, currency string) (*moneypb.Money, error) {
	units, cents, ok := strings.Cut(text, ".")
	whole, err := strconv.ParseInt(units, 10, 64)
	part, err2 := strconv.ParseInt(cents, 10, 32)
	if !ok || len(cents) != 2 || err != nil || err2 != nil {
		return nil, fmt.Errorf("%q: %w", text, errMoney)
	}
	return &moneypb.Money{CurrencyCode: currency, Units: whole, Nanos: int32(part) * 10_000_000}, nil
}
