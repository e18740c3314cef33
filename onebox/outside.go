package onebox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"google.golang.org/grpc/test/bufconn"

	"orpheus.example/sandbox/mailbox"
)

// World is where services believe the world to be: the address to use over
// Transport. Nothing listens there.
const World = "http://sandbox.orpheus.example"

// errHungUp stands for a connection that was closed without an answer.
var errHungUp = errors.New("connection closed without an answer")

// A wire carries calls to a handler as if there were a network in between, with
// all that may befall an answer on its way.
type wire struct{ handler http.Handler }

// Transport carries HTTP calls to the world without a port, whatever their host.
func (b *Box) Transport() http.RoundTripper { return wire{b.world.Handler()} }

// RoundTrip has the handler answer. Where it aborts, the answer is lost; whether
// the call was carried out is not known then, as with a real connection. A
// caller that gives up does not wait for the handler.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() { answered <- w.answer(r) }() //nolint:bodyclose // it is the caller's to close
	select {
	case answer := <-answered:
		if answer == nil {
			return nil, errHungUp
		}
		return answer, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// answer returns nil if the handler has aborted.
func (w wire) answer(r *http.Request) (answer *http.Response) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			answer = nil
		default:
			panic(p)
		}
	}()
	in := r.Clone(r.Context()) // the handler's own, as a server would have parsed it
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "onebox"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	sheet := &sheet{header: http.Header{}, status: http.StatusOK}
	w.handler.ServeHTTP(sheet, in)
	return sheet.answer(r)
}

// A sheet is what a handler writes its answer on.
type sheet struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header that will be sent.
func (s *sheet) Header() http.Header { return s.header }

// WriteHeader sets the status.
func (s *sheet) WriteHeader(status int) { s.status = status }

// Write adds to the body.
func (s *sheet) Write(p []byte) (int, error) { return s.body.Write(p) }

func (s *sheet) answer(to *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(s.status), StatusCode: s.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: s.header, Body: io.NopCloser(&s.body), ContentLength: int64(s.body.Len()), Request: to,
	}
}

// A postOffice serves the mail server over connections without a port.
type postOffice struct {
	listener *bufconn.Listener
	stop     context.CancelFunc
	ended    chan error
}

// envelope is how much a connection to the mail server holds before its reader reads:
// each mail has one of its own, and most are smaller.
const envelope = 8 << 10

func openPostOffice(m *mailbox.Mailbox) *postOffice {
	ctx, stop := context.WithCancel(context.Background())
	p := &postOffice{listener: bufconn.Listen(envelope), stop: stop, ended: make(chan error, 1)}
	go func() { p.ended <- m.ServeSMTP(ctx, quiet{p.listener}) }()
	return p
}

// Dial connects to the mail server, whatever the address.
func (p *postOffice) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return p.listener.DialContext(ctx)
}

// Close ends the mail server.
func (p *postOffice) Close(context.Context) error {
	p.stop()
	return <-p.ended
}

// quiet is a listener whose connections end like those of a network: who reads
// from one that the caller has closed gets io.EOF, which is no news, and not an
// error that is worth a line in the log.
type quiet struct{ net.Listener }

// Accept implements net.Listener.
func (l quiet) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return quietConn{conn}, err
}

type quietConn struct{ net.Conn }

// Read implements net.Conn.
func (c quietConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = io.EOF
	}
	return n, err
}
