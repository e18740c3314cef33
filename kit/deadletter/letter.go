package deadletter

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
)

// A Letter is a message that was set aside.
type Letter struct {
	// ID names the letter. It is that of the message, or made from the content
	// of one that has none, or bears the id of another one.
	ID       uuid.UUID
	Message  bus.Message
	Reason   Reason
	Error    string // of the last try; empty if it was never tried
	Attempts int
	Parked   time.Time
}

// Undertaking returns what the letter belongs to, and holds up: the correlation of
// its message. A message that has none, or that is not to be believed, is an
// undertaking of its own and holds nobody up.
func (l Letter) Undertaking() string {
	if l.Message.Correlation == "" || l.Reason == Forged {
		return l.ID.String()
	}
	return l.Message.Correlation
}

// Mark returns the mark by which a consumer remembers that it has handled m, with
// a digest by which another message under the same id is told.
func Mark(consumer string, m bus.Message) *eventlog.Mark {
	return &eventlog.Mark{Consumer: consumer, ID: m.ID, Digest: digest(m)}
}

// mark returns the mark of the message of l, also of one that has no id.
func (l Letter) mark(consumer string) eventlog.Mark {
	return eventlog.Mark{Consumer: consumer, ID: l.ID, Digest: digest(l.Message)}
}

// digest returns a hash of what m says, which must never change: FNV-1a. It guards
// against accidents; who wants two messages of one digest can make them.
func digest(m bus.Message) int64 {
	const offset, prime = 14695981039346656037, 1099511628211
	sum := uint64(offset)
	for i := range len(m.Type) {
		sum = (sum ^ uint64(m.Type[i])) * prime
	}
	for _, b := range m.Body {
		sum = (sum ^ uint64(b)) * prime
	}
	return int64(sum | 1) //nolint:gosec // any 64 bits will do, except zero, which is not compared
}

// Longest texts of a letter, in bytes.
const (
	maxText  = bus.MaxText
	maxError = 4 << 10
)

// addressed returns l as it can be kept: named, and with texts that every store
// takes, whatever somebody has sent.
func (l Letter) addressed() Letter {
	m := &l.Message
	l.ID = m.ID
	if m.ID == uuid.Nil || l.Reason == Forged {
		content := strings.Join([]string{m.Type, m.Source, m.Subject, m.Correlation, string(m.Body)}, "\x00")
		l.ID = uuid.NewSHA1(m.ID, []byte(content))
	}
	for _, text := range []*string{&m.Type, &m.Subject, &m.Source, &m.Correlation, &m.Causation, &m.Actor, &m.Trace} {
		*text = fit(*text, maxText)
	}
	l.Error = fit(l.Error, maxError)
	return l
}

// fit returns text without what no database takes, and no longer than size.
func fit(text string, size int) string {
	if len(text) <= size && utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text // as nearly always
	}
	if len(text) > size {
		text = text[:size]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
