package onebox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"

	"google.golang.org/grpc/test/bufconn"

	"orpheus.example/sandbox/mailbox"
)

// outside is where services believe the world to be. Nothing listens there.
const outside = "http://sandbox.orpheus.example"

// errHungUp stands for a connection that was closed without an answer.
var errHungUp = errors.New("connection closed without an answer")

// A wire carries calls to a handler as if there were a network in between, with
// all that may befall an answer on its way.
type wire struct{ handler http.Handler }

func (b *Box) wire() http.RoundTripper { return wire{b.world.Handler()} }

// RoundTrip has the handler answer. Where it aborts, the answer is lost; whether
// the call was carried out is not known then, as with a real connection. A
// caller that gives up does not wait for the handler.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() { answered <- w.answer(r) }()
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
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, in)
	return rec.Result()
}

// A postOffice serves the mail server over connections without a port.
type postOffice struct {
	listener *bufconn.Listener
	stop     context.CancelFunc
	ended    chan error
}

func openPostOffice(m *mailbox.Mailbox) *postOffice {
	ctx, stop := context.WithCancel(context.Background())
	p := &postOffice{listener: bufconn.Listen(within), stop: stop, ended: make(chan error, 1)}
	go func() { p.ended <- m.ServeSMTP(ctx, p.listener) }()
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
