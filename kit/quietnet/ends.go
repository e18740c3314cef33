package quietnet

import (
	"context"
	"net"
)

// Dial connects to a TCP address and makes the connection quiet. It is what
// grpc.WithContextDialer takes.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return Conn(c), nil
}

// Listener returns l with connections that Conn has made quiet.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Conn(c), nil
}
