package verify

import (
	"maps"
	"slices"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

// pieces are numbers of pieces by sku.
type pieces map[string]int64

func (p pieces) add(lines []*orderv1.OrderLine) {
	for _, l := range lines {
		p[l.GetSku()] += l.GetQuantity()
	}
}

// checkStock compares what inventory has with what orders took. Where an order
// under way has its goods just now cannot be known from outside, so such orders
// widen what is possible.
func checkStock(c Config, b *books, found *Check) {
	gone, open := pieces{}, pieces{}
	for _, o := range b.orders {
		switch lines := o.order.GetDetails().GetLines(); {
		case o.saidFact("OrderDispatched"):
			gone.add(lines)
		case !o.rest:
			open.add(lines)
		case o.progress.GetStock().GetHeld():
			found.wrong(o.id, "has ended and holds stock")
		}
	}
	for _, i := range b.items {
		found.held()
		if i.GetReserved() < 0 || i.GetOnHand() < i.GetReserved() || i.GetAvailable() != i.GetOnHand()-i.GetReserved() {
			found.wrong(i.GetSku(), "has %d on hand, %d reserved, %d available", i.GetOnHand(), i.GetReserved(), i.GetAvailable())
		}
		if b.moved {
			continue
		}
		if most := open[i.GetSku()]; i.GetReserved() > most {
			found.wrong(i.GetSku(), "has %d reserved; open orders ask for %d", i.GetReserved(), most)
		}
		checkConserved(c, i, gone[i.GetSku()], open[i.GetSku()], found)
	}
}

// checkConserved compares what came in with what is there and what went out.
func checkConserved(c Config, i *inventoryv1.Item, gone, open int64, found *Check) {
	received, known := c.Received[i.GetSku()]
	if !known {
		return
	}
	if there := received - gone; i.GetOnHand() > there || i.GetOnHand() < there-open {
		found.wrong(i.GetSku(), "%d came in and %d went out; %d are on hand", received, gone, i.GetOnHand())
	}
}

// checkParcels compares orders with shipments.
func checkParcels(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		if !o.rest {
			continue
		}
		found.held()
		state := o.shipment.GetState()
		said := words(state, "SHIPMENT_STATE_")
		switch arrived := state == shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED; {
		case o.delivered() && !arrived:
			found.wrong(o.id, "is delivered and its shipment is %s", said)
		case o.cancelled() && arrived:
			found.wrong(o.id, "is cancelled and its shipment is %s", said)
		case o.delivered() && o.order.GetTrackingNumber() != o.shipment.GetTrackingNumber():
			found.wrong(o.id, "has parcel %q and its shipment %q", o.order.GetTrackingNumber(), o.shipment.GetTrackingNumber())
		}
	}
}

// checkCarriers compares orders with the carriers' ledgers, and looks in them for
// labels that belong to no order of ours.
func checkCarriers(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		found.held()
		live, handed := 0, 0
		for _, l := range b.world.labels[o.id] {
			if l.booked != 1 || l.handedOver > 1 || l.cancelled > 1 || l.handedOver > 0 && l.cancelled > 0 {
				found.wrong(o.id, "label %s of %s was booked %d, handed over %d and cancelled %d times", l.id, l.carrier, l.booked, l.handedOver, l.cancelled)
			}
			handed += l.handedOver
			if l.live() {
				live++
			}
		}
		want := 0
		if o.delivered() {
			want = 1
		}
		if o.rest && (live != want || handed != want) {
			found.wrong(o.id, "is %s with %d live labels and %d parcels handed over", stateName(o.order.GetState()), live, handed)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.world.labels)) {
		if b.known[id] == nil && !b.moved {
			found.wrong(id, "is no order of ours, and carriers have %d labels for it", len(b.world.labels[id]))
		}
	}
}
