// Package mailbox is a mail server that delivers to nobody. It takes mail over
// SMTP, keeps it, shows it over HTTP, and misbehaves on demand.
//
// A message is known by its Message-ID. One that comes again is a copy: it is
// counted and dated, never silently swallowed, because whether somebody got the
// same mail twice is just what tests want to know. Mail without a Message-ID is
// taken for a new message each time.
//
// A message is answered with 250 only once it is journaled, so a crash of the
// sandbox can make a sender repeat a mail but never lose one.
//
// # SMTP
//
// At most 256 KiB a message and 10 recipients, no authentication, no TLS (it
// listens on loopback). A full mailbox answers 452.
//
// The recipient's local part, up to a plus sign, decides how one mail fares:
//
//	greylist@…    the first try of each Message-ID gets 451 after its data
//	reject@…      550 for the recipient
//	hang@…        no answer to the recipient
//	lostanswer@…  kept, then the connection is closed in place of 250; a copy is answered
//
// The switch "smtp" strikes at MAIL FROM: down is 421 and closes, slow takes
// 3 s divided by the speed, hang never answers, error_rate:P is 451 by chance.
//
// # HTTP
//
//	GET /messages[?order=ID][&to=ADDRESS][&limit=N]  200 List, newest first; N up to 1000, default 100
//	GET /messages/{id}                               200 Message with raw and text
//	GET /                                            the same for people, as a page
//
// A message belongs to an order if its header X-Orpheus-Order says so or, where
// it has no such header, if its subject or text names the order.
package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/journal"
)

// Switch is the mailbox's name on the board of switches.
const Switch = "smtp"

const (
	// MaxMessage is the most bytes that a message may have.
	MaxMessage = 256 << 10

	// MaxRecipients is the most recipients that a message may have.
	MaxRecipients = 10

	// MaxMessages is how many messages and copies a mailbox keeps. It never
	// drops one: that would make a copy look like a first.
	MaxMessages = 200_000

	// part is the mailbox's name in the journal.
	part = "mailbox"
)

// errFull says that there is no room for one more.
var errFull = errors.New("mailbox is full")

// A Config says what a mailbox stands on.
type Config struct {
	Journal *journal.Journal // default journal.Memory()
	Faults  *faults.Board    // default: a board of its own, all ok
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default slog.Default()
}

// A Mailbox keeps mail. It is safe for concurrent use.
type Mailbox struct {
	journal *journal.Journal
	faults  *faults.Board
	now     func() time.Time
	log     *slog.Logger
	mux     *http.ServeMux
	page    *template.Template

	mu       sync.Mutex
	messages []Message      // oldest first; the id is the place, from 1
	byID     map[string]int // Message-ID to place in messages
	received int            // messages and their copies
}

// Open returns the mailbox that the journal remembers.
func Open(c Config) (*Mailbox, error) {
	m := &Mailbox{journal: c.Journal, faults: c.Faults, now: c.Now, log: c.Log, byID: map[string]int{}}
	if m.journal == nil {
		m.journal = journal.Memory()
	}
	if m.faults == nil {
		m.faults = faults.New(faults.Config{Names: []string{Switch}})
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.log == nil {
		m.log = slog.Default()
	}
	if err := m.journal.Replay(part, m.replay); err != nil {
		return nil, err
	}
	m.mux = m.routes()
	return m, nil
}

// A delivery is one mail as it came in, and one line of the journal. All that
// is known of a message follows from its deliveries.
type delivery struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	To   []string  `json:"to"`
	Raw  []byte    `json:"raw"`
}

func (m *Mailbox) replay(body json.RawMessage) error {
	var d delivery
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Errorf("%w: %w", journal.ErrCorrupt, err)
	}
	m.file(d, parse(d.Raw))
	return nil
}

// keep journals a delivery, files it, and waits for the disk. It returns which
// copy of its message it is, from 1.
func (m *Mailbox) keep(from string, to []string, raw []byte) (copies int, err error) {
	if copies, err = m.take(from, to, raw); err != nil {
		return 0, err
	}
	return copies, m.journal.Settle()
}

func (m *Mailbox) take(from string, to []string, raw []byte) (copies int, err error) {
	read := parse(raw) // outside the lock: it is the slow part
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.received >= MaxMessages {
		return 0, errFull
	}
	d := delivery{At: m.now().UTC(), From: from, To: to, Raw: raw}
	if err := m.journal.Write(part, d); err != nil {
		return 0, err
	}
	return m.file(d, read), nil
}

// file takes a delivery into memory, as a new message or as one more copy.
func (m *Mailbox) file(d delivery, read reading) (copies int) {
	m.received++
	if at, known := m.byID[read.messageID]; known {
		m.messages[at].add(d)
		return len(m.messages[at].Received)
	}
	if read.messageID != "" {
		m.byID[read.messageID] = len(m.messages)
	}
	m.messages = append(m.messages, message(len(m.messages)+1, d, read))
	return 1
}

// knows reports whether a message with that Message-ID is here.
func (m *Mailbox) knows(messageID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.byID[messageID]
	return known
}
