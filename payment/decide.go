package payment

// Decide returns what happens to a payment in state s when c is asked of it.
//
// Asking twice is the same as asking once: if the effect of c already holds,
// Decide returns no events and no error. Brokers redeliver, callers retry, and
// two replicas may bring the same answer of the provider. Commands that come
// from React or from a call are never refused, because there is nobody to read
// it, except with ErrImpossible.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Open:
		return open(s, c), nil
	case Capture:
		return capture(s)
	case Release:
		return release(s)
	case Cancel:
		return cancel(s, c), nil
	case GiveBack:
		return giveBack(s, c)
	case NoteAuthorized:
		return noteAuthorized(s, c), nil
	case NoteDeclined:
		return noteDeclined(s, c), nil
	case NoteCaptured:
		return noteCaptured(s, c), nil
	case NoteNotCaptured:
		return noteNotCaptured(s, c), nil
	case NoteVoided:
		return noteVoided(s, c), nil
	case NoteRefunded:
		return noteRefunded(s, c), nil
	case NoteNotRefunded:
		return noteNotRefunded(s, c), nil
	}
	panic("payment: command of unknown kind")
}

func open(s State, c Open) []Event {
	if s.Phase != None {
		// Heard before; or closed, because the cancellation came first: no
		// money is ever to be held for that order.
		return nil
	}
	return []Event{WasOpened(c)}
}

func capture(s State) ([]Event, error) {
	switch s.Phase {
	case Authorized:
		return []Event{CaptureIntended{s.Order, s.Total}}, nil
	case None, Authorizing, Declined, Closed:
		// A parcel is booked for a confirmed order, which was confirmed after
		// its stock was reserved, which was after we had said that its money
		// is held.
		return nil, ErrImpossible
	case Voiding, Voided:
		// The order was cancelled. Shipping hears of that too, and cancels the
		// label.
	case Capturing, Captured, CaptureFailed, Refunding, Refunded:
		// Heard before.
	}
	return nil, nil
}

func release(s State) ([]Event, error) {
	switch s.Phase {
	case Authorized, CaptureFailed:
		return []Event{VoidIntended{s.Order}}, nil
	case None, Authorizing, Declined, Closed:
		// Inventory looks for goods only after we have said that the money is
		// held.
		return nil, ErrImpossible
	case Capturing, Captured, Refunding, Refunded:
		// Goods that are short are never reserved, and what is not reserved is
		// never confirmed, booked and captured.
		return nil, ErrImpossible
	case Voiding, Voided:
		// Heard before, or the cancellation that follows was faster.
	}
	return nil, nil
}

func cancel(s State, c Cancel) []Event {
	switch s.Phase {
	case None:
		return []Event{WasClosed(c)}
	case Declined, Voiding, Voided, Refunded, Closed:
		return nil // nothing is held, or soon nothing will be
	case Authorizing, Authorized, Capturing, Captured, CaptureFailed, Refunding:
	}
	if s.Cancelled {
		return nil
	}
	noted := CancellationNoted{s.Order}
	if undo := undoIfCancelled(Evolve(s, noted)); len(undo) > 0 {
		return undo // says it all
	}
	return []Event{noted}
}

// undoIfCancelled returns what the order's cancellation, heard now or
// remembered, demands in state s. While the provider is asked to hold or to take
// money, it demands nothing yet. Even a payment whose authorization may never
// have reached the provider is not closed: a call that another replica has under
// way, or that is still on the wire, could hold the money after we had looked
// and found nothing. So the authorization is asked for again, by the same key,
// until its answer is known, and undone then.
func undoIfCancelled(s State) []Event {
	if !s.Cancelled {
		return nil
	}
	switch s.Phase {
	case Authorized, CaptureFailed:
		return []Event{VoidIntended{s.Order}}
	case Captured, Refunding:
		return refundRest(s)
	case None, Authorizing, Declined, Capturing, Voiding, Voided, Refunded, Closed:
	}
	return nil
}

// refundRest intends the refund of all that is left, once. If the provider
// refuses even that for good, the payment stays captured for people to see:
// asking again under another key might give the money back twice.
func refundRest(s State) []Event {
	id := "cancellation-" + s.Order
	if _, asked := s.refund(id); asked || s.Left() == 0 {
		return nil
	}
	return []Event{RefundIntended{
		Order: s.Order, ID: id, Amount: Money{s.Left(), s.Total.Currency}, All: true,
		Reason: "order cancelled", Actor: "service:payment",
	}}
}

func giveBack(s State, c GiveBack) ([]Event, error) {
	if s.Phase == None {
		return nil, ErrUnknown
	}
	if r, asked := s.refund(c.ID); asked {
		return nil, sameRequest(r, c)
	}
	amount, all := c.Amount, c.Amount == Money{}
	if all {
		amount = Money{s.Left(), s.Total.Currency}
	}
	if err := refundable(s, amount); err != nil {
		return nil, err
	}
	return []Event{RefundIntended{
		Order: s.Order, ID: c.ID, Request: c.Request, Amount: amount, All: all, Reason: c.Reason, Actor: c.Actor,
	}}, nil
}

// sameRequest refuses a request that goes by the id of another one.
func sameRequest(r Refund, c GiveBack) error {
	all := c.Amount == Money{}
	if r.All != all || !all && r.Amount != c.Amount || r.Reason != c.Reason {
		return ErrReused
	}
	return nil
}

func refundable(s State, amount Money) error {
	switch {
	case s.Captured == 0:
		return StateError{s.Phase, 0, ErrNotCaptured}
	case s.Left() == 0:
		return StateError{s.Phase, 0, ErrNothingLeft}
	case amount.Currency != s.Total.Currency:
		return ErrOtherCurrency
	case amount.Amount < 1:
		return ErrBadAmount
	case amount.Amount > s.Left():
		return StateError{s.Phase, s.Left(), ErrTooMuch}
	}
	return nil
}

// noteAuthorized, like those that follow, takes an answer of the provider. One to
// a call that is not owed any more is a repeat: another replica brought it first,
// and by the call's key it was the same answer.
func noteAuthorized(s State, c NoteAuthorized) []Event {
	if s.Phase != Authorizing {
		return nil
	}
	return thenUndo(s, WasAuthorized{s.Order, s.Transaction, s.Total, s.Lines, c.Authorization})
}

func noteDeclined(s State, c NoteDeclined) []Event {
	if s.Phase != Authorizing {
		return nil
	}
	return []Event{WasDeclined{s.Order, c.Code, c.Message}}
}

func noteCaptured(s State, c NoteCaptured) []Event {
	if s.Phase != Capturing {
		return nil
	}
	return thenUndo(s, WasCaptured{s.Order, s.Total, c.Reference})
}

func noteNotCaptured(s State, c NoteNotCaptured) []Event {
	if s.Phase != Capturing {
		return nil
	}
	return thenUndo(s, WasNotCaptured{s.Order, s.Total, c.Code, c.Message})
}

func noteVoided(s State, c NoteVoided) []Event {
	if s.Phase != Voiding {
		return nil
	}
	return []Event{WasVoided{s.Order, s.Total, c.Reference}}
}

func noteRefunded(s State, c NoteRefunded) []Event {
	r, asked := s.refund(c.ID)
	if !asked || r.State != Pending {
		return nil
	}
	total := Money{s.Refunded() + r.Amount.Amount, s.Total.Currency}
	return []Event{WasRefunded{s.Order, c.ID, r.Amount, total, c.Reference}}
}

func noteNotRefunded(s State, c NoteNotRefunded) []Event {
	r, asked := s.refund(c.ID)
	if !asked || r.State != Pending {
		return nil
	}
	return thenUndo(s, RefundFailed{s.Order, c.ID, c.Code, c.Message})
}

// thenUndo returns e and what a remembered cancellation demands after it.
func thenUndo(s State, e Event) []Event {
	return append([]Event{e}, undoIfCancelled(Evolve(s, e))...)
}
