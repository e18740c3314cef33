package shipping

// An Event is something that has happened to a shipment. The set is closed:
// every kind is in this file. A kind once published is never changed or removed;
// a new need is a new kind.
//
//sumtype:decl
type Event interface{ isEvent() }

// The facts: other services hear them. Each carries all that a hearer may need,
// so that nobody calls back.
type (
	// WasBooked says that a carrier will take the parcel.
	WasBooked struct{ Order, Carrier, Tracking, Label string }

	// WasRefused says that no carrier will take the parcel.
	WasRefused struct {
		Order    string
		Refusals []Refusal
	}

	// WasShipped says that the carrier has the parcel on its way.
	WasShipped struct{ Order, Carrier, Tracking string }

	// WasDelivered says that the customer has the parcel.
	WasDelivered struct{ Order, Carrier, Tracking string }

	// WasCancelled says that the carrier has cancelled the label.
	WasCancelled struct{ Order, Carrier, Tracking string }
)

// The shipment's own records: nobody else hears them.
type (
	// WasOpened remembers an order to be shipped; a booking is owed, by the
	// chosen carrier if there is one.
	WasOpened struct {
		Order, Name string
		ShipTo      Address
		Lines       []Line
		Carriers    []string
		Chosen      string
	}

	// CarrierChosen remembers which carrier is asked, before it is.
	CarrierChosen struct{ Order, Carrier string }

	// CarrierRefused remembers a carrier's no.
	CarrierRefused struct{ Order, Carrier, Code, Message string }

	// CancellationNoted remembers that the order was cancelled: a label that is
	// booked, or turns out to be, is to be cancelled.
	CancellationNoted struct{ Order string }

	// WasHandedOver remembers that the goods have left the warehouse; the
	// carrier is to be told.
	WasHandedOver struct{ Order string }

	// WasAccepted remembers that the carrier has taken the parcel over; it is
	// to be asked how far the parcel is.
	WasAccepted struct{ Order string }

	// WasLost remembers that the carrier has lost the parcel.
	WasLost struct{ Order, Note string }

	// WasClosed is a tombstone: the order was cancelled while no carrier was
	// asked, and none ever will be.
	WasClosed struct{ Order string }
)

func (WasBooked) isEvent()         {}
func (WasRefused) isEvent()        {}
func (WasShipped) isEvent()        {}
func (WasDelivered) isEvent()      {}
func (WasCancelled) isEvent()      {}
func (WasOpened) isEvent()         {}
func (CarrierChosen) isEvent()     {}
func (CarrierRefused) isEvent()    {}
func (CancellationNoted) isEvent() {}
func (WasHandedOver) isEvent()     {}
func (WasAccepted) isEvent()       {}
func (WasLost) isEvent()           {}
func (WasClosed) isEvent()         {}
