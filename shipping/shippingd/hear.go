package shippingd

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
	"orpheus.example/shipping"
)

// hears are the facts of others that shipping listens to.
var hears = wire.KindsOf(&orderv1.OrderConfirmed{}, &orderv1.OrderCancelled{}, &inventoryv1.StockDispatched{})

// A hearer adds to a confirmed order the carriers that may be asked, and the first
// of them that may be asked now.
type hearer struct {
	carriers []string
	first    func(carriers []string) string
}

// react returns what shipping does about a message.
func (h hearer) react(m bus.Message) ([]decider.Reaction[shipping.Command], error) {
	body, err := hears.Decode(m.Type, m.Body)
	if err != nil {
		return nil, err
	}
	var reactions []decider.Reaction[shipping.Command]
	for _, r := range shipping.React(h.heard(m, body)) {
		reactions = append(reactions, decider.Reaction[shipping.Command](r))
	}
	return reactions, nil
}

// heard retells a fact in shipping's own words.
func (h hearer) heard(m bus.Message, body proto.Message) shipping.Heard {
	switch f := body.(type) {
	case *orderv1.OrderConfirmed:
		return h.confirmed(f)
	case *orderv1.OrderCancelled:
		return shipping.OrderCancelled{Order: f.GetOrderId()}
	case *inventoryv1.StockDispatched:
		return shipping.StockDispatched{Order: f.GetOrderId()}
	}
	panic(fmt.Sprintf("shippingd: hears %s but has no word for it", m.Type)) // a kind in hears, forgotten here
}

func (h hearer) confirmed(f *orderv1.OrderConfirmed) shipping.Heard {
	to := f.GetOrder().GetShipTo()
	var lines []shipping.Line
	for _, l := range f.GetOrder().GetLines() {
		lines = append(lines, shipping.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return shipping.OrderConfirmed{
		Order: f.GetOrderId(), Name: f.GetOrder().GetName(), Lines: lines, Carriers: h.carriers, Chosen: h.first(h.carriers),
		ShipTo: shipping.Address{
			Street: to.GetStreet(), Extra: to.GetExtra(), City: to.GetCity(), Region: to.GetRegion(),
			PostalCode: to.GetPostalCode(), CountryCode: to.GetCountryCode(),
		},
	}
}
