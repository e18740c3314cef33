package smtpmailer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"orpheus.example/notify/notifyd"
)

var letter = notifyd.Message{
	ID: "0b8f9ad2-65ba-5f55-b80e-1c0a4c4b2f10@orpheus.example", First: "5a2f8a43-5a0b-5d8f-8c5c-f0e7d6f3b1aa@orpheus.example",
	Order: "2b0b5e9e-6f0e-5e0a-9d0c-0d3f6a5b7c11", Date: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
	From: "Orpheus <shop@orpheus.example>", ToName: "Ann é 安", To: "ann@example.com",
	Subject: "Your order é", Text: "Hello\n.\nAnn", HTML: "<p>Hello Ann</p>",
}

// A server is a real mail server that answers as a test wants.
type server struct {
	mail, rcpt, data error // replies, nil for 250
	hang             bool  // never answers the data

	mu    sync.Mutex
	taken [][]byte
	users []string // who has logged in
	ended chan struct{}
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }

// open lets s serve until the test ends, and returns where. With a certificate it
// offers TLS, and wants a password.
func (s *server) open(t *testing.T, certificate *tls.Certificate) string {
	t.Helper()
	s.ended = make(chan struct{})
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving := smtp.NewServer(s)
	serving.Domain = "localhost"
	if certificate != nil {
		serving.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	go serving.Serve(l) // ends with the test
	t.Cleanup(func() {
		close(s.ended)
		serving.Close()
	})
	return l.Addr().String()
}

type session struct{ *server }

func (s *session) Mail(string, *smtp.MailOptions) error { return s.mail }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.rcpt }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.hang {
		<-s.ended
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		s.taken = append(s.taken, raw)
	}
	return s.data
}

// AuthMechanisms makes the session one that wants a password.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.users = append(s.users, user)
		if password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func mustNew(t *testing.T, c Config) *Mailer {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func reply(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "because <ann@example.com>"}
}

func TestSendTwiceIsTheSameMessage(t *testing.T) {
	t.Parallel()
	s := &server{}
	m := mustNew(t, Config{Server: s.open(t, nil)})
	for range 2 {
		if err := m.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.taken) != 2 || !bytes.Equal(s.taken[0], s.taken[1]) {
		t.Fatalf("taken %q; want the same twice", s.taken)
	}
	got, err := netmail.ReadMessage(bytes.NewReader(s.taken[0]))
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"Message-Id":      "<" + letter.ID + ">",
		"References":      "<" + letter.First + ">",
		"In-Reply-To":     "<" + letter.First + ">",
		"Auto-Submitted":  "auto-generated",
		"X-Orpheus-Order": letter.Order,
		"Date":            "Sat, 21 Nov 2026 12:00:00 +0000",
		"From":            `"Orpheus" <shop@orpheus.example>`,
	} {
		if got := got.Header.Get(field); got != want {
			t.Errorf("%s: %s; want %s", field, got, want)
		}
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("Content-Type: %s; want two forms of one text", kind)
	}
	to, err := got.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != letter.ToName || to[0].Address != letter.To {
		t.Errorf("To: %v, %v; want Ann alone", to, err)
	}
}

// TestNobodyBringsInAField: whatever a customer calls himself, the message has
// the fields and the recipient that we gave it.
func TestNobodyBringsInAField(t *testing.T) {
	t.Parallel()
	s := &server{}
	m := mustNew(t, Config{Server: s.open(t, nil)})
	for _, evil := range []string{
		"Ann\r\nBcc: eve@example.com", "Ann\nSubject: won", "Ann\r\n\r\nbody", `Ann" <eve@example.com>, "`, "=?utf-8?q?=0D=0ABcc:_eve?=",
		strings.Repeat("é", 5_000),
	} {
		evilOne := letter
		evilOne.ToName, evilOne.Subject = evil, evil
		if err := m.Send(t.Context(), evilOne); err != nil {
			t.Fatalf("%.20q: %v", evil, err)
		}
		got, err := netmail.ReadMessage(bytes.NewReader(s.taken[len(s.taken)-1]))
		if err != nil {
			t.Fatalf("%.20q: %v", evil, err)
		}
		to, err := got.Header.AddressList("To")
		if got.Header.Get("Bcc") != "" || len(got.Header["Subject"]) != 1 || err != nil || len(to) != 1 || to[0].Address != letter.To {
			t.Errorf("%.20q: header %v, to %v, %v; want no field of theirs", evil, got.Header, to, err)
		}
	}
	for _, change := range []func(*notifyd.Message){
		func(m *notifyd.Message) { m.Order = "o\r\nBcc: eve@example.com" },
		func(m *notifyd.Message) { m.ID = "x>\r\nBcc: eve@example.com" },
		func(m *notifyd.Message) { m.First = "x> <y" },
		func(m *notifyd.Message) { m.To = "ann@example.com>\r\nRCPT TO:<eve@example.com" },
	} {
		evilOne := letter
		change(&evilOne)
		if err := m.Send(t.Context(), evilOne); err == nil {
			t.Errorf("Send(%+v) = nil; want an error", evilOne)
		}
	}
}

func TestRepliesAreSorted(t *testing.T) {
	t.Parallel()
	type kind string
	const gone, forNow, unknown kind = "refused", "later", "unknown"
	for name, c := range map[string]struct {
		server *server
		want   kind
	}{
		"no_such_mailbox":      {&server{rcpt: reply(550)}, gone},
		"content_refused":      {&server{data: reply(554)}, gone},
		"greylisted":           {&server{rcpt: reply(450)}, forNow},
		"mailbox_full":         {&server{data: reply(452)}, forNow},
		"closing_at_recipient": {&server{rcpt: reply(421)}, unknown},
		"sender_refused":       {&server{mail: reply(550)}, unknown},
		"sender_not_now":       {&server{mail: reply(451)}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := mustNew(t, Config{Server: c.server.open(t, nil)}).Send(t.Context(), letter)
			got := unknown
			switch {
			case err == nil:
				t.Fatal("Send = nil; want an error")
			case errors.As(err, new(notifyd.Refused)):
				got = gone
			case errors.As(err, new(notifyd.Later)):
				got = forNow
			}
			if got != c.want {
				t.Errorf("Send = %v, which is %s; want %s", err, got, c.want)
			}
			if strings.Contains(err.Error(), "ann@") {
				t.Errorf("Send = %v; want an error without the customer's address", err)
			}
		})
	}
}

func TestRefusalHasTheServersWords(t *testing.T) {
	t.Parallel()
	s := &server{rcpt: reply(550)}
	err := mustNew(t, Config{Server: s.open(t, nil)}).Send(t.Context(), letter)
	var no notifyd.Refused
	if !errors.As(err, &no) || no.Code != 550 || !strings.Contains(no.Message, "because") || strings.Contains(no.Message, "affected") {
		t.Errorf("Send = %+v; want 550 and why", err)
	}
}

func TestHangingServerEndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := &server{hang: true}
	m := mustNew(t, Config{Server: s.open(t, nil)})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := m.Send(ctx, letter); err == nil {
		t.Error("Send = nil; want an error")
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("Send took %v; want it to end with its context", took)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	where := l.Addr().String()
	l.Close()
	err = mustNew(t, Config{Server: where}).Send(t.Context(), letter)
	if err == nil || errors.As(err, new(notifyd.Refused)) || errors.As(err, new(notifyd.Later)) {
		t.Errorf("Send = %v; want an error that says nothing about the message", err)
	}
	for _, bad := range []string{"", "localhost", "localhost:x", "localhost:70000"} {
		if m, err := New(Config{Server: bad}); err == nil {
			t.Errorf("New(%q) = %v; want an error", bad, m)
		}
	}
}

// TestTLSIsUsedAndChecked: where the server offers TLS its certificate must be
// good, and a password goes over TLS alone.
func TestTLSIsUsedAndChecked(t *testing.T) {
	t.Parallel()
	certificate, trusting := mustCertify(t)
	s := &server{}
	secured := s.open(t, &certificate)
	withPassword := Config{Server: secured, User: "orpheus", Password: "secret", TLS: trusting}
	if err := mustNew(t, withPassword).Send(t.Context(), letter); err != nil || len(s.taken) != 1 || len(s.users) != 1 || s.users[0] != "orpheus" {
		t.Fatalf("Send = %v, taken %d, users %v; want one mail of a user", err, len(s.taken), s.users)
	}
	if err := mustNew(t, Config{Server: secured}).Send(t.Context(), letter); err == nil {
		t.Error("Send to a server with a certificate of nobody's = nil; want an error")
	}
	plain := &server{}
	withPassword.Server = plain.open(t, nil)
	if err := mustNew(t, withPassword).Send(t.Context(), letter); err == nil || len(plain.users) > 0 {
		t.Errorf("Send without TLS = %v, users %v; want an error, and no password given away", err, plain.users)
	}
}

// mustCertify makes a certificate for 127.0.0.1 and a client that trusts it.
func mustCertify(t *testing.T) (tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}
