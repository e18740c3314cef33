package inventory

import (
	"errors"
	"math"
	"slices"
	"strings"
)

// A Phase says what became of one order's reservation.
type Phase int

// The phases of a reservation.
const (
	Untouched   Phase = iota
	Reserved          // all lines are set aside
	Unavailable       // at least one line was short, and nothing is set aside
	Released          // nothing is set aside, now and for ever
	Dispatched        // the goods have left
)

// String returns the phase's name as people read it.
func (p Phase) String() string {
	return [...]string{"untouched", "reserved", "unavailable", "released", "dispatched"}[p]
}

// Money is an amount in the minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64
	Currency string
}

// A Line is a number of pieces of one item.
type Line struct {
	SKU      string
	Quantity int64
}

// A Short is a line that cannot be had.
type Short struct {
	SKU               string
	Wanted, Available int64
}

// A Reservation is what is known of one order's goods. The zero Reservation is
// an order of which nothing was heard.
type Reservation struct {
	Phase Phase
	Lines []Line // what is set aside, or has left
	// Refused is set once the order was told that its goods have left.
	Refused bool
}

// An Item is a kind of goods with its price and its stock. The zero Item is one
// that was never listed.
type Item struct {
	SKU, Name string
	Price     Money
	OnHand    int64 // pieces in the warehouse, reserved ones included
	Reserved  int64 // pieces set aside for orders
	Version   int64 // how many events have happened to it
	// Opening is the price it was listed at, by which a repeat of the listing is
	// known after the price has changed.
	Opening Money
	// Receipt is the request that last brought pieces in, by which its repeat
	// is known.
	Receipt string
}

// Available returns how many pieces can still be had.
func (i Item) Available() int64 { return i.OnHand - i.Reserved }

// Listed reports whether there is such an item.
func (i Item) Listed() bool { return i.SKU != "" }

// State is what is known of the part of the warehouse that a command touches:
// one reservation, some items, or both. The zero State is a warehouse of which
// nothing is known.
type State struct {
	Reservation
	Items Items
}

// Items are some items, sorted by SKU, each once. States share them, so they are
// never changed in place. They are few: mostly one or two.
type Items []Item

// Of returns the item with a SKU, and the zero Item if it is not there.
func (all Items) Of(sku string) Item {
	if at, there := all.find(sku); there {
		return all[at]
	}
	return Item{}
}

func (all Items) find(sku string) (at int, there bool) {
	return slices.BinarySearchFunc(all, sku, func(i Item, sku string) int { return strings.Compare(i.SKU, sku) })
}

// with returns all and i, in place of what was known of it.
func (all Items) with(i Item) Items {
	at, there := all.find(i.SKU)
	if !there {
		return slices.Insert(slices.Clip(all), at, i) // clipped, it is copied
	}
	all = slices.Clone(all)
	all[at] = i
	return all
}

// MaxPieces is how many pieces of one item the warehouse can count. It leaves
// room below the end of int64, so that sums of a few numbers cannot overflow.
const MaxPieces = math.MaxInt64 / 4

// Stream returns the name of the stream that an order's reservation is kept in.
func Stream(order string) string { return "stock-" + order }

// ItemStream returns the name of the stream that an item is kept in.
func ItemStream(sku string) string { return "item-" + sku }

// Why a command is refused.
var (
	ErrUnknownItem   = errors.New("item is not listed")
	ErrListed        = errors.New("item was listed with another name or price")
	ErrOtherCurrency = errors.New("item is priced in another currency")
	ErrBadPrice      = errors.New("price must be more than zero")
	ErrBadQuantity   = errors.New("quantity must be positive")
	ErrTooMany       = errors.New("more pieces than can be counted")
	// ErrImpossible says that what was heard cannot follow from what this
	// service has said. People must look at it.
	ErrImpossible = errors.New("cannot follow from what inventory has said")
)
