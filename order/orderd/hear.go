package orderd

import (
	"fmt"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
	"orpheus.example/order"
)

// hears are the facts of others that order listens to.
var hears = wire.KindsOf(
	&paymentv1.PaymentAuthorized{}, &paymentv1.PaymentDeclined{}, &paymentv1.PaymentCaptured{},
	&paymentv1.PaymentCaptureFailed{}, &paymentv1.PaymentVoided{}, &paymentv1.PaymentRefunded{},
	&inventoryv1.StockReserved{}, &inventoryv1.StockUnavailable{}, &inventoryv1.StockDispatched{},
	&inventoryv1.StockReleased{}, &inventoryv1.StockReleaseRefused{},
	&inventoryv1.ItemListed{}, &inventoryv1.ItemPriceChanged{},
	&shippingv1.ShipmentBooked{}, &shippingv1.ShipmentRefused{}, &shippingv1.ShipmentShipped{},
	&shippingv1.ShipmentDelivered{}, &shippingv1.ShipmentCancelled{},
)

// react returns what order does about a message.
func react(m bus.Message) ([]decider.Reaction[order.Command], error) {
	body, err := hears.Decode(m.Type, m.Body)
	if err != nil {
		return nil, err
	}
	h, err := heard(m, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Type, err)
	}
	var reactions []decider.Reaction[order.Command]
	for _, r := range order.React(h) {
		reactions = append(reactions, decider.Reaction[order.Command](r))
	}
	return reactions, nil
}

// heard retells a fact in order's own words.
func heard(m bus.Message, body proto.Message) (order.Heard, error) {
	switch f := body.(type) {
	case *paymentv1.PaymentAuthorized:
		return forRecord(m, f.GetOrderId(), f.GetAmount())
	case *paymentv1.PaymentCaptured:
		return forRecord(m, f.GetOrderId(), f.GetAmount())
	case *paymentv1.PaymentVoided:
		return forRecord(m, f.GetOrderId(), f.GetAmount())
	case *paymentv1.PaymentRefunded:
		return forRecord(m, f.GetOrderId(), f.GetAmount())
	case *paymentv1.PaymentDeclined:
		return order.PaymentDeclined{Order: f.GetOrderId(), Fact: fact(m, f.GetCode())}, nil
	case *paymentv1.PaymentCaptureFailed:
		return order.PaymentNotCaptured{Order: f.GetOrderId(), Fact: fact(m, f.GetCode())}, nil
	case *inventoryv1.ItemListed:
		return priceHeard(f)
	case *inventoryv1.ItemPriceChanged:
		return priceHeard(f)
	}
	return heardOfGoods(m, body), nil
}

func heardOfGoods(m bus.Message, body proto.Message) order.Heard {
	switch f := body.(type) {
	case *inventoryv1.StockReserved:
		return order.StockReserved{Order: f.GetOrderId()}
	case *inventoryv1.StockUnavailable:
		return order.StockUnavailable{Order: f.GetOrderId(), Fact: fact(m, shortage(f))}
	case *inventoryv1.StockDispatched:
		return order.StockDispatched{Order: f.GetOrderId()}
	case *inventoryv1.StockReleased:
		return order.StockReleased{Order: f.GetOrderId()}
	case *inventoryv1.StockReleaseRefused:
		return order.StockReleaseRefused{Order: f.GetOrderId()}
	case *shippingv1.ShipmentRefused:
		return order.ShipmentRefused{Order: f.GetOrderId(), Fact: fact(m, refusal(f))}
	case *shippingv1.ShipmentShipped:
		return order.ShipmentShipped{Order: f.GetOrderId()}
	case *shippingv1.ShipmentDelivered:
		return order.ShipmentDelivered{Order: f.GetOrderId()}
	case *shippingv1.ShipmentBooked:
		return withParcel(m, f.GetOrderId(), f)
	case *shippingv1.ShipmentCancelled:
		return withParcel(m, f.GetOrderId(), f)
	}
	panic(fmt.Sprintf("orderd: hears %s but has no word for it", m.Type)) // a kind in hears, forgotten here
}

// fact is what an order records of a message.
func fact(m bus.Message, detail string) order.Fact {
	return order.Fact{Kind: m.Type, ID: m.ID.String(), Detail: detail}
}

func forRecord(m bus.Message, id string, amount *moneypb.Money) (order.Heard, error) {
	sum, err := optionalMoney(amount)
	f := fact(m, "")
	f.Amount = sum
	return order.HeardForRecord{Order: id, Fact: f}, err
}

func withParcel(m bus.Message, id string, parcel interface {
	GetCarrier() string
	GetTrackingNumber() string
},
) order.Heard {
	f := fact(m, "")
	f.Carrier, f.Tracking = parcel.GetCarrier(), parcel.GetTrackingNumber()
	return order.HeardForRecord{Order: id, Fact: f}
}

func priceHeard(f interface {
	GetSku() string
	GetName() string
	GetPrice() *moneypb.Money
	GetItemVersion() int64
},
) (order.Heard, error) {
	each, err := fromMoney(f.GetPrice())
	return order.PriceHeard{SKU: f.GetSku(), Price: order.Price{Name: f.GetName(), Each: each, Version: f.GetItemVersion()}}, err
}

func shortage(f *inventoryv1.StockUnavailable) string {
	if len(f.GetShort()) == 0 {
		return ""
	}
	s := f.GetShort()[0]
	return fmt.Sprintf("%s: wanted %d, available %d", s.GetSku(), s.GetWanted(), s.GetAvailable())
}

func refusal(f *shippingv1.ShipmentRefused) string {
	if len(f.GetRefusals()) == 0 {
		return ""
	}
	r := f.GetRefusals()[0]
	return fmt.Sprintf("%s: %s", r.GetCarrier(), r.GetCode())
}
