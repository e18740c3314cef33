package sim

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A line is one line of a transcript. It is kept as what it is about, and not as
// text, because it is drawn as well; and only while somebody wants to know, since
// telling takes longer than doing.
type line struct {
	kind    kindOfLine
	at      time.Time
	from    string
	to      string
	what    string
	order   string
	version int64
	again   bool
	err     error
}

type kindOfLine int

const (
	tells kindOfLine = iota // what is words alone
	steps
	asks
	keeps
	says
	hears
	calls
	dies
)

// tell writes a line of words.
func (w *world) tell(format string, args ...any) {
	if w.telling {
		w.note(line{what: fmt.Sprintf(format, args...)})
	}
}

// note takes a line into the transcript, if there is one.
func (w *world) note(l line) {
	if !w.telling {
		return
	}
	l.at = w.now
	l.order = w.alias(l.order)
	w.lines = append(w.lines, l)
}

// alias returns an order's number in place of its id, by which nobody would know
// it again.
func (w *world) alias(id string) string {
	for _, c := range w.customers {
		if c.order == id && id != "" {
			return fmt.Sprintf("order %d", c.number)
		}
	}
	return id
}

// text returns a line for people.
func (l line) text() string {
	what := short(l.what)
	if l.order != "" {
		what += " of " + l.order
	}
	switch l.kind {
	case steps:
		return "· " + l.what
	case asks:
		answer := "done"
		if l.err != nil {
			answer = l.err.Error()
		}
		return fmt.Sprintf("%s asks %s: %s: %s", l.from, l.to, what, answer)
	case keeps:
		return fmt.Sprintf("  %s keeps %s, version %d", l.from, what, l.version)
	case says:
		return fmt.Sprintf("  %s says %s", l.from, what)
	case hears:
		again := ""
		if l.again {
			again = ", not for the first time"
		}
		return fmt.Sprintf("  %s hears %s%s", l.to, what, again)
	case calls:
		return fmt.Sprintf("  %s calls %s: %s", l.from, l.to, what)
	case dies:
		return "! " + l.from + " crashes"
	case tells:
	}
	return "* " + l.what
}

// short returns a fact's name without its package.
func short(name string) string {
	if _, after, found := strings.Cut(name, ".v1."); found {
		return after
	}
	return name
}

// transcript writes all lines.
func transcript(out io.Writer, lines []line) error {
	for _, l := range lines {
		if _, err := fmt.Fprintf(out, "%s  %s\n", l.at.Format("02 15:04:05"), l.text()); err != nil {
			return err
		}
	}
	return nil
}
