package mailbox

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// OrderHeader is the header by which a mail names its order.
const OrderHeader = "X-Orpheus-Order"

// A Message is one message and what became of it. From and To are the
// envelope's, which is whom the server was told to deliver to.
type Message struct {
	ID        int         `json:"id"` // from 1, in the order of arrival
	MessageID string      `json:"message_id"`
	From      string      `json:"from"`
	To        []string    `json:"to"` // of all copies
	Subject   string      `json:"subject"`
	Date      string      `json:"date"` // as the header has it
	Order     string      `json:"order,omitempty"`
	Copies    int         `json:"copies"`         // 1 if it came once
	Received  []time.Time `json:"received"`       // one per copy
	Differing int         `json:"differing"`      // copies that are not the first, byte for byte
	Text      string      `json:"text,omitempty"` // not in lists
	Raw       string      `json:"raw,omitempty"`  // of the first copy; not in lists
}

// message returns the message that begins with d.
func message(id int, d delivery, read reading) Message {
	return Message{
		ID: id, MessageID: read.messageID, From: d.From, To: slices.Clone(d.To),
		Subject: read.subject, Date: read.date, Order: read.order,
		Copies: 1, Received: []time.Time{d.At}, Text: read.text, Raw: string(d.Raw),
	}
}

// add counts one more copy. It replaces slices instead of growing them:
// readers may hold the old ones.
func (m *Message) add(d delivery) {
	m.Copies++
	m.Received = append(slices.Clip(m.Received), d.At)
	for _, to := range d.To {
		if !slices.Contains(m.To, to) {
			m.To = append(slices.Clip(m.To), to)
		}
	}
	if string(d.Raw) != m.Raw {
		m.Differing++
	}
}

// about reports whether the message belongs to the order.
func (m *Message) about(order string) bool {
	if m.Order != "" {
		return m.Order == order
	}
	return strings.Contains(m.Subject, order) || strings.Contains(m.Text, order)
}

// A reading is what can be made out of the bytes of a message.
type reading struct {
	messageID, subject, date, order, text string
}

// parse reads a message as far as it can be read. A mail server takes whatever
// comes; what is not a message has no subject and is all text.
func parse(raw []byte) reading {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return reading{text: valid(raw)}
	}
	return reading{
		messageID: strings.Trim(m.Header.Get("Message-Id"), " <>"),
		subject:   decodeWords(m.Header.Get("Subject")),
		date:      m.Header.Get("Date"),
		order:     m.Header.Get(OrderHeader),
		text:      text(textproto.MIMEHeader(m.Header), m.Body, maxDepth),
	}
}

func decodeWords(header string) string {
	plain, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		return header // a charset that is not known: better encoded than not shown
	}
	return plain
}

// maxDepth bounds multiparts within multiparts; honest mail has two or three.
const maxDepth = 5

// text returns the first text/plain part, decoded. Charsets other than UTF-8
// and its subset ASCII are shown as they are.
func text(header textproto.MIMEHeader, body io.Reader, depth int) string {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil || kind == "text/plain": // no or no valid type means text (RFC 2045, section 5.2)
		return readText(header.Get("Content-Transfer-Encoding"), body)
	case strings.HasPrefix(kind, "multipart/") && depth > 0:
		return firstText(multipart.NewReader(body, params["boundary"]), depth-1)
	}
	return ""
}

func firstText(parts *multipart.Reader, depth int) string {
	for {
		// Raw, because NextPart decodes quoted-printable and hides that it did.
		p, err := parts.NextRawPart()
		if err != nil {
			return "" // the end, or nothing readable behind this point
		}
		if s := text(p.Header, p, depth); s != "" {
			return s
		}
	}
}

func readText(encoding string, body io.Reader) string {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	// What was decoded before an error is still worth showing. MaxMessage
	// bounds the input, and no encoding here makes it longer.
	decoded, _ := io.ReadAll(body)
	return strings.TrimRight(strings.ReplaceAll(valid(decoded), "\r\n", "\n"), "\n")
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
