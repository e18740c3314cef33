package orderd

import (
	"fmt"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/money"
	"orpheus.example/kit/wire"
	"orpheus.example/order"
)

// says are the facts that order publishes.
var says = wire.KindsOf(
	&orderv1.OrderPlaced{}, &orderv1.OrderConfirmed{}, &orderv1.OrderCancellationRequested{},
	&orderv1.OrderCancellationRefused{}, &orderv1.OrderCancelled{}, &orderv1.OrderDispatched{},
	&orderv1.OrderShipped{}, &orderv1.OrderDelivered{},
)

// keeps are all kinds in order's log: the facts, and its own records.
var keeps = says.And(&orderv1.ProgressNoted{}, &orderv1.PriceNoted{})

// codec keeps an order's events as the facts that others hear.
var codec = wire.Codec[order.Event]{Kinds: keeps, To: toWire, From: fromWire}

func toWire(e order.Event) (proto.Message, error) {
	switch e := e.(type) {
	case order.WasPlaced:
		return placedToWire(e)
	case order.WasConfirmed:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderConfirmed{OrderId: e.Order, Sequence: e.Number, Order: d}, err
	case order.CancellationRequested:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderCancellationRequested{OrderId: e.Order, Sequence: e.Number, Order: d, Reason: reasonToWire(e.Reason), Note: e.Note}, err
	case order.CancellationRefused:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderCancellationRefused{OrderId: e.Order, Sequence: e.Number, Order: d, Reason: reasonToWire(e.Reason)}, err
	case order.WasCancelled:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderCancelled{OrderId: e.Order, Sequence: e.Number, Order: d, Reason: reasonToWire(e.Reason)}, err
	case order.WasDispatched:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderDispatched{OrderId: e.Order, Sequence: e.Number, Order: d, Carrier: e.Carrier, TrackingNumber: e.Tracking}, err
	case order.WasShipped:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderShipped{OrderId: e.Order, Sequence: e.Number, Order: d, Carrier: e.Carrier, TrackingNumber: e.Tracking}, err
	case order.WasDelivered:
		d, err := detailsToWire(e.Details)
		return &orderv1.OrderDelivered{OrderId: e.Order, Sequence: e.Number, Order: d, Carrier: e.Carrier, TrackingNumber: e.Tracking}, err
	case order.Recorded:
		return recordedToWire(e)
	case order.PriceNoted:
		each, err := money.Proto(e.Price.Each.Amount, e.Price.Each.Currency)
		return &orderv1.PriceNoted{Sku: e.SKU, Name: e.Price.Name, UnitPrice: each, ItemVersion: e.Price.Version}, err
	}
	panic(fmt.Sprintf("orderd: event of unknown kind %T", e))
}

func placedToWire(e order.WasPlaced) (proto.Message, error) {
	d, err := detailsToWire(e.Details)
	return &orderv1.OrderPlaced{
		OrderId: e.Order, Sequence: e.Number, Order: d, TransactionId: e.Transaction, PaymentToken: e.Token,
		PlaceTime: timestamppb.New(e.PlacedAt), PayBy: timestamppb.New(e.PayBy), FulfilBy: timestamppb.New(e.FulfilBy),
	}, err
}

// recordedToWire leaves out the amount where the fact has none.
func recordedToWire(e order.Recorded) (proto.Message, error) {
	m := &orderv1.ProgressNoted{
		OrderId: e.Order, Fact: e.Fact.Kind, FactEventId: e.Fact.ID, Detail: e.Fact.Detail,
		Carrier: e.Fact.Carrier, TrackingNumber: e.Fact.Tracking,
	}
	if e.Fact.Amount == (order.Money{}) {
		return m, nil
	}
	amount, err := money.Proto(e.Fact.Amount.Amount, e.Fact.Amount.Currency)
	m.Amount = amount
	return m, err
}

func detailsToWire(d order.Details) (*orderv1.OrderDetails, error) {
	total, err := money.Proto(d.Total.Amount, d.Total.Currency)
	if err != nil {
		return nil, err
	}
	lines := make([]*orderv1.OrderLine, len(d.Lines))
	for i, l := range d.Lines {
		each, err := money.Proto(l.UnitPrice.Amount, l.UnitPrice.Currency)
		if err != nil {
			return nil, err
		}
		lines[i] = &orderv1.OrderLine{Sku: l.SKU, Name: l.Name, Quantity: l.Quantity, UnitPrice: each}
	}
	return &orderv1.OrderDetails{
		CustomerId: d.Customer, Email: d.Email, Name: d.Name, Lines: lines, Total: total,
		ShipTo: &orderv1.Address{
			Street: d.ShipTo.Street, Extra: d.ShipTo.Extra, City: d.ShipTo.City, Region: d.ShipTo.Region,
			PostalCode: d.ShipTo.PostalCode, CountryCode: d.ShipTo.CountryCode,
		},
	}, nil
}

func fromWire(m proto.Message) (order.Event, error) {
	switch m := m.(type) {
	case *orderv1.OrderPlaced:
		return placedFromWire(m)
	case *orderv1.ProgressNoted:
		amount, err := optionalMoney(m.GetAmount())
		return order.Recorded{Order: m.GetOrderId(), Fact: order.Fact{
			Kind: m.GetFact(), ID: m.GetFactEventId(), Amount: amount, Detail: m.GetDetail(),
			Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber(),
		}}, err
	case *orderv1.PriceNoted:
		each, err := fromMoney(m.GetUnitPrice())
		return order.PriceNoted{SKU: m.GetSku(), Price: order.Price{Name: m.GetName(), Each: each, Version: m.GetItemVersion()}}, err
	}
	return factFromWire(m)
}

func factFromWire(m proto.Message) (order.Event, error) {
	fat, ok := m.(interface {
		GetOrderId() string
		GetSequence() int64
		GetOrder() *orderv1.OrderDetails
	})
	if !ok {
		return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
	}
	d, err := detailsFromWire(fat.GetOrderId(), fat.GetOrder())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", wire.Kind(m), err)
	}
	n := fat.GetSequence()
	switch m := m.(type) {
	case *orderv1.OrderConfirmed:
		return order.WasConfirmed{Number: n, Details: d}, nil
	case *orderv1.OrderCancellationRequested:
		return order.CancellationRequested{Number: n, Details: d, Reason: reasonFromWire(m.GetReason()), Note: m.GetNote()}, nil
	case *orderv1.OrderCancellationRefused:
		return order.CancellationRefused{Number: n, Details: d, Reason: reasonFromWire(m.GetReason())}, nil
	case *orderv1.OrderCancelled:
		return order.WasCancelled{Number: n, Details: d, Reason: reasonFromWire(m.GetReason())}, nil
	case *orderv1.OrderDispatched:
		return order.WasDispatched{Number: n, Details: d, Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	case *orderv1.OrderShipped:
		return order.WasShipped{Number: n, Details: d, Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	case *orderv1.OrderDelivered:
		return order.WasDelivered{Number: n, Details: d, Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	}
	return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
}

func placedFromWire(m *orderv1.OrderPlaced) (order.Event, error) {
	d, err := detailsFromWire(m.GetOrderId(), m.GetOrder())
	return order.WasPlaced{
		Number: m.GetSequence(), Details: d, Transaction: m.GetTransactionId(), Token: m.GetPaymentToken(),
		PlacedAt: instant(m.GetPlaceTime()), PayBy: instant(m.GetPayBy()), FulfilBy: instant(m.GetFulfilBy()),
	}, err
}

func detailsFromWire(id string, m *orderv1.OrderDetails) (order.Details, error) {
	total, err := fromMoney(m.GetTotal())
	if err != nil {
		return order.Details{}, err
	}
	var lines []order.Line
	for _, l := range m.GetLines() {
		each, err := fromMoney(l.GetUnitPrice())
		if err != nil {
			return order.Details{}, err
		}
		lines = append(lines, order.Line{SKU: l.GetSku(), Name: l.GetName(), Quantity: l.GetQuantity(), UnitPrice: each})
	}
	return order.Details{
		Order: id, Customer: m.GetCustomerId(), Email: m.GetEmail(), Name: m.GetName(),
		ShipTo: addressFromWire(m.GetShipTo()), Lines: lines, Total: total,
	}, nil
}

func addressFromWire(a *orderv1.Address) order.Address {
	return order.Address{
		Street: a.GetStreet(), Extra: a.GetExtra(), City: a.GetCity(), Region: a.GetRegion(),
		PostalCode: a.GetPostalCode(), CountryCode: a.GetCountryCode(),
	}
}

func fromMoney(m *moneypb.Money) (order.Money, error) {
	amount, currency, err := money.Minor(m)
	return order.Money{Amount: amount, Currency: currency}, err
}

func optionalMoney(m *moneypb.Money) (order.Money, error) {
	if m == nil {
		return order.Money{}, nil
	}
	return fromMoney(m)
}

// instant returns the time in t, and the zero time if there is none.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// The reasons and phases of the domain are numbered as on the wire, but each is
// named here, so that neither can change unseen.
var reasons = map[order.Reason]orderv1.CancelReason{
	order.NoReason:       orderv1.CancelReason_CANCEL_REASON_UNSPECIFIED,
	order.Declined:       orderv1.CancelReason_CANCEL_REASON_DECLINED,
	order.OutOfStock:     orderv1.CancelReason_CANCEL_REASON_OUT_OF_STOCK,
	order.ByCustomer:     orderv1.CancelReason_CANCEL_REASON_CUSTOMER,
	order.Expired:        orderv1.CancelReason_CANCEL_REASON_EXPIRED,
	order.CarrierRefused: orderv1.CancelReason_CANCEL_REASON_CARRIER_REFUSED,
	order.CaptureFailed:  orderv1.CancelReason_CANCEL_REASON_CAPTURE_FAILED,
	order.Overdue:        orderv1.CancelReason_CANCEL_REASON_OVERDUE,
}

var phases = map[order.Phase]orderv1.OrderState{
	order.Unplaced:   orderv1.OrderState_ORDER_STATE_UNSPECIFIED,
	order.Placed:     orderv1.OrderState_ORDER_STATE_PLACED,
	order.Confirmed:  orderv1.OrderState_ORDER_STATE_CONFIRMED,
	order.Dispatched: orderv1.OrderState_ORDER_STATE_DISPATCHED,
	order.Shipped:    orderv1.OrderState_ORDER_STATE_SHIPPED,
	order.Delivered:  orderv1.OrderState_ORDER_STATE_DELIVERED,
	order.Cancelling: orderv1.OrderState_ORDER_STATE_CANCELLING,
	order.Cancelled:  orderv1.OrderState_ORDER_STATE_CANCELLED,
}

func reasonToWire(r order.Reason) orderv1.CancelReason { return reasons[r] }

func reasonFromWire(w orderv1.CancelReason) order.Reason {
	for r, v := range reasons {
		if v == w {
			return r
		}
	}
	return order.NoReason // a reason of a later release: cancelled all the same
}
