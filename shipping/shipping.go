package shipping

import (
	"errors"
	"fmt"
	"slices"
)

// A Phase says how far a shipment has come.
type Phase int

// The phases of a shipment.
const (
	None Phase = iota
	Booking
	Booked
	Refused
	HandedOver
	Shipped
	Delivered
	Cancelling
	Cancelled
)

// String returns the phase's name as people read it.
func (p Phase) String() string {
	return [...]string{
		"none", "booking", "booked", "refused", "handed over", "shipped", "delivered", "cancelling", "cancelled",
	}[p]
}

// A Status is what a carrier says about a parcel.
type Status int

// What a carrier may say about a parcel.
const (
	NoWord    Status = iota // nothing yet
	InTransit               // it is on its way
	Arrived                 // the customer has it
	Missing                 // it is lost
)

// An Address is where a parcel goes.
type Address struct{ Street, Extra, City, Region, PostalCode, CountryCode string }

// A Line is what is in a parcel.
type Line struct {
	SKU      string
	Quantity int64
}

// A Refusal is one carrier's no.
type Refusal struct{ Carrier, Code, Message string }

// State is what is known of one shipment. The zero State is the shipment of an
// order that was never heard of.
type State struct {
	Phase  Phase
	Order  string
	Name   string // of the recipient
	ShipTo Address
	Lines  []Line

	// Carriers may be asked, the preferred first.
	Carriers []string
	Refusals []Refusal // in the order in which they were asked
	// Carrier is asked or has booked; empty if none is.
	Carrier  string
	Label    string // what the carrier calls the label
	Tracking string // the carrier's number for the parcel

	// Cancelled is set once the order's cancellation has been heard.
	Cancelled bool
	// Accepted is set once the carrier has taken the parcel over.
	Accepted bool
	// Lost is set once the carrier has said that the parcel is lost. A lost
	// parcel may still turn up and be delivered.
	Lost bool
}

// candidates returns the carriers that may still be asked.
func (s State) candidates() []string {
	return slices.DeleteFunc(slices.Clone(s.Carriers), func(carrier string) bool {
		return slices.ContainsFunc(s.Refusals, func(r Refusal) bool { return r.Carrier == carrier })
	})
}

// Stream returns the name of the stream that an order's shipment is kept in.
func Stream(order string) string { return "shipment-" + order }

// Why a command is refused.
var (
	ErrUnknown       = errors.New("shipment is not known")
	ErrNotHandedOver = errors.New("goods have not left the warehouse")
	ErrDelivered     = errors.New("parcel is delivered")

	// ErrImpossible says that the facts contradict each other: what was heard
	// cannot follow from what this shipment has said. People must look at it.
	ErrImpossible = errors.New("cannot follow from what the shipment has said")
)

// A StateError is a refusal because of where the shipment stands.
type StateError struct {
	Phase Phase
	Err   error
}

// Error says where the shipment stands.
func (e StateError) Error() string { return fmt.Sprintf("shipment is %v: %v", e.Phase, e.Err) }

// Unwrap returns what is wrong with that.
func (e StateError) Unwrap() error { return e.Err }
