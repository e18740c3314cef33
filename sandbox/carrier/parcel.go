package carrier

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wire"
)

// ErrName says that a carrier's name is not one, or is taken.
var ErrName = errors.New("name is not lower case letters and digits, or comes twice")

// A State says how far a parcel has come.
type State string

// The states of a parcel.
const (
	Refused    State = "refused" // never booked
	Booked     State = "booked"
	HandedOver State = "handed_over"
	InTransit  State = "in_transit"
	Delivered  State = "delivered"
	Cancelled  State = "cancelled"
	Lost       State = "lost"
)

// An Address is where a parcel goes. A carrier needs the first line and looks
// no closer.
type Address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country"`
}

// UnmarshalJSON also reads the other common words for the same things: street
// for line1, extra for line2, country_code for country.
func (a *Address) UnmarshalJSON(text []byte) error {
	type words Address // without this method, which would call itself
	var said struct {
		words
		Street      string `json:"street"`
		Extra       string `json:"extra"`
		CountryCode string `json:"country_code"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	*a = Address(said.words)
	a.Line1 = cmp.Or(a.Line1, said.Street)
	a.Line2 = cmp.Or(a.Line2, said.Extra)
	a.Country = cmp.Or(a.Country, said.CountryCode)
	return nil
}

// A Line is what is in a parcel.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// A Moment is when a parcel came into a state.
type Moment struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

// A Label is one parcel as callers see it, at the time they ask. A refused one
// is kept as well, so that who lost the answer can still learn of it by key.
type Label struct {
	ID             string   `json:"label_id"`
	Carrier        string   `json:"carrier"`
	Reference      string   `json:"reference"` // the caller's, here the shipment id
	TrackingNumber string   `json:"tracking_number,omitempty"`
	State          State    `json:"state"`
	Name           string   `json:"name"`
	Address        Address  `json:"address"`
	Lines          []Line   `json:"lines"`
	History        []Moment `json:"history"`           // oldest first; the last is State
	Code           string   `json:"code,omitempty"`    // why it was refused
	Message        string   `json:"message,omitempty"` // the same, for people
}

// booking is the body of POST /labels.
type booking struct {
	Reference string  `json:"reference"`
	Name      string  `json:"name"`
	Address   Address `json:"address"`
	Lines     []Line  `json:"lines"`
	Parcels   []Line  `json:"parcels,omitempty"`
}

func (b booking) check() error {
	switch {
	case b.Reference == "" || len(b.Reference) > 255:
		return wire.Refuse(http.StatusUnprocessableEntity, "invalid_reference", "a reference has 1 to 255 bytes")
	case b.Name == "" || b.Address.Line1 == "":
		return wire.Refuse(http.StatusUnprocessableEntity, "invalid_address", "a parcel needs a name and a line1")
	}
	return nil
}

// parcel is a label as it is stored. History holds what is certain to happen,
// also what is not yet: after the handover it is complete.
type parcel struct {
	ID             string   `json:"id"`
	TrackingNumber string   `json:"tracking_number,omitempty"`
	Booking        booking  `json:"booking"`
	History        []Moment `json:"history"`
	Code           string   `json:"code,omitempty"`
	Message        string   `json:"message,omitempty"`
}

// at returns how much of the history has happened by now. The first moment has
// always happened, even if the clock was set back since.
func (p parcel) at(now time.Time) []Moment {
	n := 1
	for n < len(p.History) && !p.History[n].At.After(now) {
		n++
	}
	return p.History[:n:n]
}

// last returns the state that was reached by a call, whatever the clock says:
// booked, handed over, cancelled or refused. Calls are judged by it, so that a
// clock set back cannot take a parcel out of the lorry.
func (p parcel) last() State {
	if len(p.History) > 1 {
		return p.History[1].State
	}
	return p.History[0].State
}

// marked reports whether line 1 or the name holds the marker.
func (b booking) marked(marker string) bool {
	return strings.Contains(b.Address.Line1, marker) || strings.Contains(b.Name, marker)
}

// quirk returns how the calls about a parcel misbehave.
func (b booking) quirk() faults.Quirk {
	switch {
	case b.marked("SLOW"):
		return faults.SlowAnswer
	case b.marked("FLAKY"):
		return faults.Flaky
	case b.marked("TIMEOUT AFTER"):
		return faults.LoseAnswer
	}
	return faults.NoQuirk
}

// refusedBy reports whether the carrier refuses the address. REFUSE with a
// carrier's name behind it means that carrier, and REFUSE with anything else
// behind it means all.
func (b booking) refusedBy(name string, all []string) bool {
	if !b.marked("REFUSE") {
		return false
	}
	for _, one := range all {
		if b.marked("REFUSE " + strings.ToUpper(one)) {
			return b.marked("REFUSE " + strings.ToUpper(name))
		}
	}
	return true
}
