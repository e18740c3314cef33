package shippingd

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/wire"
	"orpheus.example/shipping"
)

// says are the facts that shipping publishes.
var says = wire.KindsOf(
	&shippingv1.ShipmentBooked{}, &shippingv1.ShipmentRefused{}, &shippingv1.ShipmentShipped{},
	&shippingv1.ShipmentDelivered{}, &shippingv1.ShipmentCancelled{},
)

// keeps are all kinds in shipping's log: the facts, and its own records.
var keeps = says.And(
	&shippingv1.ShipmentOpened{}, &shippingv1.CarrierChosen{}, &shippingv1.CarrierRefused{}, &shippingv1.CancellationNoted{},
	&shippingv1.ParcelHandedOver{}, &shippingv1.ParcelAccepted{}, &shippingv1.ParcelLost{}, &shippingv1.ShipmentClosed{},
)

// codec keeps a shipment's events as protobuf. The id of a shipment is that of
// its order: there is one for each.
var codec = wire.Codec[shipping.Event]{Kinds: keeps, To: toWire, From: fromWire}

func toWire(e shipping.Event) (proto.Message, error) {
	switch e := e.(type) {
	case shipping.WasBooked:
		return &shippingv1.ShipmentBooked{
			OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier, TrackingNumber: e.Tracking, CarrierReference: e.Label,
		}, nil
	case shipping.WasRefused:
		return &shippingv1.ShipmentRefused{OrderId: e.Order, ShipmentId: e.Order, Refusals: refusalsToWire(e.Refusals)}, nil
	case shipping.WasShipped:
		return &shippingv1.ShipmentShipped{OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier, TrackingNumber: e.Tracking}, nil
	case shipping.WasDelivered:
		return &shippingv1.ShipmentDelivered{OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier, TrackingNumber: e.Tracking}, nil
	case shipping.WasCancelled:
		return &shippingv1.ShipmentCancelled{OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier, TrackingNumber: e.Tracking}, nil
	case shipping.WasOpened:
		return &shippingv1.ShipmentOpened{
			OrderId: e.Order, ShipmentId: e.Order, Name: e.Name, ShipTo: addressToWire(e.ShipTo),
			Lines: linesToWire(e.Lines), Carriers: e.Carriers, Carrier: e.Chosen,
		}, nil
	case shipping.CarrierChosen:
		return &shippingv1.CarrierChosen{OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier}, nil
	case shipping.CarrierRefused:
		return &shippingv1.CarrierRefused{OrderId: e.Order, ShipmentId: e.Order, Carrier: e.Carrier, Code: e.Code, Message: e.Message}, nil
	case shipping.CancellationNoted:
		return &shippingv1.CancellationNoted{OrderId: e.Order, ShipmentId: e.Order}, nil
	case shipping.WasHandedOver:
		return &shippingv1.ParcelHandedOver{OrderId: e.Order, ShipmentId: e.Order}, nil
	case shipping.WasAccepted:
		return &shippingv1.ParcelAccepted{OrderId: e.Order, ShipmentId: e.Order}, nil
	case shipping.WasLost:
		return &shippingv1.ParcelLost{OrderId: e.Order, ShipmentId: e.Order, Note: e.Note}, nil
	case shipping.WasClosed:
		return &shippingv1.ShipmentClosed{OrderId: e.Order}, nil // maybe none was opened
	}
	panic(fmt.Sprintf("shippingd: event of unknown kind %T", e))
}

func fromWire(m proto.Message) (shipping.Event, error) {
	switch m := m.(type) {
	case *shippingv1.ShipmentBooked:
		return shipping.WasBooked{
			Order: m.GetOrderId(), Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber(), Label: m.GetCarrierReference(),
		}, nil
	case *shippingv1.ShipmentRefused:
		return shipping.WasRefused{Order: m.GetOrderId(), Refusals: refusalsFromWire(m.GetRefusals())}, nil
	case *shippingv1.ShipmentShipped:
		return shipping.WasShipped{Order: m.GetOrderId(), Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	case *shippingv1.ShipmentDelivered:
		return shipping.WasDelivered{Order: m.GetOrderId(), Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	case *shippingv1.ShipmentCancelled:
		return shipping.WasCancelled{Order: m.GetOrderId(), Carrier: m.GetCarrier(), Tracking: m.GetTrackingNumber()}, nil
	}
	return recordFromWire(m)
}

func recordFromWire(m proto.Message) (shipping.Event, error) {
	switch m := m.(type) {
	case *shippingv1.ShipmentOpened:
		return shipping.WasOpened{
			Order: m.GetOrderId(), Name: m.GetName(), ShipTo: addressFromWire(m.GetShipTo()),
			Lines: linesFromWire(m.GetLines()), Carriers: m.GetCarriers(), Chosen: m.GetCarrier(),
		}, nil
	case *shippingv1.CarrierChosen:
		return shipping.CarrierChosen{Order: m.GetOrderId(), Carrier: m.GetCarrier()}, nil
	case *shippingv1.CarrierRefused:
		return shipping.CarrierRefused{Order: m.GetOrderId(), Carrier: m.GetCarrier(), Code: m.GetCode(), Message: m.GetMessage()}, nil
	case *shippingv1.CancellationNoted:
		return shipping.CancellationNoted{Order: m.GetOrderId()}, nil
	case *shippingv1.ParcelHandedOver:
		return shipping.WasHandedOver{Order: m.GetOrderId()}, nil
	case *shippingv1.ParcelAccepted:
		return shipping.WasAccepted{Order: m.GetOrderId()}, nil
	case *shippingv1.ParcelLost:
		return shipping.WasLost{Order: m.GetOrderId(), Note: m.GetNote()}, nil
	case *shippingv1.ShipmentClosed:
		return shipping.WasClosed{Order: m.GetOrderId()}, nil
	}
	return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
}

func addressToWire(a shipping.Address) *shippingv1.Address {
	return &shippingv1.Address{
		Street: a.Street, Extra: a.Extra, City: a.City, Region: a.Region, PostalCode: a.PostalCode, CountryCode: a.CountryCode,
	}
}

func addressFromWire(a *shippingv1.Address) shipping.Address {
	return shipping.Address{
		Street: a.GetStreet(), Extra: a.GetExtra(), City: a.GetCity(), Region: a.GetRegion(),
		PostalCode: a.GetPostalCode(), CountryCode: a.GetCountryCode(),
	}
}

func linesToWire(lines []shipping.Line) []*shippingv1.ParcelLine {
	var wired []*shippingv1.ParcelLine
	for _, l := range lines {
		wired = append(wired, &shippingv1.ParcelLine{Sku: l.SKU, Quantity: l.Quantity})
	}
	return wired
}

func linesFromWire(wired []*shippingv1.ParcelLine) []shipping.Line {
	var lines []shipping.Line
	for _, l := range wired {
		lines = append(lines, shipping.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return lines
}

func refusalsToWire(refusals []shipping.Refusal) []*shippingv1.Refusal {
	var wired []*shippingv1.Refusal
	for _, r := range refusals {
		wired = append(wired, &shippingv1.Refusal{Carrier: r.Carrier, Code: r.Code, Message: r.Message})
	}
	return wired
}

func refusalsFromWire(wired []*shippingv1.Refusal) []shipping.Refusal {
	var refusals []shipping.Refusal
	for _, r := range wired {
		refusals = append(refusals, shipping.Refusal{Carrier: r.GetCarrier(), Code: r.GetCode(), Message: r.GetMessage()})
	}
	return refusals
}

// The phases of the domain are numbered as on the wire or otherwise: each is
// named here, so that neither can change unseen.
var phases = map[shipping.Phase]shippingv1.ShipmentState{
	shipping.None:       shippingv1.ShipmentState_SHIPMENT_STATE_UNSPECIFIED,
	shipping.Booking:    shippingv1.ShipmentState_SHIPMENT_STATE_BOOKING,
	shipping.Booked:     shippingv1.ShipmentState_SHIPMENT_STATE_BOOKED,
	shipping.Refused:    shippingv1.ShipmentState_SHIPMENT_STATE_REFUSED,
	shipping.HandedOver: shippingv1.ShipmentState_SHIPMENT_STATE_HANDED_OVER,
	shipping.Shipped:    shippingv1.ShipmentState_SHIPMENT_STATE_SHIPPED,
	shipping.Delivered:  shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED,
	shipping.Cancelling: shippingv1.ShipmentState_SHIPMENT_STATE_CANCELLING,
	shipping.Cancelled:  shippingv1.ShipmentState_SHIPMENT_STATE_CANCELLED,
}

// phaseOf returns the phase that is numbered so.
func phaseOf(state shippingv1.ShipmentState) shipping.Phase {
	for phase, number := range phases {
		if number == state {
			return phase
		}
	}
	return shipping.None // a state of a later release, which leads to none of ours
}

var statuses = map[shippingv1.TrackingStatus]shipping.Status{
	shippingv1.TrackingStatus_TRACKING_STATUS_SHIPPED:   shipping.InTransit,
	shippingv1.TrackingStatus_TRACKING_STATUS_DELIVERED: shipping.Arrived,
	shippingv1.TrackingStatus_TRACKING_STATUS_LOST:      shipping.Missing,
}
