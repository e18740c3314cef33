package paymentd

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
	"orpheus.example/payment"
)

// hears are the facts of others that payment listens to.
var hears = wire.KindsOf(
	&orderv1.OrderPlaced{}, &orderv1.OrderCancelled{}, &inventoryv1.StockUnavailable{}, &shippingv1.ShipmentBooked{},
)

// react returns what payment does about a message.
func react(m bus.Message) ([]decider.Reaction[payment.Command], error) {
	body, err := hears.Decode(m.Type, m.Body)
	if err != nil {
		return nil, err
	}
	h, err := heard(m, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Type, err)
	}
	var reactions []decider.Reaction[payment.Command]
	for _, r := range payment.React(h) {
		reactions = append(reactions, decider.Reaction[payment.Command](r))
	}
	return reactions, nil
}

// heard retells a fact in payment's own words.
func heard(m bus.Message, body proto.Message) (payment.Heard, error) {
	switch f := body.(type) {
	case *orderv1.OrderPlaced:
		return placed(f)
	case *orderv1.OrderCancelled:
		return payment.OrderCancelled{Order: f.GetOrderId()}, nil
	case *inventoryv1.StockUnavailable:
		return payment.StockUnavailable{Order: f.GetOrderId()}, nil
	case *shippingv1.ShipmentBooked:
		return payment.ShipmentBooked{Order: f.GetOrderId()}, nil
	}
	panic(fmt.Sprintf("paymentd: hears %s but has no word for it", m.Type)) // a kind in hears, forgotten here
}

func placed(f *orderv1.OrderPlaced) (payment.Heard, error) {
	total, err := fromMoney(f.GetOrder().GetTotal())
	var lines []payment.Line
	for _, l := range f.GetOrder().GetLines() {
		lines = append(lines, payment.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return payment.OrderPlaced{
		Order: f.GetOrderId(), Transaction: f.GetTransactionId(), Token: f.GetPaymentToken(), Total: total, Lines: lines,
	}, err
}
