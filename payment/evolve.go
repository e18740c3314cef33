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
	case RefundIntended, WasRefunded, RefundFailed:
		return evolveRefund(s, e)
	}
	return s
}

func evolveRefund(s State, e Event) State {
	switch e := e.(type) {
	case RefundIntended:
		s.Refunds = append(slices.Clip(s.Refunds), Refund{e.ID, e.Request, e.Amount, e.All, e.Reason, e.Actor, Pending})
		s.Cancelled = s.Cancelled || e.Request == ""
	case WasRefunded:
		s = settle(s, e.ID, Done)
	case RefundFailed:
		s = settle(s, e.ID, Failed)
	}
	switch {
	case s.sum(Pending) > 0:
		s.Phase = Refunding
	case s.Left() == 0:
		s.Phase = Refunded
	default: // a part was given back, or none
		s.Phase = Captured
	}
	return s
}

func settle(s State, id string, as RefundState) State {
	s.Refunds = slices.Clone(s.Refunds)
	for i := range s.Refunds {
		if s.Refunds[i].ID == id {
			s.Refunds[i].State = as
		}
	}
	return s
}
