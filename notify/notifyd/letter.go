package notifyd

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"unicode"

	"orpheus.example/kit/money"
	"orpheus.example/notify"
)

// A letter is a mail as it is read: once as plain text, once as HTML. Its other
// fields are what templates may say. They are words already, and what others
// wrote has gone through plain: no template can forget that, and each has little
// left to compute, because mails are many. A page escapes all of it besides.
type letter struct {
	Order, Short, Name     string
	Carrier, Tracking      string
	Because, Refund, Total string
	Lines                  []item

	Subject    string
	Paragraphs []string
	Text, HTML string
}

// An item is one line of an order, in words.
type item struct {
	Quantity        int64
	Name, SKU, Each string
}

//go:embed templates
var files embed.FS

// words are the words of all mails. How they are laid out is up to asText and
// asPage.
var words = template.Must(template.New("").ParseFS(files, "templates/mail.txt"))

// compose writes the letter of a mail. The same mail always makes the same
// letter, so that a mail that is sent again is the same message.
func compose(m notify.Mail) (letter, error) {
	l, err := inWords(m)
	if err != nil {
		return letter{}, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	var said bytes.Buffer
	if err := words.ExecuteTemplate(&said, m.News.String(), &l); err != nil {
		return letter{}, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	subject, rest, _ := strings.Cut(said.String(), "\n")
	l.Subject, l.Paragraphs = subject, strings.Split(strings.TrimSpace(rest), "\n\n")
	l.Text, l.HTML = asText(l), asPage(l)
	return l, nil
}

// inWords returns what the templates may say of a mail. An amount that the mail
// has no use for is left out: it has no currency.
func inWords(m notify.Mail) (l letter, err error) {
	l = letter{
		Order: m.Order, Short: short(m.Order), Name: plain(m.Name),
		Carrier: plain(m.Carrier), Tracking: plain(m.Tracking), Because: because[m.Reason],
	}
	if m.News == notify.Refunded {
		if l.Refund, err = amount(m.Refund); err != nil {
			return l, err
		}
	}
	if len(m.Lines) == 0 {
		return l, nil
	}
	for _, line := range m.Lines {
		each, err := amount(line.UnitPrice)
		if err != nil {
			return l, err
		}
		l.Lines = append(l.Lines, item{line.Quantity, plain(line.Name), plain(line.SKU), each})
	}
	l.Total, err = amount(m.Total)
	return l, err
}

func amount(m notify.Money) (string, error) { return money.Text(m.Amount, m.Currency) }

// because is the reason of a cancellation in a customer's words, empty if there
// is none to give.
var because = map[notify.Reason]string{
	notify.Declined:       "your bank has not promised the money",
	notify.OutOfStock:     "we do not have everything you ordered",
	notify.ByCustomer:     "you asked for it",
	notify.Expired:        "it was not paid for in time",
	notify.CarrierRefused: "no carrier brings a parcel to your address",
	notify.CaptureFailed:  "the promised money could not be taken",
	notify.Overdue:        "we could not send it in time",
}

// plain returns what others wrote on one line, without what could make a line
// read as another: control characters, and those that turn the direction of
// writing around.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// short returns enough of an order's id to tell a customer's orders apart: its end, since
// it may begin with the time, which is the same for a minute.
func short(id string) string { return plain(id[max(0, len(id)-8):]) }
