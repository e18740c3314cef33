package shipping

// A Command is something that may be asked of a shipment. The set is closed:
// every kind is in this file.
//
//sumtype:decl
type Command interface{ isCommand() }

// What the choreography, carriers and staff ask.
type (
	// Open begins the shipment of an order that was confirmed. Carriers are
	// those that may be asked, the preferred first, and Chosen is the first that
	// can be asked at this moment, empty if none can.
	Open struct {
		Order, Name string
		ShipTo      Address
		Lines       []Line
		Carriers    []string
		Chosen      string
	}

	// HandOver says that the goods have left the warehouse.
	HandOver struct{}

	// Cancel says that the order is cancelled.
	Cancel struct{ Order string }

	// Track says what the carrier says about the parcel: because it was asked,
	// or because it, or a person, told us.
	Track struct {
		Status Status
		Note   string // in the carrier's words
	}
)

// What comes of the duties that are owed.
type (
	// Choose says which carrier is going to be asked.
	Choose struct{ Carrier string }

	// NoteBooked says that the carrier has booked.
	NoteBooked struct{ Carrier, Label, Tracking string }

	// NoteRefused says that the carrier will not take the parcel.
	NoteRefused struct{ Carrier, Code, Message string }

	// NoteAccepted says that the carrier has taken the parcel over.
	NoteAccepted struct{}

	// NoteCancelled says that the carrier has cancelled the label.
	NoteCancelled struct{}
)

func (Open) isCommand()          {}
func (HandOver) isCommand()      {}
func (Cancel) isCommand()        {}
func (Track) isCommand()         {}
func (Choose) isCommand()        {}
func (NoteBooked) isCommand()    {}
func (NoteRefused) isCommand()   {}
func (NoteAccepted) isCommand()  {}
func (NoteCancelled) isCommand() {}
