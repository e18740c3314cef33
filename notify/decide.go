package notify

// Decide returns what happens to the mails of an order in state s when c is
// asked of them.
//
// Asking twice is the same as asking once: if the effect of c already holds,
// Decide returns no events. Brokers redeliver, and mail servers are asked again
// when an answer is lost. Nothing is ever refused: nobody commands a mail.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Tell:
		return tell(s, c), nil
	case EndWait:
		return endWait(s, c), nil
	case NoteSent:
		return noteSent(s, c), nil
	case NoteRefused:
		return noteRefused(s, c), nil
	}
	panic("notify: command of unknown kind")
}

func tell(s State, c Tell) []Event {
	if _, told := s.find(c.Mail.ID); told {
		return nil
	}
	return []Event{WasOwed{s.unsaid(c.Mail), c.WaitUntil}}
}

// endWait gives up whatever is missing before the mails that have waited long
// enough. A fact that comes after all is told when it comes.
func endWait(s State, c EndWait) []Event {
	through, number := s.through(), int64(0)
	for _, e := range s.Line {
		if !e.settled() && e.Number > through && !e.WaitUntil.After(c.Now) {
			number = max(number, e.Number)
		}
	}
	if number == 0 {
		return nil // what was missing has been heard
	}
	return []Event{WaitEnded{s.Order, number}}
}

func noteSent(s State, c NoteSent) []Event {
	i, told := s.find(c.ID)
	if !told || s.Line[i].settled() {
		// Two replicas may have sent it, one after the other's time was up.
		// They have sent the same message.
		return nil
	}
	return []Event{WasSent{c.ID, s.Line[i].News}}
}

func noteRefused(s State, c NoteRefused) []Event {
	i, told := s.find(c.ID)
	if !told || s.Line[i].settled() {
		return nil
	}
	return []Event{WasRefused{s.Order, c.ID, c.Code, c.Message}}
}
