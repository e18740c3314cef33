package notify

import "time"

// A Command is something that may be asked of the mails of an order. The set is
// closed: every kind is in this file.
//
//sumtype:decl
type Command interface{ isCommand() }

type (
	// Tell asks for a mail about a fact. WaitUntil is how long the facts before
	// it are waited for, if they are missing.
	Tell struct {
		Mail      Mail
		WaitUntil time.Time
	}

	// EndWait asks whether a wait has lasted long enough.
	EndWait struct{ Now time.Time }

	// NoteSent says that the mail server has taken a mail.
	NoteSent struct{ ID string }

	// NoteRefused says that the mail server has refused a mail for good.
	NoteRefused struct{ ID, Code, Message string }
)

func (Tell) isCommand()        {}
func (EndWait) isCommand()     {}
func (NoteSent) isCommand()    {}
func (NoteRefused) isCommand() {}
