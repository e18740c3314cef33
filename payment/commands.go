package payment

// A Command is something that may be asked of a payment. The set is closed:
// every kind is in this file.
//
//sumtype:decl
type Command interface{ isCommand() }

// What the choreography and staff ask.
type (
	// Open begins the payment of an order that was placed.
	Open struct {
		Order, Transaction, Token string
		Total                     Money
		Lines                     []Line
	}

	// Capture says that a parcel is booked: the held money is to be taken.
	Capture struct{}

	// Release says that the held money will not be needed, because goods are
	// short.
	Release struct{}

	// Cancel says that the order is cancelled: whatever is held or taken is to
	// go back.
	Cancel struct{ Order string }

	// GiveBack asks for taken money to be given back. A member of staff asks it.
	GiveBack struct {
		ID      string // of the refund; follows from the request
		Request string
		Amount  Money // zero means all that is left
		Reason  string
		Actor   string
	}
)

// What the provider answers to the calls that are owed.
type (
	// NoteAuthorized says that the money is held.
	NoteAuthorized struct{ Authorization string }

	// NoteDeclined says that no money is held, and none will be.
	NoteDeclined struct{ Code, Message string }

	// NoteCaptured says that the held money is taken.
	NoteCaptured struct{ Reference string }

	// NoteNotCaptured says that the held money cannot be taken, now or later.
	NoteNotCaptured struct{ Code, Message string }

	// NoteVoided says that the held money is let go.
	NoteVoided struct{ Reference string }

	// NoteRefunded says that the money of one refund is given back.
	NoteRefunded struct{ ID, Reference string }

	// NoteNotRefunded says that the provider has refused one refund for good.
	NoteNotRefunded struct{ ID, Code, Message string }
)

func (Open) isCommand()            {}
func (Capture) isCommand()         {}
func (Release) isCommand()         {}
func (Cancel) isCommand()          {}
func (GiveBack) isCommand()        {}
func (NoteAuthorized) isCommand()  {}
func (NoteDeclined) isCommand()    {}
func (NoteCaptured) isCommand()    {}
func (NoteNotCaptured) isCommand() {}
func (NoteVoided) isCommand()      {}
func (NoteRefunded) isCommand()    {}
func (NoteNotRefunded) isCommand() {}
