package inventory

// Evolve returns the state after e. It cannot refuse: e has already happened. It
// leaves s alone, so its items are copied before they change.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case WasReserved:
		s.Phase, s.Lines = Reserved, e.Lines
	case WasUnavailable:
		s.Phase = Unavailable
	case WasDispatched:
		s.Phase = Dispatched
	case WasReleased:
		s.Phase, s.Lines = Released, nil
	case ReleaseRefused:
		s.Refused = true
	case WasClosed:
		s.Phase = Released
	case WasListed, PriceChanged, LevelChanged, WasReceived:
		s.Items = s.Items.with(after(s.Items.Of(sku(e)), e))
	}
	return s
}

// after returns the item after e. Every event of an item counts, also one that
// nobody else hears: its version is its place in the item's stream.
func after(i Item, e Event) Item {
	i.Version++
	switch e := e.(type) {
	case WasListed:
		i.SKU, i.Name, i.Price, i.Opening = e.SKU, e.Name, e.Price, e.Price
	case PriceChanged:
		i.Price = e.Price
	case LevelChanged:
		i.OnHand, i.Reserved = e.OnHand, e.Reserved
	case WasReceived:
		i.Receipt = e.Request
	default: // happens to reservations
	}
	return i
}

// Join returns what a and b know together. One of them at most knows of a
// reservation.
func Join(a, b State) State {
	if a.Phase == Untouched {
		a.Reservation = b.Reservation
	}
	if len(a.Items) == 0 {
		a.Items = b.Items
		return a
	}
	for _, i := range b.Items {
		a.Items = a.Items.with(i)
	}
	return a
}

// Of returns the stream that e happens to, if to was asked: an order's command
// happens to items as well.
func Of(to string, e Event) string {
	if sku := sku(e); sku != "" {
		return ItemStream(sku)
	}
	return to
}

// sku returns the item that e happens to, empty if it happens to a reservation.
func sku(e Event) string {
	switch e := e.(type) {
	case WasListed:
		return e.SKU
	case PriceChanged:
		return e.SKU
	case LevelChanged:
		return e.SKU
	case WasReceived:
		return e.SKU
	default:
		return ""
	}
}
