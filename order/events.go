package order

import "time"

// An Event is something that has happened to an order. The set is closed: every
// kind is in this file. A kind once published is never changed or removed; a new
// need is a new kind.
//
//sumtype:decl
type Event interface{ isEvent() }

// The facts: other services hear them. Each has its number among the facts of
// its order, and carries all that a hearer may need, so that nobody calls back.
type (
	// WasPlaced opens the order, for the time being.
	WasPlaced struct {
		Number int64
		Details
		Transaction, Token        string
		PlacedAt, PayBy, FulfilBy time.Time
	}

	// WasConfirmed makes it an order for good.
	WasConfirmed struct {
		Number int64
		Details
	}

	// CancellationRequested asks inventory whether the goods can be kept.
	CancellationRequested struct {
		Number int64
		Details
		Reason Reason
		Note   string
	}

	// CancellationRefused says that the goods had left by then.
	CancellationRefused struct {
		Number int64
		Details
		Reason Reason
	}

	// WasCancelled closes the order without a parcel.
	WasCancelled struct {
		Number int64
		Details
		Reason Reason
	}

	// WasDispatched says that the goods have left the warehouse.
	WasDispatched struct {
		Number int64
		Details
		Carrier, Tracking string
	}

	// WasShipped says that the parcel is with its carrier.
	WasShipped struct {
		Number int64
		Details
		Carrier, Tracking string
	}

	// WasDelivered closes the order with a parcel.
	WasDelivered struct {
		Number int64
		Details
		Carrier, Tracking string
	}
)

// The order's own records: nobody else hears them.
type (
	// Recorded keeps what another service said.
	Recorded struct {
		Order string
		Fact  Fact
	}

	// PriceNoted is an entry in the price book.
	PriceNoted struct {
		SKU   string
		Price Price
	}
)

func (WasPlaced) isEvent()             {}
func (WasConfirmed) isEvent()          {}
func (CancellationRequested) isEvent() {}
func (CancellationRefused) isEvent()   {}
func (WasCancelled) isEvent()          {}
func (WasDispatched) isEvent()         {}
func (WasShipped) isEvent()            {}
func (WasDelivered) isEvent()          {}
func (Recorded) isEvent()              {}
func (PriceNoted) isEvent()            {}
