package order

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Phase says how far an order has come.
type Phase int

// The phases of an order. Cancelling waits for inventory's word.
const (
	Unplaced Phase = iota
	Placed
	Confirmed
	Dispatched
	Shipped
	Delivered
	Cancelling
	Cancelled
)

// String returns the phase's name as people read it.
func (p Phase) String() string {
	return [...]string{"unplaced", "placed", "confirmed", "dispatched", "shipped", "delivered", "cancelling", "cancelled"}[p]
}

// A Reason says why an order is cancelled.
type Reason int

// The reasons for a cancellation.
const (
	NoReason       Reason = iota
	Declined              // the payment was declined
	OutOfStock            // not all lines could be reserved
	ByCustomer            // the customer asked
	Expired               // it was not paid for in time
	CarrierRefused        // no carrier takes the parcel
	CaptureFailed         // the promised money could not be taken
	Overdue               // it did not leave in time
)

// Money is an amount in the minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64
	Currency string
}

// An Address is where a parcel goes.
type Address struct{ Street, Extra, City, Region, PostalCode, CountryCode string }

// A Line is one item of an order, at the price it was placed at.
type Line struct {
	SKU, Name string
	Quantity  int64
	UnitPrice Money
}

// Details is what every hearer of an order's facts may need to know of it.
type Details struct {
	Order, Customer string // ids
	Email, Name     string
	ShipTo          Address
	Lines           []Line
	Total           Money
}

// A Price is what the price book says of an item.
type Price struct {
	Name    string
	Each    Money
	Version int64 // of the item, as inventory counts it; a lower one is older news
}

// State is what is known of one order, or, in a price stream, of one price. The
// zero State is an order that was never placed.
type State struct {
	Phase Phase
	Details
	Transaction, Token        string // of the payment
	PlacedAt, PayBy, FulfilBy time.Time

	// Said counts the facts said of this order. Each carries its number, so
	// that a hearer can put them in order.
	Said int64

	Reason Reason // why it is or was to be cancelled
	Note   string // in the words of who asked
	// Leaving is set once inventory has refused to release the goods: they
	// have left, and the news of it is on its way. No cancellation can succeed.
	Leaving bool

	Money    MoneyHeld
	Held     bool   // inventory holds goods for this order
	Label    Label  // of the parcel
	Carrier  string // who carries it
	Tracking string // under which number
	// Noted are the facts recorded so far, so that each is recorded once.
	Noted []string

	// Prices are those of the items that a decision was told about, by SKU.
	Prices map[string]Price
}

// MoneyHeld is what payment has said of an order's money, in minor units of the
// order's currency.
type MoneyHeld struct {
	Authorized, Captured, Refunded int64
	Voided                         bool
}

// A Label says what became of the parcel's label.
type Label int

// What can become of a label.
const (
	NoLabel Label = iota
	LabelBooked
	LabelCancelled
)

// Stream returns the name of the stream that an order is kept in.
func Stream(id string) string { return "order-" + id }

// PriceStream returns the name of the stream that an item's price is kept in.
func PriceStream(sku string) string { return "price-" + sku }

// Why a command is refused.
var (
	ErrUnknown = errors.New("order is not known")
	ErrReused  = errors.New("request id was used for another order")
	ErrNoLines = errors.New("order has no lines")
	// ErrImpossible says that the facts contradict each other: what was heard
	// cannot follow from what this order has said. People must look at it.
	ErrImpossible = errors.New("cannot follow from what the order has said")

	ErrTooLate        = errors.New("goods have left")
	ErrTooMuch        = errors.New("total is too large")
	ErrUnknownItem    = errors.New("item is not for sale")
	ErrMixedCurrency  = errors.New("item is priced in another currency than the first")
	ErrBadQuantity    = errors.New("quantity must be positive")
	ErrDuplicateItems = errors.New("item is in two lines")
)

// A LineError says which line, from 0, a refusal is about.
type LineError struct {
	Line int
	Err  error
}

// Error names the line.
func (e LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong with the line.
func (e LineError) Unwrap() error { return e.Err }

// times returns n of each, or false if that is more than can be counted.
func (m Money) times(n int64) (Money, bool) {
	if n > 0 && m.Amount > math.MaxInt64/n {
		return Money{}, false
	}
	return Money{m.Amount * n, m.Currency}, true
}

// plus returns both together, or false if that is more than can be counted.
func (m Money) plus(o Money) (Money, bool) {
	if m.Amount > math.MaxInt64-o.Amount {
		return Money{}, false
	}
	return Money{m.Amount + o.Amount, m.Currency}, true
}
