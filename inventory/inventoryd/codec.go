package inventoryd

import (
	"fmt"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/money"
	"orpheus.example/kit/wire"
)

// says are the facts that inventory publishes.
var says = wire.KindsOf(
	&inventoryv1.ItemListed{}, &inventoryv1.ItemPriceChanged{}, &inventoryv1.StockLevelChanged{},
	&inventoryv1.StockReserved{}, &inventoryv1.StockUnavailable{}, &inventoryv1.StockDispatched{},
	&inventoryv1.StockReleased{}, &inventoryv1.StockReleaseRefused{},
)

// terminal are those that nobody need hear: they are for pages that show the
// stock, where there are any.
var terminal = wire.KindsOf(&inventoryv1.StockLevelChanged{})

// keeps are all kinds in inventory's log: the facts, and its own records.
var keeps = says.And(&inventoryv1.StockReceived{}, &inventoryv1.ReservationClosed{})

// codec keeps the events of items and reservations as the facts that others
// hear.
var codec = wire.Codec[inventory.Event]{Kinds: keeps, To: toWire, From: fromWire}

func toWire(e inventory.Event) (proto.Message, error) {
	switch e := e.(type) {
	case inventory.WasListed:
		price, err := toMoney(e.Price)
		return &inventoryv1.ItemListed{Sku: e.SKU, Name: e.Name, Price: price, ItemVersion: e.Version}, err
	case inventory.PriceChanged:
		price, err := toMoney(e.Price)
		return &inventoryv1.ItemPriceChanged{Sku: e.SKU, Name: e.Name, Price: price, ItemVersion: e.Version}, err
	case inventory.LevelChanged:
		price, err := toMoney(e.Price)
		return &inventoryv1.StockLevelChanged{
			Sku: e.SKU, Name: e.Name, Price: price, OnHand: e.OnHand, Reserved: e.Reserved,
			Available: e.OnHand - e.Reserved, ItemVersion: e.Version, OrderId: e.Order,
		}, err
	default:
		return reservationToWire(e), nil
	}
}

func reservationToWire(e inventory.Event) proto.Message {
	switch e := e.(type) {
	case inventory.WasReserved:
		return &inventoryv1.StockReserved{OrderId: e.Order, Lines: linesToWire(e.Lines)}
	case inventory.WasUnavailable:
		return &inventoryv1.StockUnavailable{OrderId: e.Order, Short: shortToWire(e.Short)}
	case inventory.WasDispatched:
		return &inventoryv1.StockDispatched{OrderId: e.Order, Lines: linesToWire(e.Lines)}
	case inventory.WasReleased:
		return &inventoryv1.StockReleased{OrderId: e.Order, Lines: linesToWire(e.Lines)}
	case inventory.ReleaseRefused:
		return &inventoryv1.StockReleaseRefused{OrderId: e.Order}
	case inventory.WasReceived:
		return &inventoryv1.StockReceived{Sku: e.SKU, Quantity: e.Quantity, RequestId: e.Request}
	case inventory.WasClosed:
		return &inventoryv1.ReservationClosed{OrderId: e.Order}
	case inventory.WasListed, inventory.PriceChanged, inventory.LevelChanged: // of items: seen to by toWire
	}
	panic(fmt.Sprintf("inventoryd: event of unknown kind %T", e))
}

func fromWire(m proto.Message) (inventory.Event, error) {
	switch m := m.(type) {
	case *inventoryv1.ItemListed:
		price, err := fromMoney(m.GetPrice())
		return inventory.WasListed{SKU: m.GetSku(), Name: m.GetName(), Price: price, Version: m.GetItemVersion()}, err
	case *inventoryv1.ItemPriceChanged:
		price, err := fromMoney(m.GetPrice())
		return inventory.PriceChanged{SKU: m.GetSku(), Name: m.GetName(), Price: price, Version: m.GetItemVersion()}, err
	case *inventoryv1.StockLevelChanged:
		price, err := fromMoney(m.GetPrice())
		return inventory.LevelChanged{
			SKU: m.GetSku(), Name: m.GetName(), Price: price, OnHand: m.GetOnHand(), Reserved: m.GetReserved(),
			Version: m.GetItemVersion(), Order: m.GetOrderId(),
		}, err
	}
	return reservationFromWire(m)
}

func reservationFromWire(m proto.Message) (inventory.Event, error) {
	switch m := m.(type) {
	case *inventoryv1.StockReserved:
		return inventory.WasReserved{Order: m.GetOrderId(), Lines: linesFromWire(m.GetLines())}, nil
	case *inventoryv1.StockUnavailable:
		return inventory.WasUnavailable{Order: m.GetOrderId(), Short: shortFromWire(m.GetShort())}, nil
	case *inventoryv1.StockDispatched:
		return inventory.WasDispatched{Order: m.GetOrderId(), Lines: linesFromWire(m.GetLines())}, nil
	case *inventoryv1.StockReleased:
		return inventory.WasReleased{Order: m.GetOrderId(), Lines: linesFromWire(m.GetLines())}, nil
	case *inventoryv1.StockReleaseRefused:
		return inventory.ReleaseRefused{Order: m.GetOrderId()}, nil
	case *inventoryv1.StockReceived:
		return inventory.WasReceived{SKU: m.GetSku(), Quantity: m.GetQuantity(), Request: m.GetRequestId()}, nil
	case *inventoryv1.ReservationClosed:
		return inventory.WasClosed{Order: m.GetOrderId()}, nil
	}
	return nil, fmt.Errorf("%s: %w", wire.Kind(m), wire.ErrUnknownKind)
}

func linesToWire(lines []inventory.Line) []*inventoryv1.StockLine {
	var wired []*inventoryv1.StockLine
	for _, l := range lines {
		wired = append(wired, &inventoryv1.StockLine{Sku: l.SKU, Quantity: l.Quantity})
	}
	return wired
}

func linesFromWire(wired []*inventoryv1.StockLine) []inventory.Line {
	var lines []inventory.Line
	for _, l := range wired {
		lines = append(lines, inventory.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return lines
}

func shortToWire(short []inventory.Short) []*inventoryv1.ShortLine {
	var wired []*inventoryv1.ShortLine
	for _, s := range short {
		wired = append(wired, &inventoryv1.ShortLine{Sku: s.SKU, Wanted: s.Wanted, Available: s.Available})
	}
	return wired
}

func shortFromWire(wired []*inventoryv1.ShortLine) []inventory.Short {
	var short []inventory.Short
	for _, s := range wired {
		short = append(short, inventory.Short{SKU: s.GetSku(), Wanted: s.GetWanted(), Available: s.GetAvailable()})
	}
	return short
}

func toMoney(m inventory.Money) (*moneypb.Money, error) { return money.Proto(m.Amount, m.Currency) }

func fromMoney(m *moneypb.Money) (inventory.Money, error) {
	amount, currency, err := money.Minor(m)
	return inventory.Money{Amount: amount, Currency: currency}, err
}
