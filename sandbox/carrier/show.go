package carrier

import (
	"net/http"
	"time"

	"orpheus.example/sandbox/internal/wire"
)

// A Kind says what an entry records.
type Kind string

// The kinds of entries: what the carrier was asked and did. What time alone
// does to a parcel is not in the ledger's entries, only in its counts.
const (
	Book     Kind = "booked"
	Refuse   Kind = "refused"
	Handover Kind = "handed_over"
	Cancel   Kind = "cancelled"
)

// An Entry records one thing that the carrier did. Entries never change.
type Entry struct {
	Number         int       `json:"number"` // from 1, without gaps
	Time           time.Time `json:"time"`
	Kind           Kind      `json:"kind"`
	Key            string    `json:"key,omitempty"` // of a booking
	Reference      string    `json:"reference"`
	LabelID        string    `json:"label_id"`
	TrackingNumber string    `json:"tracking_number,omitempty"`
}

// A Ledger is a carrier's books at one moment: what it did, oldest first, and
// how many parcels are in which state.
type Ledger struct {
	Carrier string        `json:"carrier"`
	Entries []Entry       `json:"entries"`
	Parcels map[State]int `json:"parcels"`
}

// entry returns the next entry. It is called under the lock.
func (c *Carrier) entry(kind Kind, key string, p parcel, now time.Time) Entry {
	return Entry{
		Number: len(c.entries) + 1, Time: now, Kind: kind, Key: key,
		Reference: p.Booking.Reference, LabelID: p.ID, TrackingNumber: p.TrackingNumber,
	}
}

// Ledger returns the books; with a reference, only what they hold of it.
func (c *Carrier) Ledger(reference string) Ledger {
	l := Ledger{Carrier: c.name, Entries: []Entry{}, Parcels: map[State]int{}}
	now := c.now()
	c.book.Look(func() {
		for _, e := range c.entries {
			if reference == "" || e.Reference == reference {
				l.Entries = append(l.Entries, e)
			}
		}
		for _, p := range c.parcels {
			if reference == "" || p.Booking.Reference == reference {
				past := p.at(now)
				l.Parcels[past[len(past)-1].State]++
			}
		}
	})
	return l
}

// label returns what callers see of p at that time.
func (c *Carrier) label(p parcel, now time.Time) Label {
	past := p.at(now)
	lines := append([]Line{}, p.Booking.Lines...)
	return Label{
		ID: p.ID, Carrier: c.name, Reference: p.Booking.Reference, TrackingNumber: p.TrackingNumber,
		State: past[len(past)-1].State, History: past,
		Name: p.Booking.Name, Address: p.Booking.Address, Lines: append(lines, p.Booking.Parcels...),
		Code: p.Code, Message: p.Message,
	}
}

// Label returns the label with that id as it is now.
func (c *Carrier) Label(id string) (Label, bool) {
	p, ok := c.parcel(id)
	if !ok {
		return Label{}, false
	}
	return c.label(p, c.now()), true
}

// ByKey returns the label that was booked, or refused, with that key.
func (c *Carrier) ByKey(key string) (Label, bool) {
	var id string
	c.book.Look(func() { id = c.byKey[key] })
	return c.Label(id)
}

func (c *Carrier) parcel(id string) (p parcel, ok bool) {
	c.book.Look(func() { p, ok = c.parcels[id] })
	return p, ok
}

func (c *Carrier) show(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	l, ok := c.Label(id)
	if !ok {
		wire.WriteError(w, unknown(id))
		return
	}
	wire.Write(w, http.StatusOK, l)
}

// showByKey says what became of a booking whose answer was lost. Not found
// means that it was never carried out, so far: it may still be on its way.
func (c *Carrier) showByKey(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	if key == "" {
		wire.WriteError(w, wire.Refuse(http.StatusBadRequest, "key_missing", "say which: ?key=KEY"))
		return
	}
	l, ok := c.ByKey(key)
	if !ok {
		wire.WriteError(w, wire.Refuse(http.StatusNotFound, "key_not_found", "no label was booked with that key"))
		return
	}
	wire.Write(w, http.StatusOK, l)
}

func (c *Carrier) showLedger(w http.ResponseWriter, r *http.Request) {
	wire.Write(w, http.StatusOK, c.Ledger(r.URL.Query().Get("reference")))
}

func unknown(id string) *wire.Refusal {
	return wire.Refuse(http.StatusNotFound, "label_not_found", "there is no label %q", id)
}
