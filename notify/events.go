package notify

import "time"

// An Event is something that has happened to the mails of an order. The set is
// closed: every kind is in this file. A kind once kept is never changed or
// removed; a new need is a new kind. Nobody else hears them.
//
//sumtype:decl
type Event interface{ isEvent() }

type (
	// WasOwed says that from here a mail is owed, with all that it needs and that
	// the events before it do not say.
	WasOwed struct {
		Mail      Mail
		WaitUntil time.Time
	}

	// WaitEnded says that facts up to a place are no longer waited for.
	WaitEnded struct {
		Order  string
		Number int64
	}

	// WasSent says that the mail server has taken a mail.
	WasSent struct {
		ID   string
		News News
	}

	// WasRefused says that the mail server has refused a mail for good.
	WasRefused struct{ Order, ID, Code, Message string }
)

func (WasOwed) isEvent()    {}
func (WaitEnded) isEvent()  {}
func (WasSent) isEvent()    {}
func (WasRefused) isEvent() {}
