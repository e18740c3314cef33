package notify

import (
	"cmp"
	"slices"
	"time"
)

// Evolve returns the state after e. It cannot refuse: e has already happened. It
// leaves s alone, so the line is copied before it changes.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case WasOwed:
		return s.owing(e)
	case WaitEnded:
		s.Waited = max(s.Waited, e.Number)
	case WasSent:
		s.First = cmp.Or(s.First, e.ID)
		return s.settled(e.ID)
	case WasRefused:
		return s.settled(e.ID)
	}
	return s
}

// owing puts a mail where it belongs in the line. A refund goes after all that is
// owed by then. A fact goes before the later ones that have not gone yet.
func (s State) owing(e WasOwed) State {
	m := e.Mail
	s.Order = cmp.Or(s.Order, m.Order)
	place := len(s.Line)
	if m.News != Refunded {
		place = s.place(m.Number)
	}
	if m.News != Refunded && s.Email == "" {
		s.Email, s.Name, s.Lines, s.Total = m.Email, m.Name, m.Lines, m.Total
	}
	line := make([]Entry, 0, len(s.Line)+1)
	line = append(line, s.Line[:place]...)
	line = append(line, Entry{m.ID, m.News, m.Number, e.WaitUntil, &m})
	s.Line = append(line, s.Line[place:]...)
	return s
}

// place returns where a fact of the order belongs in the line.
func (s State) place(number int64) int {
	isFact := func(e Entry) bool { return e.News != Refunded }
	if !slices.ContainsFunc(s.Line, isFact) {
		return 0 // refunds could not go before, for want of an address
	}
	i := slices.IndexFunc(s.Line, func(e Entry) bool { return !e.settled() && e.Number > number })
	if i < 0 {
		return len(s.Line)
	}
	return i
}

// settled returns s without what was known of a mail that is over. Its id stays,
// so that it is not owed again, and so does its number.
func (s State) settled(id string) State {
	i, told := s.find(id)
	if !told {
		return s
	}
	s.Line = slices.Clone(s.Line)
	e := &s.Line[i]
	e.WaitUntil, e.Mail = time.Time{}, nil
	return s
}
