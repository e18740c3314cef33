package notifyd

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"unicode"

	"golang.org/x/text/currency"

	"orpheus.example/notify"
)

// A letter is a mail as it is read: once as plain text, once as HTML.
type letter struct {
	Subject    string
	Paragraphs []string
	Mail       notify.Mail
	Text, HTML string
}

//go:embed templates
var files embed.FS

// What templates may call. What others wrote comes in only through plain, and
// in HTML is escaped besides.
var words = map[string]any{"amount": amount, "because": because, "plain": plain, "short": short}

var (
	asText = text.Must(text.New("").Funcs(words).ParseFS(files, "templates/mail.txt"))
	asHTML = html.Must(html.New("mail.html").Funcs(words).ParseFS(files, "templates/mail.html"))
)

// compose writes the letter of a mail. The same mail always makes the same
// letter, so that a mail that is sent again is the same message.
func compose(m notify.Mail) (letter, error) {
	var said, plainText, page bytes.Buffer
	if err := asText.ExecuteTemplate(&said, m.News.String(), m); err != nil {
		return letter{}, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	subject, rest, _ := strings.Cut(said.String(), "\n")
	l := letter{Subject: subject, Paragraphs: strings.Split(strings.TrimSpace(rest), "\n\n"), Mail: m}
	if err := asText.ExecuteTemplate(&plainText, "text", l); err != nil {
		return letter{}, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	if err := asHTML.Execute(&page, l); err != nil {
		return letter{}, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	l.Text, l.HTML = plainText.String(), page.String()
	return l, nil
}

// amount returns an amount as people write it, with as many decimals as its
// currency has.
func amount(m notify.Money) (string, error) {
	unit, err := currency.ParseISO(m.Currency)
	if err != nil {
		return "", fmt.Errorf("amount in %q: %w", m.Currency, err)
	}
	decimals, _ := currency.Standard.Rounding(unit)
	digits := fmt.Sprintf("%0*d", decimals+1, max(m.Amount, -m.Amount))
	sign, point := "", len(digits)-decimals
	if m.Amount < 0 {
		sign = "-"
	}
	if decimals == 0 {
		return fmt.Sprintf("%s%s %s", sign, digits, m.Currency), nil
	}
	return fmt.Sprintf("%s%s.%s %s", sign, digits[:point], digits[point:], m.Currency), nil
}

// because returns the reason of a cancellation in a customer's words, empty if
// there is none to give.
func because(r notify.Reason) string {
	return map[notify.Reason]string{
		notify.Declined:       "your bank has not promised the money",
		notify.OutOfStock:     "we do not have everything you ordered",
		notify.ByCustomer:     "you asked for it",
		notify.Expired:        "it was not paid for in time",
		notify.CarrierRefused: "no carrier brings a parcel to your address",
		notify.CaptureFailed:  "the promised money could not be taken",
		notify.Overdue:        "we could not send it in time",
	}[r]
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

// short returns enough of an order's id to tell a customer's orders apart.
func short(id string) string { return plain(id[:min(len(id), 8)]) }
