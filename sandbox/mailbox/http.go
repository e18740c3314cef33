package mailbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orpheus.example/sandbox/internal/wire"
)

const (
	// defaultLimit and maxLimit bound how many messages one answer lists.
	defaultLimit = 100
	maxLimit     = 1000
)

// A Query says which messages are wanted. Empty fields ask for all.
type Query struct {
	Order string
	To    string // a whole address, without regard to case
	Limit int    // the newest so many; 0 means no limit
}

// A List is an answer to a Query: messages, newest first, without text and raw.
// The counts are of all that match, listed or not.
type List struct {
	Messages []Message `json:"messages"`
	Distinct int       `json:"distinct"` // messages
	Received int       `json:"received"` // messages and their copies
}

// Messages returns the list for q, with text and raw.
func (m *Mailbox) Messages(q Query) List {
	l := List{Messages: []Message{}}
	m.look(func() { m.list(q, &l) })
	return l
}

// look calls look under the lock, and returns when all that it may have seen is on
// the disk.
func (m *Mailbox) look(look func()) {
	m.mu.Lock()
	look()
	m.mu.Unlock()
	_ = m.journal.Settle() // if it is broken, whoever sends a mail is told
}

// list adds what q wants. It is called under the lock.
func (m *Mailbox) list(q Query, l *List) {
	for _, one := range slices.Backward(m.messages) {
		if !q.wants(one) {
			continue
		}
		l.Distinct++
		l.Received += one.Copies
		if q.Limit == 0 || len(l.Messages) < q.Limit {
			l.Messages = append(l.Messages, one)
		}
	}
}

func (q Query) wants(m Message) bool {
	if q.Order != "" && !m.about(q.Order) {
		return false
	}
	if q.To == "" {
		return true
	}
	for _, to := range m.To {
		if strings.EqualFold(to, q.To) {
			return true
		}
	}
	return false
}

// Message returns the message with that id.
func (m *Mailbox) Message(id int) (one Message, ok bool) {
	m.look(func() {
		if ok = id >= 1 && id <= len(m.messages); ok {
			one = m.messages[id-1]
		}
	})
	return one, ok
}

// ServeHTTP shows the mailbox, relative to where it is mounted. No switch
// stands before it: it is not the mail server but a look into its drawer.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

func (m *Mailbox) routes() *http.ServeMux {
	// Parsed at the start: a mistake in it must not wait for a reader.
	m.page = template.Must(template.New("page").Parse(pageText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /messages", m.showList)
	mux.HandleFunc("GET /messages/{id}", m.show)
	mux.HandleFunc("GET /{$}", m.showPage)
	return mux
}

func (m *Mailbox) showList(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	l := m.Messages(q)
	for i := range l.Messages {
		l.Messages[i].Text, l.Messages[i].Raw = "", ""
	}
	wire.Write(w, http.StatusOK, l)
}

func query(r *http.Request) (Query, error) {
	v := r.URL.Query()
	q := Query{Order: v.Get("order"), To: v.Get("to"), Limit: defaultLimit}
	if text := v.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return Query{}, wire.Refuse(http.StatusBadRequest, "limit_invalid", "a limit is 1 to %d", maxLimit)
		}
		q.Limit = n
	}
	return q, nil
}

func (m *Mailbox) show(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	one, ok := m.Message(id)
	if err != nil || !ok {
		wire.WriteError(w, wire.Refuse(http.StatusNotFound, "message_not_found", "there is no message %q", r.PathValue("id")))
		return
	}
	wire.Write(w, http.StatusOK, one)
}

//go:embed page.html
var pageText string

func (m *Mailbox) showPage(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// Mail is written by others. The template escapes it; should that ever
	// fail, the browser still runs and loads nothing.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	_ = m.page.Execute(w, struct { // fails only if the reader is gone
		Query
		List
	}{q, m.Messages(q)})
}
