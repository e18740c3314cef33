package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Limits of the HTTP server. The write timeout is beyond faults.SlowFor at any
// speed above 0.1; below it a slow answer is lost.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10

	// httpGrace is how long calls may go on after the stop was asked for.
	httpGrace = 5 * time.Second
)

// Listen serves the world on both addresses until ctx is done.
func (w *World) Listen(ctx context.Context, listen, smtp string) error {
	var config net.ListenConfig
	web, err := config.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for http: %w", err)
	}
	mail, err := config.Listen(ctx, "tcp", smtp)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for smtp: %w", err), web.Close())
	}
	return w.Serve(ctx, web, mail)
}

// Serve serves HTTP on web and SMTP on mail until ctx is done or one of them
// fails, and closes both. Hangs under way end when ctx is done: their callers
// see a closed connection. Other calls get their answers within the grace.
func (w *World) Serve(ctx context.Context, web, mail net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w.log.Info("sandbox is up", "http", "http://"+web.Addr().String(), "smtp", mail.Addr().String())

	ended := make(chan error, 2) // one for each, so that neither blocks
	go func() { ended <- w.serveHTTP(ctx, web) }()
	go func() { ended <- w.Mailbox.ServeSMTP(ctx, mail) }()
	first := <-ended
	stop() // when one ends, so does the other
	err := errors.Join(first, <-ended)
	w.log.Info("sandbox is down")
	return err
}

func (w *World) serveHTTP(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           w.mux,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// The context of every request ends with ctx. Only hangs and slow
		// answers look at it.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpGrace)
	defer cancel()
	if err := s.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stop http: %w", err), s.Close())
	}
	return nil
}
