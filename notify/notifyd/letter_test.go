package notifyd

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/notify"
)

// TestLetters shows all letters as they are read: the file is for people to look
// through when words change.
func TestLetters(t *testing.T) {
	t.Parallel()
	const file = "testdata/letters.txt"
	var b strings.Builder
	for news := notify.Placed; news <= notify.Refunded; news++ {
		m := cancellation
		if m.News = news; news == notify.Refunded {
			m = refund
			m.Name = cancellation.Name
		}
		l, err := compose(m)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("==== " + news.String() + ": " + l.Subject + "\n" + l.Text + "\n")
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("letters: (-want +got)\n%s", diff)
	}
}

// TestLetterIsOneSafePage: whatever a customer calls himself and an item is
// called, the page has no markup of theirs and the text no line of theirs.
func TestLetterIsOneSafePage(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "{{.Mail.Email}}", "%s%n",
		"Ann\r\n\r\nOrder cancelled", "Ann\u2028Total: 0.00 EUR", "\u202eevil", "\x1b[31mred", "x\x00y",
	} {
		m := cancellation
		m.Name, m.Tracking, m.Carrier, m.News = evil, evil, evil, notify.Shipped
		m.Lines = []notify.Line{{SKU: "X", Name: evil, Quantity: 1, UnitPrice: m.Total}}
		l, err := compose(m)
		if err != nil {
			t.Fatalf("compose with %q: %v", evil, err)
		}
		if strings.Contains(l.HTML, "<script") || strings.Contains(l.HTML, "<img") {
			t.Errorf("%q gets into the page:\n%s", evil, l.HTML)
		}
		for _, text := range []string{l.Subject, l.Text, l.HTML} {
			if strings.ContainsAny(text, "\r\x00\x1b\u2028\u202e") || strings.Contains(text, "\nOrder cancelled") {
				t.Errorf("%q gets into the text:\n%q", evil, text)
			}
		}
		if strings.Contains(evil, "{{") && !strings.Contains(l.Text, evil) {
			t.Errorf("%q is taken for a template:\n%s", evil, l.Text)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]notify.Money{
		"42.00 EUR":                  {Amount: 4200, Currency: "EUR"},
		"0.05 EUR":                   {Amount: 5, Currency: "EUR"},
		"0.00 EUR":                   {Amount: 0, Currency: "EUR"},
		"-1.50 EUR":                  {Amount: -150, Currency: "EUR"},
		"900 JPY":                    {Amount: 900, Currency: "JPY"},
		"1.001 KWD":                  {Amount: 1001, Currency: "KWD"},
		"92233720368547758.07 EUR":   {Amount: 1<<63 - 1, Currency: "EUR"},
		"-92233720368547758.07 EUR":  {Amount: -(1<<63 - 1), Currency: "EUR"},
		"9223372036854775.807 KWD":   {Amount: 1<<63 - 1, Currency: "KWD"},
		"9223372036854775807 JPY":    {Amount: 1<<63 - 1, Currency: "JPY"},
		"-9223372036854775.807 KWD":  {Amount: -(1<<63 - 1), Currency: "KWD"},
		"-0.01 EUR":                  {Amount: -1, Currency: "EUR"},
		"922337203685477.5807 CLF":   {Amount: 1<<63 - 1, Currency: "CLF"},
		"-922337203685477.5807 CLF ": {Amount: -(1<<63 - 1), Currency: "CLF"},
	} {
		got, err := amount(m)
		if err != nil || got != strings.TrimSpace(want) {
			t.Errorf("amount(%+v) = %q, %v; want %q", m, got, err, want)
		}
	}
	if got, err := amount(notify.Money{Amount: 1, Currency: "nothing"}); err == nil {
		t.Errorf("amount in no currency = %q; want an error", got)
	}
}

// FuzzLetter holds letters to their form, whatever customers, items and carriers
// are called: no tag and no line more than with a plain name.
func FuzzLetter(f *testing.F) {
	f.Add("<b>", "{{.Mail}}")
	f.Add("\r\n.\r\n", "\u202e&lt;")
	f.Add("\xff\xfe", "</td></tr>")
	f.Fuzz(func(t *testing.T, name, item string) {
		write := func(name, item string) letter {
			m := cancellation
			m.News, m.Name, m.Carrier, m.Tracking = notify.Shipped, "x"+name, "x"+name, "x"+name
			m.Lines = []notify.Line{{SKU: "X", Name: item, Quantity: 1, UnitPrice: m.Total}}
			l, err := compose(m)
			if err != nil {
				t.Fatalf("compose with %q, %q: %v", name, item, err)
			}
			return l
		}
		plain, got := write("", ""), write(name, item)
		if strings.Count(got.HTML, "<") != strings.Count(plain.HTML, "<") || strings.Count(got.HTML, ">") != strings.Count(plain.HTML, ">") {
			t.Errorf("%q, %q bring in a tag:\n%s", name, item, got.HTML)
		}
		if strings.Count(got.Text, "\n") != strings.Count(plain.Text, "\n") || got.Subject != plain.Subject {
			t.Errorf("%q, %q bring in a line:\n%s", name, item, got.Text)
		}
	})
}

// Ids of orders that were asked for at one time begin alike.
func TestOrdersOfOneMinuteAreToldApart(t *testing.T) {
	t.Parallel()
	request := uuid.Must(uuid.NewV7())
	first, second := eventlog.DerivedID(request, []byte("a")).String(), eventlog.DerivedID(request, []byte("b")).String()
	if short(first) == short(second) {
		t.Errorf("orders %s and %s are both called %s", first, second, short(first))
	}
}
