package inventory

// Decide returns what happens to the part s of the warehouse when c is asked.
//
// Asking twice is the same as asking once: if the effect of c already holds,
// Decide returns no events and no error. Brokers redeliver, and callers retry.
// Commands that come from React are never refused, because there is nobody to
// read it, except with ErrImpossible.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case List:
		return list(s.Items.Of(c.SKU), c)
	case SetPrice:
		return setPrice(s.Items.Of(c.SKU), c)
	case Receive:
		return receive(s.Items.Of(c.SKU), c)
	case Reserve:
		return reserve(s, c), nil
	case Dispatch:
		return dispatch(s, c)
	case Release:
		return release(s, c), nil
	case Close:
		return closeIt(s, c)
	}
	panic("inventory: command of unknown kind")
}

// Needs returns the streams that c rests on besides its own: those of the items
// that a reservation is about. A command that does nothing needs nothing.
func Needs(s State, c Command) []string {
	var lines []Line
	switch c := c.(type) {
	case Reserve:
		if s.Phase == Untouched {
			lines = c.Lines
		}
	case Dispatch, Release:
		if s.Phase == Reserved {
			lines = s.Lines
		}
	default: // the others rest on nothing but their own stream
	}
	streams := make([]string, 0, len(lines))
	for _, l := range lines {
		streams = append(streams, ItemStream(l.SKU))
	}
	return streams
}

func list(i Item, c List) ([]Event, error) {
	switch {
	case c.Price.Amount < 1:
		return nil, ErrBadPrice
	case !i.Listed():
		return []Event{WasListed{c.SKU, c.Name, c.Price, i.Version + 1}}, nil
	case i.Name != c.Name || i.Opening != c.Price:
		return nil, ErrListed
	}
	return nil, nil
}

func setPrice(i Item, c SetPrice) ([]Event, error) {
	switch {
	case !i.Listed():
		return nil, ErrUnknownItem
	case c.Price.Amount < 1:
		return nil, ErrBadPrice
	case c.Price.Currency != i.Price.Currency:
		// Carts that hold the item would mix currencies over night.
		return nil, ErrOtherCurrency
	case c.Price == i.Price:
		return nil, nil
	}
	return []Event{PriceChanged{i.SKU, i.Name, c.Price, i.Version + 1}}, nil
}

func receive(i Item, c Receive) ([]Event, error) {
	switch {
	case !i.Listed():
		return nil, ErrUnknownItem
	case c.Quantity < 1:
		return nil, ErrBadQuantity
	case c.Request == i.Receipt:
		return nil, nil
	case c.Quantity > MaxPieces-i.OnHand:
		return nil, ErrTooMany
	}
	received := WasReceived(c) // granted as asked: the two have one shape
	return []Event{received, level(after(i, received), c.Quantity, 0, "")}, nil
}

func reserve(s State, c Reserve) []Event {
	if s.Phase != Untouched {
		// Released: the order was cancelled first. Its money goes back because
		// payment hears OrderCancelled too.
		return nil
	}
	if short := shortOf(s.Items, c.Lines); len(short) > 0 {
		return []Event{WasUnavailable{c.Order, short}}
	}
	return append([]Event{WasReserved(c)}, s.move(c.Order, c.Lines, 0, +1)...)
}

// shortOf returns the lines that cannot be had. An item that is not listed has no
// pieces. A line without pieces, or about an item that has a line already, is
// nothing that an order says; it cannot be had either, so that it moves no stock.
func shortOf(items Items, lines []Line) []Short {
	var short []Short
	seen := map[string]bool{}
	for _, l := range lines {
		available := items.Of(l.SKU).Available()
		if l.Quantity < 1 || l.Quantity > available || seen[l.SKU] {
			short = append(short, Short{l.SKU, l.Quantity, available})
		}
		seen[l.SKU] = true
	}
	return short
}

func dispatch(s State, c Dispatch) ([]Event, error) {
	switch s.Phase {
	case Untouched, Unavailable:
		// Money is taken for a booked parcel of a confirmed order, and what is
		// confirmed was reserved here.
		return nil, ErrImpossible
	case Reserved:
		return append([]Event{WasDispatched{c.Order, s.Lines}}, s.move(c.Order, s.Lines, -1, -1)...), nil
	case Released, Dispatched:
		// Released: the cancellation came first. The money just taken goes back
		// because payment hears OrderCancelled too.
	}
	return nil, nil
}

func release(s State, c Release) []Event {
	switch {
	case s.Phase == Released:
		return nil
	case s.Phase != Dispatched:
		return append([]Event{WasReleased{c.Order, s.Lines}}, s.move(c.Order, s.Lines, 0, -1)...)
	case s.Refused:
		// The order was told once, and StockDispatched, which it cannot miss,
		// says the same: it waits for no second answer.
		return nil
	}
	return []Event{ReleaseRefused(c)}
}

func closeIt(s State, c Close) ([]Event, error) {
	switch s.Phase {
	case Untouched:
		return []Event{WasClosed(c)}, nil
	case Reserved, Dispatched:
		// An order ends without goods only after they were refused or released
		// here, or were never asked for.
		return nil, ErrImpossible
	case Unavailable, Released:
	}
	return nil, nil
}

// move returns the levels of all items of lines after onHand and reserved times
// their pieces were added.
func (s State) move(order string, lines []Line, onHand, reserved int64) []Event {
	events := make([]Event, 0, len(lines))
	for _, l := range lines {
		events = append(events, level(s.Items.Of(l.SKU), onHand*l.Quantity, reserved*l.Quantity, order))
	}
	return events
}

// level returns the new level of i. A level that cannot be is a bug, and stops
// here before it is kept: the callers have made sure that there is enough.
func level(i Item, onHand, reserved int64, order string) Event {
	i.OnHand, i.Reserved = i.OnHand+onHand, i.Reserved+reserved
	if i.Reserved < 0 || i.Reserved > i.OnHand || i.OnHand > MaxPieces {
		panic("inventory: more is taken of " + i.SKU + " than is there")
	}
	return LevelChanged{i.SKU, i.Name, i.Price, i.OnHand, i.Reserved, i.Version + 1, order}
}
