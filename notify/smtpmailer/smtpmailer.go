// Package smtpmailer is a mailer that speaks SMTP.
//
// Each message goes over a connection of its own. Connections are not kept: one
// that has been idle may be gone on the other side, and then it would be unknown
// whether a message went. TLS is used if the mail server offers it (STARTTLS),
// and its certificate must be good then. Passwords never go without TLS.
//
// What it writes follows from the message alone, to the byte: header fields in a
// fixed order, the date and the boundary between the parts taken from the
// message. So a message that is sent again is recognised as the same.
package smtpmailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"orpheus.example/notify/notifyd"
)

// patience bounds the wait for one answer of the mail server. The whole sending
// is bounded by its context.
const patience = 10 * time.Second

// Config says which mail server takes the messages. Server is required.
type Config struct {
	Server         string // host and port
	User, Password string // empty if the server wants none
	// TLS, if not nil, says whom to trust. By default it is whom the machine
	// trusts.
	TLS *tls.Config
	// Dial, if not nil, makes the connections: to a server in the same process,
	// for one.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Mailer sends. It may be used by many at a time.
type Mailer struct {
	Config
	host string
	port int
}

var _ notifyd.Mailer = (*Mailer)(nil)

// New returns a mailer that hands messages to the server of c. It connects to
// nobody yet.
func New(c Config) (*Mailer, error) {
	host, service, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", c.Server, err)
	}
	return &Mailer{c, host, int(port)}, nil
}

// Send implements notifyd.Mailer. The connection ends with ctx, and with Send:
// the library's deadlines start anew with each command, and it leaves the
// connection open when the greeting goes wrong.
func (m *Mailer) Send(ctx context.Context, message notifyd.Message) error {
	letter, err := write(message)
	if err != nil {
		return err
	}
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	client, err := mail.NewClient(m.host, m.options(m.dialer(ctx))...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", m.Server, err)
	}
	err = client.DialAndSendWithContext(ctx, letter)
	if err == nil || letter.IsDelivered() {
		return nil // what goes wrong while saying goodbye is no matter
	}
	return told(err)
}

// dialer makes connections that end with ctx.
func (m *Mailer) dialer(ctx context.Context) mail.DialContextFunc {
	dial := m.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() }) // whatever was to be said is said
		return conn, nil
	}
}

func (m *Mailer) options(dial mail.DialContextFunc) []mail.Option {
	options := []mail.Option{
		mail.WithPort(m.port), mail.WithTimeout(patience), mail.WithDialContextFunc(dial),
		mail.WithTLSPolicy(mail.TLSOpportunistic),
		mail.WithoutNoop(), mail.WithoutRset(), // one message per connection
	}
	if m.TLS != nil {
		options = append(options, mail.WithTLSConfig(m.TLS.Clone()))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	return options
}

// write puts a message into the form of RFC 5322. Names and subject are quoted
// and encoded by the library, and what goes into other fields is checked, so that
// nobody can bring in a field of his own.
func write(m notifyd.Message) (*mail.Msg, error) {
	for _, field := range []string{m.ID, m.First, m.Order, m.To} {
		if strings.ContainsFunc(field, func(r rune) bool { return r < ' ' || r == 0x7f || r == '<' || r == '>' }) {
			return nil, fmt.Errorf("message %q: a field holds what no field may hold", m.ID)
		}
	}
	unique, _, _ := strings.Cut(m.ID, "@")
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary("part-of-"+unique))
	if err := letter.From(m.From); err != nil {
		return nil, fmt.Errorf("message %s from %q: %w", m.ID, m.From, err)
	}
	letter.ToMailAddress(&netmail.Address{Name: m.ToName, Address: m.To})
	letter.Subject(m.Subject)
	letter.SetMessageIDWithValue(m.ID)
	letter.SetDateWithValue(m.Date.UTC())
	if m.First != "" {
		letter.SetGenHeader(mail.HeaderReferences, "<"+m.First+">")
		letter.SetGenHeader(mail.HeaderInReplyTo, "<"+m.First+">")
	}
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notices in return
	letter.SetGenHeader("X-Orpheus-Order", m.Order)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return letter, nil
}

// told sorts the errors of a try. Replies to the recipient and to the content
// are about the message. Those to the sender, to who we are, or to nothing at all
// are about us or the server, and may be otherwise tomorrow.
func told(err error) error {
	var reply *mail.SendError
	if !errors.As(err, &reply) {
		return fmt.Errorf("not sent: %w", err)
	}
	code, aboutMessage := reply.ErrorCode(), false
	switch reply.Reason {
	case mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose:
		aboutMessage = code != 421 // the server is closing (RFC 5321, section 3.8)
	default:
	}
	switch {
	case aboutMessage && code >= 500 && code <= 599:
		words, _, _ := strings.Cut(reply.Error(), ", affected ") // what follows is the library's
		return notifyd.Refused{Code: code, Message: words}
	case aboutMessage && code >= 400 && code <= 499:
		return notifyd.Later{Code: code}
	}
	// The whole error names the customer's address, which is nothing for logs.
	return fmt.Errorf("not sent: %s: code %d", reply.Reason, code)
}
