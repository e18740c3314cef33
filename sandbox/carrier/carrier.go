// Package carrier is a parcel carrier that owns no lorry. It books labels,
// takes parcels over, says how far they are, keeps a ledger of its own, and
// misbehaves on demand. Any number of carriers run side by side; they know each
// other by name only.
//
//	booked ── handover ─▶ handed_over ── 1 s ─▶ in_transit ── 2 s ─▶ delivered, or lost
//	   └───── cancel ──▶ cancelled
//	refused (from the start, and for ever)
//
// After the handover nothing is done any more, it only gets later: how far a
// parcel is, is read off the clock when somebody asks. The times (divided by
// the speed) are fixed at the handover and journaled with it, so a parcel goes
// on travelling while the sandbox is down.
//
// # HTTP
//
// Under the carrier's name. Bodies are JSON, at most 64 KiB; unknown fields are
// ignored.
//
//	POST /labels                {reference, name, address, lines}  201 Label
//	POST /labels/{id}/handover                                     200 Label
//	POST /labels/{id}/cancel                                       200 Label
//	GET  /labels?key=KEY        what was booked with KEY           200 Label
//	GET  /labels/{id}                                              200 Label
//	GET  /ledger[?reference=SHIPMENT]                              200 Ledger
//
//	address: {line1, line2, city, region, postal_code, country}, also with
//	         street, extra and country_code for line1, line2 and country
//	lines:   [{sku, quantity}], also as parcels
//
// Refusals are {code, message}:
//
//	400  idempotency_key_missing, idempotency_key_invalid, body_malformed, key_missing
//	404  label_not_found, key_not_found (never carried out), carrier_not_found
//	409  label_cancelled, already_handed_over, label_refused
//	413  body_too_large
//	422  address_refused; invalid_reference, invalid_address; idempotency_key_reused
//	503  unavailable (by switch or by address; nothing was done)
//	507  sandbox_full
//
// POST /labels carries an Idempotency-Key; the same key with the same request
// gets the identical stored answer, also when the address was refused.
// Handover and cancel need no key: they name a state, and asking for the state
// that already is changes nothing.
//
// # Markers
//
// Capital words in line 1 of the address or in the name decide how a parcel
// behaves, in all its calls:
//
//	REFUSE         422 address_refused, by every carrier
//	REFUSE SWIFT   422 address_refused, by the carrier swift alone; any name goes
//	SLOW           every call takes 3 s, divided by the speed
//	FLAKY          the first two tries of every call get 503
//	TIMEOUT AFTER  every call is carried out, and the first answer is lost
//	LOST           handed over, in transit, and never delivered
package carrier

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/keyed"
	"orpheus.example/sandbox/internal/wire"
	"orpheus.example/sandbox/journal"
)

const (
	// TransitAfter is how long after the handover a parcel is in transit, at
	// speed 1.
	TransitAfter = time.Second

	// DeliveredAfter is how long after that it is delivered, at speed 1.
	DeliveredAfter = 2 * time.Second
)

// A Config says what carriers stand on.
type Config struct {
	Names   []string         // lower case letters and digits; at least one
	Journal *journal.Journal // default journal.Memory()
	Faults  *faults.Board    // default: a board of its own, all ok
	Now     func() time.Time // default time.Now
}

// A Fleet is all carriers there are.
type Fleet struct {
	carriers map[string]*Carrier
	mux      *http.ServeMux
}

// A Carrier is one carrier as a value. It is safe for concurrent use.
type Carrier struct {
	name   string
	peers  []string // names of all carriers, this one too
	faults *faults.Board
	now    func() time.Time
	mux    *http.ServeMux
	book   *keyed.Book[effect]

	// What follows is guarded by book.
	parcels map[string]parcel // by label id
	byKey   map[string]string // key to label id
	entries []Entry
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// Open returns the carriers that the journal remembers.
func Open(c Config) (*Fleet, error) {
	if c.Journal == nil {
		c.Journal = journal.Memory()
	}
	if c.Faults == nil {
		c.Faults = faults.New(faults.Config{Names: c.Names})
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	f := &Fleet{carriers: map[string]*Carrier{}}
	for _, name := range c.Names {
		if !validName.MatchString(name) || f.carriers[name] != nil {
			return nil, fmt.Errorf("carrier %q: %w", name, ErrName)
		}
		one, err := open(name, c)
		if err != nil {
			return nil, fmt.Errorf("carrier %s: %w", name, err)
		}
		f.carriers[name] = one
	}
	f.mux = f.routes()
	return f, nil
}

func open(name string, c Config) (*Carrier, error) {
	one := &Carrier{
		name: name, peers: slices.Clone(c.Names), faults: c.Faults, now: c.Now,
		parcels: map[string]parcel{}, byKey: map[string]string{},
	}
	var err error
	if one.book, err = keyed.Open(c.Journal, "carrier "+name, one.apply); err != nil {
		return nil, err
	}
	one.mux = one.routes()
	return one, nil
}

// Carrier returns the carrier with that name, or nil.
func (f *Fleet) Carrier(name string) *Carrier { return f.carriers[name] }

// ServeHTTP serves every carrier under its name: /swift/labels.
func (f *Fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

func (f *Fleet) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for name, c := range f.carriers {
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, c))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		wire.WriteError(w, wire.Refuse(http.StatusNotFound, "carrier_not_found", "no carrier has that name"))
	})
	return mux
}

// ServeHTTP serves one carrier's API, relative to where it is mounted.
func (c *Carrier) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// An effect is what one call did: the parcel as it is afterwards, and the
// ledger's new line.
type effect struct {
	Key    string `json:"key,omitempty"` // of the booking
	Parcel parcel `json:"parcel"`
	Entry  Entry  `json:"entry"`
}

func (c *Carrier) apply(e effect) {
	c.parcels[e.Parcel.ID] = e.Parcel
	if e.Key != "" {
		c.byKey[e.Key] = e.Parcel.ID
	}
	c.entries = append(c.entries, e.Entry)
}
