package stand

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// A sink is a collector of traces that throws them away: what daemons do to
// export is real, and where it goes is nobody's concern.
type sink struct {
	URL    string
	server *http.Server
}

func openSink(ctx context.Context) (*sink, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for traces: %w", err)
	}
	s := &sink{URL: "http://" + l.Addr().String(), server: &http.Server{
		ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // who breaks off has said what he had to say
			w.Header().Set("Content-Type", "application/x-protobuf")
		}),
	}}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

// Close implements io.Closer.
func (s *sink) Close() error { return s.server.Close() }
