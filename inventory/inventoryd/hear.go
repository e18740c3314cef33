package inventoryd

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
)

// hears are the facts of others that inventory listens to.
var hears = wire.KindsOf(
	&paymentv1.PaymentAuthorized{}, &paymentv1.PaymentCaptured{},
	&orderv1.OrderCancellationRequested{}, &orderv1.OrderCancelled{},
)

// errLines says that the lines of an order are none that can be reserved: such a
// fact is wrong for ever, and set aside for people to look at.
var errLines = errors.New("lines must each be some pieces of another item")

// react returns what inventory does about a message.
func react(m bus.Message) ([]decider.Reaction[inventory.Command], error) {
	body, err := hears.Decode(m.Type, m.Body)
	if err != nil {
		return nil, err
	}
	h, err := heard(m, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Type, err)
	}
	var reactions []decider.Reaction[inventory.Command]
	for _, r := range inventory.React(h) {
		reactions = append(reactions, decider.Reaction[inventory.Command](r))
	}
	return reactions, nil
}

// heard retells a fact in inventory's own words.
func heard(m bus.Message, body proto.Message) (inventory.Heard, error) {
	switch f := body.(type) {
	case *paymentv1.PaymentAuthorized:
		lines, err := wanted(f.GetLines())
		return inventory.PaymentAuthorized{Order: f.GetOrderId(), Lines: lines}, err
	case *paymentv1.PaymentCaptured:
		return inventory.PaymentCaptured{Order: f.GetOrderId()}, nil
	case *orderv1.OrderCancellationRequested:
		return inventory.CancellationRequested{Order: f.GetOrderId()}, nil
	case *orderv1.OrderCancelled:
		return inventory.OrderCancelled{Order: f.GetOrderId()}, nil
	}
	panic(fmt.Sprintf("inventoryd: hears %s but has no word for it", m.Type)) // a kind in hears, forgotten here
}

func wanted(wired []*paymentv1.PaymentLine) ([]inventory.Line, error) {
	var lines []inventory.Line
	seen := map[string]bool{}
	for _, l := range wired {
		if l.GetQuantity() < 1 || seen[l.GetSku()] {
			return nil, errLines
		}
		seen[l.GetSku()] = true
		lines = append(lines, inventory.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	if len(lines) == 0 {
		return nil, errLines
	}
	return lines, nil
}
