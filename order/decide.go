package order

import "slices"

// Decide returns what happens to an order in state s when c is asked of it.
//
// Asking twice is the same as asking once: if the effect of c already holds,
// Decide returns no events and no error. Brokers redeliver, and callers retry.
// Commands that come from React are never refused, because there is nobody to
// read it, except with ErrImpossible.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Place:
		return place(s, c)
	case Cancel:
		return cancel(s, c)
	case NotePrice:
		return notePrice(s, c), nil
	case Confirm:
		return known(s, confirm(s))
	case Decline:
		return known(s, decline(s, c))
	case RunOut:
		return known(s, runOut(s, c))
	case Expire:
		return known(s, expire(s, c))
	case Close:
		return known(s, closeIt(s))
	case Resume:
		return known(s, resume(s))
	case Dispatch:
		return reach(s, Dispatched)
	case Ship:
		return reach(s, Shipped)
	case Deliver:
		return reach(s, Delivered)
	case Record:
		return known(s, record(s, c.Fact))
	}
	panic("order: command of unknown kind")
}

// known returns what follows for an order that was placed. All that others say
// of an order follows from OrderPlaced, so there is no other.
func known(s State, events []Event) ([]Event, error) {
	if s.Phase == Unplaced {
		return nil, ErrImpossible
	}
	return events, nil
}

// Needs returns the streams that c rests on besides the order's own: a new order
// needs the prices of what is wanted.
func Needs(s State, c Command) []string {
	place, ok := c.(Place)
	if !ok || s.Phase != Unplaced {
		return nil
	}
	streams := make([]string, 0, len(place.Wanted))
	for _, w := range place.Wanted {
		streams = append(streams, PriceStream(w.SKU))
	}
	return streams
}

func place(s State, c Place) ([]Event, error) {
	if s.Phase != Unplaced {
		if !sameRequest(s, c) {
			return nil, ErrReused
		}
		return nil, nil
	}
	lines, total, err := priced(s.Prices, c.Wanted)
	if err != nil {
		return nil, err
	}
	return []Event{WasPlaced{
		Number: 1,
		Details: Details{
			Order: c.Order, Customer: c.Customer, Email: c.Email, Name: c.Name,
			ShipTo: c.ShipTo, Lines: lines, Total: total,
		},
		Transaction: c.Transaction, Token: c.Token,
		PlacedAt: c.At, PayBy: c.PayBy, FulfilBy: c.FulfilBy,
	}}, nil
}

// sameRequest compares what the customer asked for. Prices may have changed since
// and do not count.
func sameRequest(s State, c Place) bool {
	wanted := make([]Wanted, len(s.Lines))
	for i, l := range s.Lines {
		wanted[i] = Wanted{l.SKU, l.Quantity}
	}
	return s.Customer == c.Customer && s.Email == c.Email && s.Name == c.Name &&
		s.ShipTo == c.ShipTo && s.Token == c.Token && slices.Equal(wanted, c.Wanted)
}

// priced puts prices to what is wanted.
func priced(book map[string]Price, wanted []Wanted) (lines []Line, total Money, err error) {
	if len(wanted) == 0 {
		return nil, Money{}, ErrNoLines
	}
	seen := map[string]bool{}
	for i, w := range wanted {
		price, known := book[w.SKU]
		switch {
		case w.Quantity < 1:
			return nil, Money{}, LineError{i, ErrBadQuantity}
		case seen[w.SKU]:
			return nil, Money{}, LineError{i, ErrDuplicateItems}
		case !known:
			return nil, Money{}, LineError{i, ErrUnknownItem}
		case i > 0 && price.Each.Currency != total.Currency:
			return nil, Money{}, LineError{i, ErrMixedCurrency}
		}
		seen[w.SKU] = true
		sum, ok := price.Each.times(w.Quantity)
		if ok {
			total, ok = Money{total.Amount, price.Each.Currency}.plus(sum)
		}
		if !ok {
			return nil, Money{}, LineError{i, ErrTooMuch}
		}
		lines = append(lines, Line{w.SKU, price.Name, w.Quantity, price.Each})
	}
	return lines, total, nil
}

func confirm(s State) []Event {
	if s.Phase != Placed {
		// Cancelling: inventory has the request too, and answers StockReleased.
		return nil
	}
	return []Event{WasConfirmed{s.Said + 1, s.Details}}
}

func decline(s State, c Decline) []Event {
	events := record(s, c.Fact)
	if s.Phase != Placed {
		// Cancelling: nothing was reserved, and inventory's answer says so.
		return events
	}
	return append(events, WasCancelled{s.Said + 1, s.Details, Declined})
}

func runOut(s State, c RunOut) []Event {
	events := record(s, c.Fact)
	switch s.Phase {
	case Placed:
		return append(events, WasCancelled{s.Said + 1, s.Details, OutOfStock})
	case Cancelling: // somebody asked before, and that stays the reason
		return append(events, WasCancelled{s.Said + 1, s.Details, s.Reason})
	default:
		return events
	}
}

func cancel(s State, c Cancel) ([]Event, error) {
	byPerson := c.Reason == ByCustomer
	events := record(s, c.Fact)
	switch {
	case s.Phase == Unplaced && byPerson:
		return nil, ErrUnknown
	case s.Phase == Unplaced:
		return nil, ErrImpossible
	case s.Phase == Cancelling, s.Phase == Cancelled:
		return events, nil
	case byPerson && (s.Leaving || s.Phase != Placed && s.Phase != Confirmed):
		return nil, ErrTooLate
	case byPerson, s.Phase == Confirmed && !s.Leaving:
		return append(events, CancellationRequested{s.Said + 1, s.Details, c.Reason, c.Note}), nil
	}
	// What shipping or payment could not do is history once the goods have left.
	return events, nil
}

func expire(s State, c Expire) []Event {
	at, reason, ok := deadline(s)
	if !ok || c.Now.Before(at) {
		return nil
	}
	return []Event{CancellationRequested{s.Said + 1, s.Details, reason, ""}}
}

func closeIt(s State) []Event {
	if s.Phase != Cancelling {
		return nil
	}
	return []Event{WasCancelled{s.Said + 1, s.Details, s.Reason}}
}

func resume(s State) []Event {
	if s.Phase != Cancelling {
		return nil // the goods themselves have told us already
	}
	return []Event{CancellationRefused{s.Said + 1, s.Details, s.Reason}}
}

// reach says all that lies between where the order is and to: the later facts may
// arrive before the earlier ones.
func reach(s State, to Phase) ([]Event, error) {
	if s.Phase < Confirmed || s.Phase == Cancelled {
		// Goods leave only for what was confirmed, and never for what was
		// cancelled: inventory dispatches a reservation or releases it, not both.
		return nil, ErrImpossible
	}
	var events []Event
	number := s.Said
	next := func() int64 { number++; return number }
	if s.Phase == Cancelling {
		events = append(events, CancellationRefused{next(), s.Details, s.Reason})
		s.Phase = Confirmed
	}
	for phase := s.Phase + 1; phase <= to; phase++ {
		events = append(events, reached(s, phase, next()))
	}
	return events, nil
}

func reached(s State, phase Phase, number int64) Event {
	switch phase {
	case Dispatched:
		return WasDispatched{number, s.Details, s.Carrier, s.Tracking}
	case Shipped:
		return WasShipped{number, s.Details, s.Carrier, s.Tracking}
	case Delivered:
		return WasDelivered{number, s.Details, s.Carrier, s.Tracking}
	default:
		panic("order: no parcel reaches phase " + phase.String())
	}
}

func record(s State, f Fact) []Event {
	if f.Kind == "" || slices.Contains(s.Noted, f.ID) {
		return nil
	}
	return []Event{Recorded{s.Order, f}}
}

func notePrice(s State, c NotePrice) []Event {
	if s.Prices[c.SKU].Version >= c.Price.Version {
		return nil // older news, arrived late
	}
	return []Event{PriceNoted(c)}
}
