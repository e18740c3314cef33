package mailbox_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox/internal/wiretest"
	"orpheus.example/sandbox/mailbox"
)

const multipart = "Message-ID: <mp@orpheus>\r\n" +
	"Subject: =?utf-8?q?Ihre_Bestellung_ist_best=C3=A4tigt?=\r\n" +
	"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n" +
	"X-Orpheus-Order: o-7\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=out\r\n\r\n" +
	"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
	"--in\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n" +
	"--in\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Gr=C3=BC=C3=9Fe=\r\n!\r\n--in--\r\n--out--\r\n"

func TestTextOfMessages(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, subject, text string }{
		{"plain", mail("a@b", "Hi"), "Hi", "Hello."},
		{"multipart", multipart, "Ihre Bestellung ist best\u00e4tigt", "Gr\u00fc\u00dfe!"},
		{"base64", "Message-ID: <b>\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: BASE64\r\n\r\nSGVs\r\nbG8=\r\n", "", "Hello"},
		{"html_only", "Message-ID: <h>\r\nContent-Type: text/html\r\n\r\n<p>\r\n", "", ""},
		{"no_message_at_all", "this is not a header\r\n", "", "this is not a header\r\n"},
		{"boundary_never_comes", "Message-ID: <x>\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\nHello\r\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			if got := p.send("ada@example.org", tt.raw); got != "250" {
				t.Fatalf("send = %s; want 250", got)
			}
			var m mailbox.Message
			wiretest.Start(t, p).Read(t, "/messages/1", &m)
			if m.Subject != tt.subject || m.Text != tt.text {
				t.Errorf("subject, text = %q, %q; want %q, %q", m.Subject, m.Text, tt.subject, tt.text)
			}
			if !strings.Contains(m.Raw, strings.TrimSpace(tt.raw)) {
				t.Errorf("raw = %q; want it to hold %q", m.Raw, tt.raw)
			}
		})
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	c := wiretest.Start(t, p)
	p.send("ada@example.org", mail("m1", "Your order o-7 is placed"))
	p.send("bob@example.org", mail("m2", "Your order o-8 is placed"))
	p.send("ada@example.org", multipart) // says by header that it is about o-7
	p.send("ada@example.org", mail("m1", "Your order o-7 is placed"))
	p.send("bob@example.org", mail("m2", "Another text with the same Message-ID"))
	for _, tt := range []struct {
		query    string
		ids      []int
		received int
	}{
		{"", []int{3, 2, 1}, 5},
		{"?order=o-7", []int{3, 1}, 3},
		{"?order=o-8", []int{2}, 2},
		{"?order=o-9", nil, 0},
		{"?to=ADA@example.org", []int{3, 1}, 3},
		{"?to=ada", nil, 0},
		{"?order=o-7&to=bob@example.org", nil, 0},
		{"?limit=1", []int{3}, 5},
	} {
		var l mailbox.List
		c.Read(t, "/messages"+tt.query, &l)
		var ids []int
		for _, m := range l.Messages {
			ids = append(ids, m.ID)
			if m.Raw != "" || m.Text != "" {
				t.Errorf("GET /messages%s: message %d has its text; want it without", tt.query, m.ID)
			}
		}
		if diff := cmp.Diff(tt.ids, ids); diff != "" || l.Received != tt.received {
			t.Errorf("GET /messages%s: received %d, want %d; ids, -want +got:\n%s", tt.query, l.Received, tt.received, diff)
		}
	}
	if m, _ := p.Message(2); m.Copies != 2 || m.Differing != 1 {
		t.Errorf("copies, differing of m2 = %d, %d; want 2, 1", m.Copies, m.Differing)
	}
	if m, _ := p.Message(1); m.Copies != 2 || m.Differing != 0 {
		t.Errorf("copies, differing of m1 = %d, %d; want 2, 0", m.Copies, m.Differing)
	}
}

func TestMalformedQueries(t *testing.T) {
	t.Parallel()
	c := wiretest.Start(t, open(t, nil))
	for path, want := range map[string]string{
		"/messages/1":       "404 message_not_found",
		"/messages/0":       "404 message_not_found",
		"/messages/x":       "404 message_not_found",
		"/messages?limit=0": "400 limit_invalid",
		"/?limit=5000":      "400 limit_invalid",
	} {
		if got := c.Get(t, path); got.String() != want {
			t.Errorf("GET %s = %s; want %s", path, got, want)
		}
	}
}

// TestPageEscapes: mail is written by strangers, and the page shows it as text.
func TestPageEscapes(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	p.send("ada@example.org", mail(`"><script>1</script>`, "<script>2</script>")+"<script>3</script>\r\n")
	page := wiretest.Start(t, p).Get(t, "/?order=%22%3E%3Cscript%3E4").Body
	page += wiretest.Start(t, p).Get(t, "/").Body
	if strings.Contains(page, "<script") {
		t.Errorf("the page has a script of the mail's:\n%s", page)
	}
	for i := range 3 {
		if want := fmt.Sprintf("&lt;script&gt;%d", i+1); !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p := open(t, mustJournal(t, path))
	p.send("ada@example.org", mail("m1", "Hi"))
	p.send("ada@example.org", multipart)
	p.send("bob@example.org", mail("m1", "Hi"))
	p.send("bob@example.org", mail("", "without an id"))

	again := open(t, mustJournal(t, path))
	before, after := p.Messages(mailbox.Query{}), again.Messages(mailbox.Query{})
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("messages after replay, -before +after:\n%s", diff)
	}
	again.send("ada@example.org", mail("m1", "Hi"))
	if m, _ := again.Message(1); m.Copies != 3 {
		t.Errorf("copies after replay and one more = %d; want 3", m.Copies)
	}
}

// TestListIsNeverNull: clients in other languages iterate without a check.
func TestListIsNeverNull(t *testing.T) {
	t.Parallel()
	var raw struct{ Messages json.RawMessage }
	wiretest.Start(t, open(t, nil)).Read(t, "/messages", &raw)
	if string(raw.Messages) != "[]" {
		t.Errorf("messages of an empty mailbox = %s; want []", raw.Messages)
	}
}
