package order

import "time"

// A Command is something that may be asked of an order. The set is closed: every
// kind is in this file.
//
//sumtype:decl
type Command interface{ isCommand() }

type (
	// Place opens an order. Prices are not part of it: they come from the price
	// book.
	Place struct {
		Order, Customer    string
		Email, Name        string
		ShipTo             Address
		Wanted             []Wanted
		Transaction, Token string
		At                 time.Time // when it was asked for
		PayBy, FulfilBy    time.Time // by when it must be confirmed, and dispatched
	}

	// Confirm says that money and goods are promised.
	Confirm struct{}

	// Decline says that the customer's bank has refused.
	Decline struct{ Fact Fact }

	// RunOut says that not all lines could be reserved.
	RunOut struct{ Fact Fact }

	// Cancel asks for a cancellation. Fact is what led to it, if it was not a
	// person.
	Cancel struct {
		Reason Reason
		Note   string
		Fact   Fact
	}

	// Expire asks whether a deadline has passed.
	Expire struct{ Now time.Time }

	// Close says that inventory holds nothing for the order any more.
	Close struct{}

	// Resume says that inventory will not release the goods: they have left.
	Resume struct{}

	// Dispatch says that the goods have left the warehouse.
	Dispatch struct{}

	// Ship says that the parcel is with its carrier.
	Ship struct{}

	// Deliver says that the parcel has arrived.
	Deliver struct{}

	// Record puts what others said on record, for progress and history.
	Record struct{ Fact Fact }

	// NotePrice enters what inventory says of a price into the price book.
	NotePrice struct {
		SKU   string
		Price Price
	}
)

// Wanted is one line of an order as it is asked for.
type Wanted struct {
	SKU      string
	Quantity int64
}

// A Fact is what another service said, as far as an order cares to record it.
type Fact struct {
	Kind   string // full name, as in "payment.v1.PaymentAuthorized"
	ID     string // of the event, by which a repeat is known
	Amount Money
	Detail string // why, in the words of who said it

	Carrier, Tracking string
}

func (Place) isCommand()     {}
func (Confirm) isCommand()   {}
func (Decline) isCommand()   {}
func (RunOut) isCommand()    {}
func (Cancel) isCommand()    {}
func (Expire) isCommand()    {}
func (Close) isCommand()     {}
func (Resume) isCommand()    {}
func (Dispatch) isCommand()  {}
func (Ship) isCommand()      {}
func (Deliver) isCommand()   {}
func (Record) isCommand()    {}
func (NotePrice) isCommand() {}
