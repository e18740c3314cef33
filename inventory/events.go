package inventory

// An Event is something that has happened in the warehouse. The set is closed:
// every kind is in this file. A kind once published is never changed or removed;
// a new need is a new kind.
//
//sumtype:decl
type Event interface{ isEvent() }

// The facts about an item: other services hear them. Each carries the item's
// version, its own place among all that happened to the item, so that a hearer
// knows which of two is the newer.
type (
	// WasListed says that there is a new item.
	WasListed struct {
		SKU, Name string
		Price     Money
		Version   int64
	}

	// PriceChanged says what the item costs from now on.
	PriceChanged struct {
		SKU, Name string
		Price     Money
		Version   int64
	}

	// LevelChanged says how many pieces there are. Order is the one that moved
	// them, empty if they came in.
	LevelChanged struct {
		SKU, Name        string
		Price            Money
		OnHand, Reserved int64
		Version          int64
		Order            string
	}
)

// The facts about a reservation: other services hear them.
type (
	// WasReserved says that all lines are set aside.
	WasReserved struct {
		Order string
		Lines []Line
	}

	// WasUnavailable says that nothing is, because some lines are short.
	WasUnavailable struct {
		Order string
		Short []Short
	}

	// WasDispatched says that the goods have left: the pivot.
	WasDispatched struct {
		Order string
		Lines []Line
	}

	// WasReleased says that nothing is set aside, now and for ever. Lines are
	// what had been.
	WasReleased struct {
		Order string
		Lines []Line
	}

	// ReleaseRefused says that the goods had left by then.
	ReleaseRefused struct{ Order string }
)

// The warehouse's own records: nobody else hears them.
type (
	// WasReceived keeps which request brought pieces in. The level follows in
	// an event of its own, so that a reader of levels reads one kind only.
	WasReceived struct {
		SKU      string
		Quantity int64
		Request  string
	}

	// WasClosed is a tombstone: the order ended before anything was asked for
	// it, and nothing ever may be.
	WasClosed struct{ Order string }
)

func (WasListed) isEvent()      {}
func (PriceChanged) isEvent()   {}
func (LevelChanged) isEvent()   {}
func (WasReserved) isEvent()    {}
func (WasUnavailable) isEvent() {}
func (WasDispatched) isEvent()  {}
func (WasReleased) isEvent()    {}
func (ReleaseRefused) isEvent() {}
func (WasReceived) isEvent()    {}
func (WasClosed) isEvent()      {}
