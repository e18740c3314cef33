package carrier

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"orpheus.example/sandbox/internal/keyed"
	"orpheus.example/sandbox/internal/wire"
)

// outcome is what a call on a parcel has come to.
type outcome = keyed.Outcome[effect]

// routes stands the API behind the carrier's switch. The ledger stands before
// it: it is for auditors, who must be able to count while the carrier is down.
func (c *Carrier) routes() *http.ServeMux {
	api := http.NewServeMux()
	api.HandleFunc("POST /labels", c.bookLabel)
	api.HandleFunc("POST /labels/{id}/handover", c.on("handover", c.handover))
	api.HandleFunc("POST /labels/{id}/cancel", c.on("cancel", c.cancel))
	api.HandleFunc("GET /labels", c.showByKey)
	api.HandleFunc("GET /labels/{id}", c.show)

	mux := http.NewServeMux()
	mux.Handle("/", c.faults.Gate(c.name, api))
	mux.HandleFunc("GET /ledger", c.showLedger)
	return mux
}

func (c *Carrier) bookLabel(w http.ResponseWriter, r *http.Request) {
	var b booking
	key, err := wire.Key(r)
	if err == nil {
		err = wire.Read(w, r, &b)
	}
	if err == nil {
		err = b.check()
	}
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	c.book.Serve(w, r, c.faults, keyed.Call[effect]{
		Key:     key,
		Request: keyed.Fingerprint("book", b),
		Try:     c.name + " book " + key,
		Quirk:   b.quirk(),
		Decide:  func() (outcome, error) { return c.decideBooking(key, b), nil },
	})
}

func (c *Carrier) decideBooking(key string, b booking) outcome {
	now := c.now().UTC()
	p := parcel{ID: keyed.ID("lbl_"+c.name+"_", key), Booking: b}
	if b.refusedBy(c.name, c.peers) {
		no := wire.Refuse(http.StatusUnprocessableEntity, "address_refused", "%s does not deliver to that address", c.name)
		p.History, p.Code, p.Message = []Moment{{Refused, now}}, no.Code, no.Message
		return outcome{Status: no.Status, Answer: no, Effect: &effect{key, p, c.entry(Refuse, key, p, now)}}
	}
	p.History = []Moment{{Booked, now}}
	p.TrackingNumber = strings.ToUpper(keyed.ID(c.name, key))
	return outcome{Status: http.StatusCreated, Answer: c.label(p, now), Effect: &effect{key, p, c.entry(Book, key, p, now)}}
}

// A verb decides one kind of call on parcel p. It is called under the lock.
type verb func(p parcel, now time.Time) (outcome, error)

// on returns the handler for a verb on the parcel in the path.
func (c *Carrier) on(name string, decide verb) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		p, ok := c.parcel(id)
		if !ok {
			wire.WriteError(w, unknown(id))
			return
		}
		var nothing struct{} // the path says it all; a malformed body is still refused
		if err := wire.Read(w, r, &nothing); err != nil {
			wire.WriteError(w, err)
			return
		}
		c.book.Serve(w, r, c.faults, keyed.Call[effect]{
			Try:    c.name + " " + name + " " + id,
			Quirk:  p.Booking.quirk(),
			Decide: func() (outcome, error) { return decide(c.parcels[id], c.now().UTC()) },
		})
	}
}

func (c *Carrier) handover(p parcel, now time.Time) (outcome, error) {
	switch p.last() {
	case HandedOver, InTransit, Delivered, Lost:
		return outcome{Status: http.StatusOK, Answer: c.label(p, now)}, nil
	case Booked:
		return c.moved(Handover, p, c.journey(p.Booking, now), now), nil
	case Cancelled:
		return outcome{}, wire.Refuse(http.StatusConflict, "label_cancelled", "the label was cancelled")
	case Refused:
		return outcome{}, notBooked()
	}
	panic("carrier: parcel of unknown state")
}

func (c *Carrier) cancel(p parcel, now time.Time) (outcome, error) {
	switch p.last() {
	case Cancelled:
		return outcome{Status: http.StatusOK, Answer: c.label(p, now)}, nil
	case Booked:
		return c.moved(Cancel, p, []Moment{{Cancelled, now}}, now), nil
	case HandedOver, InTransit, Delivered, Lost:
		return outcome{}, wire.Refuse(http.StatusConflict, "already_handed_over", "the parcel has left")
	case Refused:
		return outcome{}, notBooked()
	}
	panic("carrier: parcel of unknown state")
}

func notBooked() error {
	return wire.Refuse(http.StatusConflict, "label_refused", "the label was never booked")
}

// journey returns all that will happen to a parcel handed over now.
func (c *Carrier) journey(b booking, now time.Time) []Moment {
	transit := now.Add(c.faults.Scale(TransitAfter))
	arrival := transit.Add(c.faults.Scale(DeliveredAfter))
	end := Delivered
	if b.marked("LOST") {
		end = Lost
	}
	return []Moment{{HandedOver, now}, {InTransit, transit}, {end, arrival}}
}

// moved is the outcome of a call that changed the parcel's history. The
// history is copied: readers may hold the old one.
func (c *Carrier) moved(kind Kind, p parcel, more []Moment, now time.Time) outcome {
	p.History = append(slices.Clip(p.History), more...)
	return outcome{Status: http.StatusOK, Answer: c.label(p, now), Effect: &effect{Parcel: p, Entry: c.entry(kind, "", p, now)}}
}
