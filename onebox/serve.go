package onebox

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"orpheus.example/sandbox"
)

// Addresses are where a Box listens. An empty one is not listened on; port 0 is
// a free port.
type Addresses struct {
	Services map[string]string // by name, as in Names
	Sandbox  string            // the world over HTTP
	SMTP     string            // the mail server
}

// Documented returns the addresses that all documents speak of, on loopback.
func Documented() Addresses {
	return Addresses{
		Services: map[string]string{
			"order": "127.0.0.1:7001", "payment": "127.0.0.1:7002", "inventory": "127.0.0.1:7003",
			"shipping": "127.0.0.1:7004", "notify": "127.0.0.1:7005",
		},
		Sandbox: sandbox.DefaultListen, SMTP: sandbox.DefaultSMTP,
	}
}

// Listening is a Box's open ports. Nothing answers until Serve is called.
type Listening struct {
	Addresses // as they came out, with the ports that were free

	box      *Box
	services map[string]net.Listener
	web      net.Listener
	smtp     net.Listener
}

// Listen opens ports. If one of them cannot be had, none is kept.
func (b *Box) Listen(ctx context.Context, at Addresses) (_ *Listening, err error) {
	l := &Listening{Addresses: Addresses{Services: map[string]string{}}, box: b, services: map[string]net.Listener{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for _, name := range Names {
		if at.Services[name] == "" {
			continue
		}
		if l.services[name], err = listen(ctx, name, at.Services[name]); err != nil {
			return l, err
		}
		l.Services[name] = l.services[name].Addr().String()
	}
	if at.Sandbox == "" {
		return l, nil
	}
	if l.web, err = listen(ctx, "sandbox", at.Sandbox); err != nil {
		return l, err
	}
	l.Sandbox = l.web.Addr().String()
	if l.smtp, err = listen(ctx, "mail server", at.SMTP); err != nil {
		return l, err
	}
	l.SMTP = l.smtp.Addr().String()
	return l, nil
}

func listen(ctx context.Context, name, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	return l, nil
}

// Close closes the ports.
func (l *Listening) Close() error {
	var errs []error
	for _, one := range l.services {
		if one != nil {
			errs = append(errs, one.Close())
		}
	}
	for _, one := range []net.Listener{l.web, l.smtp} {
		if one != nil {
			errs = append(errs, one.Close())
		}
	}
	return errors.Join(errs...)
}

// Serve answers on all ports until ctx is done, and closes them. The services go
// on answering the Box's own clients until the Box closes.
func (l *Listening) Serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range l.box.services {
		one := l.services[s.name]
		if one == nil {
			continue
		}
		group.Go(func() error {
			stop := context.AfterFunc(ctx, func() { _ = one.Close() }) // ends Serve
			defer stop()
			if err := s.server.Serve(one); err != nil && ctx.Err() == nil {
				return fmt.Errorf("serve %s: %w", s.name, err)
			}
			return nil
		})
	}
	if l.web != nil {
		group.Go(func() error { return l.box.world.Serve(ctx, l.web, l.smtp) })
	}
	return group.Wait()
}

// Serve listens on the documented ports and answers until ctx is done.
func (b *Box) Serve(ctx context.Context) error {
	l, err := b.Listen(ctx, Documented())
	if err != nil {
		return err
	}
	return l.Serve(ctx)
}
