package payment

// An Event is something that has happened to a payment. The set is closed: every
// kind is in this file. A kind once published is never changed or removed; a new
// need is a new kind.
//
//sumtype:decl
type Event interface{ isEvent() }

// The facts: other services hear them. Each carries all that a hearer may need,
// so that nobody calls back.
type (
	// WasAuthorized says that the provider holds the order's money.
	WasAuthorized struct {
		Order, Transaction string
		Amount             Money
		Lines              []Line
		Authorization      string
	}

	// WasDeclined says that the provider holds no money and will not.
	WasDeclined struct{ Order, Code, Message string }

	// WasCaptured says that the held money is taken.
	WasCaptured struct {
		Order     string
		Amount    Money
		Reference string
	}

	// WasNotCaptured says that the held money could not be taken and never will
	// be. It is still held until it is let go.
	WasNotCaptured struct {
		Order         string
		Amount        Money
		Code, Message string
	}

	// WasVoided says that the held money is let go.
	WasVoided struct {
		Order     string
		Amount    Money
		Reference string
	}

	// WasRefunded says that taken money is given back. Total is what all
	// refunds together gave back, this one included.
	WasRefunded struct {
		Order, ID     string
		Amount, Total Money
		Reference     string
	}
)

// The payment's own records: nobody else hears them. An intent is kept before
// its call is made, so that a crash in between leaves the call owed.
type (
	// WasOpened remembers an order to be paid for; its authorization is owed.
	WasOpened struct {
		Order, Transaction, Token string
		Total                     Money
		Lines                     []Line
	}

	// CaptureIntended means that the capture is owed.
	CaptureIntended struct {
		Order  string
		Amount Money
	}

	// VoidIntended means that the void is owed.
	VoidIntended struct{ Order string }

	// CancellationNoted remembers a cancellation that cannot act yet, because a
	// call is under way.
	CancellationNoted struct{ Order string }

	// RefundIntended means that a refund is owed.
	RefundIntended struct {
		Order, ID, Request string
		Amount             Money
		All                bool
		Reason, Actor      string
	}

	// RefundFailed remembers that the provider refused a refund for good.
	RefundFailed struct{ Order, ID, Code, Message string }

	// WasClosed is a tombstone: the order was cancelled before it was heard of.
	WasClosed struct{ Order string }
)

func (WasAuthorized) isEvent()     {}
func (WasDeclined) isEvent()       {}
func (WasCaptured) isEvent()       {}
func (WasNotCaptured) isEvent()    {}
func (WasVoided) isEvent()         {}
func (WasRefunded) isEvent()       {}
func (WasOpened) isEvent()         {}
func (CaptureIntended) isEvent()   {}
func (VoidIntended) isEvent()      {}
func (CancellationNoted) isEvent() {}
func (RefundIntended) isEvent()    {}
func (RefundFailed) isEvent()      {}
func (WasClosed) isEvent()         {}
