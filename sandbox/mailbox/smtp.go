package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"orpheus.example/sandbox/faults"
)

const (
	// smtpTimeout bounds the wait for one command, for the data of one message
	// and for one answer to be taken.
	smtpTimeout = 30 * time.Second

	// smtpGrace is how long connections may go on after the stop was asked for.
	smtpGrace = 2 * time.Second
)

// The answers that are not 250, by RFC 5321 section 4.2 and RFC 3463.
var (
	errStopping = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "stopping, closing"}
	errGrey     = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, try again"}
	errNotKept  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "could not be kept, try again"}
	errNoRoom   = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "the mailbox is full"}
	errReject   = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
)

// ServeSMTP serves SMTP on l until ctx is done, then gives open connections a
// moment to finish and closes them. A hang under way ends at once.
func (m *Mailbox) ServeSMTP(ctx context.Context, l net.Listener) error {
	conns := &connections{Listener: l, open: map[*known]struct{}{}}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		wait := func(d time.Duration) bool { return faults.Wait(ctx, d) }
		return &session{mailbox: m, conn: c, wait: wait}, nil
	}))
	s.Domain = "sandbox.orpheus.example"
	s.MaxMessageBytes, s.MaxRecipients = MaxMessage, MaxRecipients
	s.ReadTimeout, s.WriteTimeout = smtpTimeout, smtpTimeout
	s.EnableSMTPUTF8 = true
	s.ErrorLog = slog.NewLogLogger(m.log.Handler(), slog.LevelWarn)

	ended := make(chan error, 1)
	go func() { ended <- s.Serve(conns) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve smtp: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), smtpGrace)
	defer cancel()
	// Shutdown waits for clients to say QUIT. When it gives up it leaves their
	// connections open, and Close does nothing any more: so we close them.
	if err := s.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop smtp: %w", err)
	}
	conns.closeAll()
	return nil
}

// A session is one client's connection. The library calls it from one
// goroutine at a time.
type session struct {
	mailbox *Mailbox
	conn    *smtp.Conn
	wait    func(time.Duration) bool // false if the server stops before
	from    string
	to      []string
}

// Mail begins a message. Every message passes here, also the second one on a
// connection, so the switch is looked at here.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	switch s.mailbox.faults.Now(Switch) {
	case faults.Down:
		return s.hangUp()
	case faults.ErrorRate:
		return errNotKept
	case faults.Slow:
		if !s.wait(s.mailbox.faults.Scale(faults.SlowFor)) {
			return errStopping
		}
	case faults.Hang:
		return s.hang()
	case faults.OK:
	}
	s.from = from
	return nil
}

// hangUp says so and closes the connection (RFC 5321 section 3.8). It writes
// the answer itself, because the library would go on reading after its own.
func (s *session) hangUp() error {
	_, _ = io.WriteString(s.conn.Conn(), "421 4.3.2 switched to fail, closing\r\n") // closed next, whoever hears it
	s.close()
	return errStopping // nobody hears it
}

// hang keeps the client waiting and then closes without a word.
func (s *session) hang() error {
	s.wait(faults.MaxHang)
	s.close()
	return errStopping // nobody hears it
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch local(to) {
	case "reject":
		return errReject
	case "hang":
		return s.hang()
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message. Its answer is the promise that the message is kept.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or the client is gone: go-smtp has the answer
	}
	if s.sentTo("greylist") && s.mailbox.greylists(parse(raw).messageID, raw) {
		return errGrey
	}
	copies, err := s.mailbox.keep(s.from, s.to, raw)
	switch {
	case errors.Is(err, errFull):
		return errNoRoom
	case err != nil:
		s.mailbox.log.Error("mail not kept", "err", err)
		return errNotKept
	}
	if copies == 1 && s.sentTo("lostanswer") {
		s.close()
	}
	return nil
}

// Reset forgets the message under way.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the session. There is nothing to give back.
func (*session) Logout() error { return nil }

// close cuts the connection. The library's answer goes nowhere.
func (s *session) close() { _ = s.conn.Conn().Close() }

func (s *session) sentTo(name string) bool {
	return slices.ContainsFunc(s.to, func(to string) bool { return local(to) == name })
}

// local returns the local part of an address up to a plus sign.
func local(address string) string {
	part, _, _ := strings.Cut(address, "@")
	part, _, _ = strings.Cut(part, "+")
	return strings.ToLower(part)
}

// greylists reports whether this try of a message is the first.
func (m *Mailbox) greylists(messageID string, raw []byte) bool {
	if messageID == "" {
		messageID = string(raw)
	}
	return !m.knows(messageID) && m.faults.FailTry("greylist "+messageID, 1)
}

// connections is a listener that remembers what it has accepted.
type connections struct {
	net.Listener
	mu   sync.Mutex
	open map[*known]struct{}
}

// Accept returns the next connection, which forgets itself when it is closed.
func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	k := &known{Conn: conn, all: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[k] = struct{}{}
	return k, nil
}

func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Conn.Close() // its goroutine finds out by itself
	}
}

type known struct {
	net.Conn
	all *connections
}

// Close closes the connection and forgets it.
func (k *known) Close() error {
	k.all.mu.Lock()
	delete(k.all.open, k)
	k.all.mu.Unlock()
	return k.Conn.Close()
}
