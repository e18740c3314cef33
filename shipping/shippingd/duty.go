package shippingd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orpheus.example/kit/agenda"
	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/shipping"
)

const (
	// chooseAgain is how long a shipment waits if no carrier may be asked.
	chooseAgain = time.Second
	// lostEvery is how often a carrier is asked for a parcel that it has lost,
	// in multiples of how often it is asked for others.
	lostEvery = 20
)

// errUnknownCarrier says that a shipment is with a carrier that the service is
// not configured with any more.
var errUnknownCarrier = errors.New("carrier is not configured")

// A clerk makes the calls that shipments owe. A carrier that is believed to be
// down is not asked: what is owed to it stays owed.
type clerk struct {
	desks map[string]desk // by the carrier's name
	every time.Duration   // how often a carrier is asked for a parcel
}

// A desk is where one carrier is asked.
type desk struct {
	carrier Carrier
	breaker *breaker.Breaker
}

func newClerk(carriers []Named, every time.Duration, now func() time.Time) clerk {
	desks := map[string]desk{}
	for _, c := range carriers {
		desks[c.Name] = desk{c.Carrier, breaker.New(breaker.Config{Name: c.Name, Now: now, Refused: answered})}
	}
	return clerk{desks, every}
}

// do makes one call, and returns what is to be noted of its answer. With an error
// nothing is known: the call is repeated.
func (k clerk) do(ctx context.Context, _ string, s shipping.State, c shipping.Call) (shipping.Command, error) {
	switch c := c.(type) {
	case shipping.CallChoose:
		return k.choose(c)
	case shipping.CallBook:
		return k.book(ctx, c)
	case shipping.CallHandOver:
		return shipping.NoteAccepted{}, k.tell(ctx, c.Carrier, func(ctx context.Context, to Carrier) error { return to.HandOver(ctx, c) })
	case shipping.CallTrack:
		return k.track(ctx, s, c)
	case shipping.CallCancel:
		return shipping.NoteCancelled{}, k.tell(ctx, c.Carrier, func(ctx context.Context, to Carrier) error { return to.Cancel(ctx, c) })
	}
	panic("shippingd: call of unknown kind")
}

// choose chooses again after the first choice was refused, or if there was none.
// The choice is kept before the carrier is asked, and stays until its answer is
// known.
func (k clerk) choose(c shipping.CallChoose) (shipping.Command, error) {
	if name := k.first(c.Carriers); name != "" {
		return shipping.Choose{Carrier: name}, nil
	}
	return nil, agenda.NotYet{After: chooseAgain}
}

// first returns the first of carriers that may be asked now, empty if none may.
func (k clerk) first(carriers []string) string {
	for _, name := range carriers {
		if d, ok := k.desks[name]; ok && d.breaker.Ready() {
			return name
		}
	}
	return ""
}

func (k clerk) book(ctx context.Context, c shipping.CallBook) (shipping.Command, error) {
	label, err := call(ctx, k, c.Carrier, func(ctx context.Context, to Carrier) (Label, error) { return to.Book(ctx, c) })
	if no := (Refusal{}); errors.As(err, &no) {
		return shipping.NoteRefused{Carrier: c.Carrier, Code: no.Code, Message: no.Message}, nil
	}
	return shipping.NoteBooked{Carrier: c.Carrier, Label: label.ID, Tracking: label.Tracking}, err
}

// track asks how far a parcel is. As long as that is no news, it asks again
// later, and for a lost parcel much later.
func (k clerk) track(ctx context.Context, s shipping.State, c shipping.CallTrack) (shipping.Command, error) {
	heard, err := call(ctx, k, c.Carrier, func(ctx context.Context, to Carrier) (shipping.Track, error) {
		status, note, err := to.Track(ctx, c)
		return shipping.Track{Status: status, Note: note}, err
	})
	if err != nil {
		return nil, err
	}
	if news, err := shipping.Decide(s, heard); err == nil && len(news) > 0 {
		return heard, nil
	}
	if s.Lost {
		return nil, agenda.NotYet{After: lostEvery * k.every}
	}
	return nil, agenda.NotYet{After: k.every}
}

func (k clerk) tell(ctx context.Context, carrier string, do func(context.Context, Carrier) error) error {
	_, err := call(ctx, k, carrier, func(ctx context.Context, to Carrier) (struct{}, error) { return struct{}{}, do(ctx, to) })
	return err
}

// call makes one call to a carrier through its breaker.
func call[T any](ctx context.Context, k clerk, carrier string, do func(context.Context, Carrier) (T, error)) (T, error) {
	d, ok := k.desks[carrier]
	if !ok {
		var none T
		return none, fmt.Errorf("%s: %w", carrier, errUnknownCarrier)
	}
	return breaker.Call(ctx, d.breaker, func(ctx context.Context) (T, error) { return do(ctx, d.carrier) })
}

// owe returns what a shipment owes.
func owe(s shipping.State) []decider.Duty[shipping.Call] {
	var duties []decider.Duty[shipping.Call]
	for _, d := range shipping.Owe(s) {
		duties = append(duties, decider.Duty[shipping.Call](d))
	}
	return duties
}
