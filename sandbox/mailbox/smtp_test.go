package mailbox_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wiretest"
	"orpheus.example/sandbox/journal"
	"orpheus.example/sandbox/mailbox"
)

// A post is a mailbox behind a real SMTP server on a free port, at a speed
// where slow is 30 ms.
type post struct {
	*mailbox.Mailbox
	faults *faults.Board
	addr   string
	stop   func() error // stops the server and returns what it ended with
}

func open(t *testing.T, j *journal.Journal) post {
	t.Helper()
	p := post{faults: faults.New(faults.Config{Names: []string{mailbox.Switch}, Speed: 100, Random: func() float64 { return 0.5 }})}
	var err error
	p.Mailbox, err = mailbox.Open(mailbox.Config{Journal: j, Faults: p.faults, Now: wiretest.NewClock().Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.ServeSMTP(ctx, l) }()
	p.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// mail returns a message with that Message-ID.
func mail(id, subject string) string {
	return "Message-ID: <" + id + ">\r\nFrom: shop@orpheus.example\r\nSubject: " + subject + "\r\n\r\nHello.\r\n"
}

// send sends one mail in a conversation of its own and returns the server's
// answer: "250", the code of a refusal, or "lost".
func (p post) send(to, text string) string {
	return outcome(smtp.SendMail(p.addr, nil, "shop@orpheus.example", strings.Fields(to), []byte(text)))
}

func outcome(err error) string {
	var refused *textproto.Error
	switch {
	case err == nil:
		return "250"
	case errors.As(err, &refused):
		return strconv.Itoa(refused.Code)
	}
	return "lost"
}

func (p post) set(t *testing.T, m faults.Mode) {
	t.Helper()
	if err := p.faults.Set(map[string]faults.Mode{mailbox.Switch: m}); err != nil {
		t.Fatal(err)
	}
}

// TestRecipients sends one mail three times and looks at the answers and at how
// many copies were kept.
func TestRecipients(t *testing.T) {
	t.Parallel()
	tests := []struct {
		to      string
		answers [3]string
		copies  int
	}{
		{"ada@example.org", [3]string{"250", "250", "250"}, 3},
		{"greylist@example.org", [3]string{"451", "250", "250"}, 2},
		{"Greylist+1@example.org", [3]string{"451", "250", "250"}, 2},
		{"reject@example.org", [3]string{"550", "550", "550"}, 0},
		{"ada@example.org reject@example.org", [3]string{"550", "550", "550"}, 0},
		{"lostanswer@example.org", [3]string{"lost", "250", "250"}, 3},
	}
	for _, tt := range tests {
		t.Run(strings.NewReplacer("@example.org", "", " ", "_and_", "+", "_plus_").Replace(strings.ToLower(tt.to)), func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			for i, want := range tt.answers {
				if got := p.send(tt.to, mail("m1@orpheus", "Hi")); got != want {
					t.Errorf("try %d = %s; want %s", i+1, got, want)
				}
			}
			l := p.Messages(mailbox.Query{})
			if l.Received != tt.copies || l.Distinct > 1 {
				t.Errorf("received %d copies of %d messages; want %d of one", l.Received, l.Distinct, tt.copies)
			}
		})
	}
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	p := open(t, nil) // its chance is always 0.5
	for _, tt := range []struct {
		mode faults.Mode
		want string
	}{
		{faults.Mode{Kind: faults.OK}, "250"},
		{faults.Mode{Kind: faults.Down}, "421"},
		{faults.Mode{Kind: faults.Slow}, "250"},
		{faults.Mode{Kind: faults.ErrorRate, Rate: 0.6}, "451"},
		{faults.Mode{Kind: faults.ErrorRate, Rate: 0.4}, "250"},
	} {
		p.set(t, tt.mode)
		start := time.Now()
		if got := p.send("ada@example.org", mail("", "Hi")); got != tt.want {
			t.Errorf("mode %s = %s; want %s", tt.mode, got, tt.want)
		}
		if took := time.Since(start); tt.mode.Kind == faults.Slow && took < p.faults.Scale(faults.SlowFor) {
			t.Errorf("mode slow took %v; want %v or more", took, p.faults.Scale(faults.SlowFor))
		}
	}
	if got := p.Messages(mailbox.Query{}).Received; got != 3 {
		t.Errorf("received = %d; want 3", got)
	}
}

// TestHangAndStop hangs a conversation, sees that no answer comes, and stops
// the server, which must not wait for it.
func TestHangAndStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, mode, command string }{
		{"by_switch", "hang", "MAIL FROM:<shop@orpheus.example>"},
		{"by_recipient", "ok", "MAIL FROM:<shop@orpheus.example>\r\nRCPT TO:<hang@example.org>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			p.set(t, faults.Mode{Kind: faults.Kind(tt.mode)})
			c := dial(t, p.addr)
			mustSay(t, c, "EHLO test", 250)
			commands := strings.Split(tt.command, "\r\n")
			for _, command := range commands[:len(commands)-1] {
				mustSay(t, c, command, 250)
			}
			answered := make(chan error, 1)
			go func() { answered <- say(c, commands[len(commands)-1], 250) }()
			select {
			case err := <-answered:
				t.Fatalf("%s was answered: %v; want no end", commands[len(commands)-1], err)
			case <-time.After(200 * time.Millisecond): // long enough to tell a hang from an answer
			}
			start := time.Now()
			if err := p.stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("stop took %v; want 5 s at most", took)
			}
			if err := <-answered; err == nil {
				t.Error("the hanging command was answered with 250; want a closed connection")
			}
		})
	}
}

// TestStopClosesIdleConnections: a client that says nothing does not hold the
// server up, and finds its connection closed.
func TestStopClosesIdleConnections(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	c := dial(t, p.addr)
	mustSay(t, c, "EHLO test", 250)
	start := time.Now()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("stop took %v; want 5 s at most", took)
	}
	if line, err := c.ReadLine(); err == nil {
		t.Errorf("read after stop = %q; want a closed connection", line)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	if got := p.send("ada@example.org", mail("big", "Hi")+strings.Repeat("a line\r\n", mailbox.MaxMessage/8)); got != "552" {
		t.Errorf("a message beyond the limit = %s; want 552", got)
	}
	many := strings.Repeat("ada@example.org ", mailbox.MaxRecipients+1)
	if got := p.send(many, mail("many", "Hi")); got != "452" {
		t.Errorf("recipients beyond the limit = %s; want 452", got)
	}
	if got := p.Messages(mailbox.Query{}).Received; got != 0 {
		t.Errorf("received = %d; want 0", got)
	}
}

// TestManyCopiesAtOnce: a hundred senders of one Message-ID; each is counted.
func TestManyCopiesAtOnce(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if got := p.send("ada@example.org", mail("one@orpheus", "Hi")); got != "250" {
				t.Errorf("send = %s; want 250", got)
			}
		})
	}
	all.Wait()
	l := p.Messages(mailbox.Query{})
	if l.Distinct != 1 || l.Received != 100 || len(l.Messages[0].Received) != 100 {
		t.Errorf("%d messages, received %d times; want 1 and 100", l.Distinct, l.Received)
	}
}

func TestBrokenJournalKeepsNothing(t *testing.T) {
	t.Parallel()
	j := mustJournal(t, filepath.Join(t.TempDir(), "journal"))
	p := open(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := p.send("ada@example.org", mail("m", "Hi")); got != "451" {
		t.Errorf("send = %s; want 451", got)
	}
	if got := p.Messages(mailbox.Query{}).Received; got != 0 {
		t.Errorf("received = %d; want 0", got)
	}
}

func mustJournal(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func dial(t *testing.T, addr string) *textproto.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: wiretest.Patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := textproto.NewConn(conn)
	t.Cleanup(func() { _ = c.Close() })
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	return c
}

func say(c *textproto.Conn, line string, want int) error {
	if err := c.PrintfLine("%s", line); err != nil {
		return err
	}
	_, _, err := c.ReadResponse(want)
	return err
}

func mustSay(t *testing.T, c *textproto.Conn, line string, want int) {
	t.Helper()
	if err := say(c, line, want); err != nil {
		t.Fatalf("%s: %v; want %d", line, err, want)
	}
}
