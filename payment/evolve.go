package payment

import "slices"

// Evolve returns the state after e. It cannot refuse: e has already happened. It
// leaves s alone, so the refunds are copied before one changes.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case WasOpened:
		s.Phase, s.Order, s.Transaction, s.Token = Authorizing, e.Order, e.Transaction, e.Token
		s.Total, s.Lines = e.Total, e.Lines
	case WasAuthorized:
		s.Phase, s.Authorization = Authorized, e.Authorization
	case WasDeclined:
		s.Phase, s.Code, s.Message = Declined, e.Code, e.Message
	case CaptureIntended:
		s.Phase = Capturing
	case WasCaptured:
		s.Phase, s.Captured = Captured, e.Amount.Amount
	case WasNotCaptured:
		s.Phase, s.Code, s.Message = CaptureFailed, e.Code, e.Message
	case VoidIntended:
		s.Phase = Voiding
	case WasVoided:
		s.Phase = Voided
	case CancellationNoted:
		s.Cancelled = true
	case WasClosed:
		s.Phase, s.Order = Closed, e.Order
	case RefundIntended:
		s.Refunds = append(slices.Clip(s.Refunds), Refund{e.ID, e.Request, e.Amount, e.All, e.Reason, e.Actor, Pending})
		s.Cancelled = s.Cancelled || e.Request == ""
		s.Phase = refundPhase(s)
	case WasRefunded:
		s.Refunds = settle(s.Refunds, e.ID, Done)
		s.Phase = refundPhase(s)
	case RefundFailed:
		s.Refunds = settle(s.Refunds, e.ID, Failed)
		s.Phase = refundPhase(s)
	}
	return s
}

// refundPhase returns the phase that follows from the refunds of taken money.
func refundPhase(s State) Phase {
	switch {
	case s.sum(Pending) > 0:
		return Refunding
	case s.Left() == 0:
		return Refunded
	}
	return Captured // nothing was given back, or a part
}

// settle returns refunds with one of them settled.
func settle(refunds []Refund, id string, as RefundState) []Refund {
	refunds = slices.Clone(refunds)
	for i := range refunds {
		if refunds[i].ID == id {
			refunds[i].State = as
		}
	}
	return refunds
}
