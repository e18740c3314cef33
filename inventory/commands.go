package inventory

// A Command is something that may be asked of the warehouse. The set is closed:
// every kind is in this file.
//
//sumtype:decl
type Command interface{ isCommand() }

// What staff may ask of an item.
type (
	// List asks for a new item, without stock.
	List struct {
		SKU, Name string
		Price     Money
	}

	// SetPrice asks that an item costs something else from now on.
	SetPrice struct {
		SKU   string
		Price Money
	}

	// Receive says that pieces have come in, and by which request. The item
	// knows a repeat of its last request; whoever asks sees to it that an older
	// one is not asked again.
	Receive struct {
		SKU      string
		Quantity int64
		Request  string
	}
)

// What is asked of an order's reservation because of what others said. Nobody
// commands these.
type (
	// Reserve asks for all lines of an order, now that its money is promised.
	// Each line is another item.
	Reserve struct {
		Order string
		Lines []Line
	}

	// Dispatch asks that the goods leave, now that their money is taken.
	Dispatch struct{ Order string }

	// Release asks that nothing is held for the order any more.
	Release struct{ Order string }

	// Close says that the order has ended without goods.
	Close struct{ Order string }
)

func (List) isCommand()     {}
func (SetPrice) isCommand() {}
func (Receive) isCommand()  {}
func (Reserve) isCommand()  {}
func (Dispatch) isCommand() {}
func (Release) isCommand()  {}
func (Close) isCommand()    {}
