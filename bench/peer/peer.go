package peer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
)

// A Peer is the five services. It does nothing until it is run.
type Peer struct {
	services []*service
	order    orderMethods
	items    inventoryMethods
}

// Open opens the five services, with their databases, tables and connections.
func Open(ctx context.Context, c Config) (_ *Peer, err error) {
	c = c.withDefaults()
	p := &Peer{order: orderMethods{watchers: &watchers{of: map[string]map[chan *orderv1.OrderChange]bool{}}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	for _, name := range names {
		s, err := openService(ctx, c, name)
		if err != nil {
			return nil, err
		}
		p.services = append(p.services, s)
	}
	p.order.service, p.items.service = p.services[0], p.services[2]
	if p.order.stats, err = countAll(ctx, p.order.service.pool); err != nil {
		return nil, err
	}
	p.hear()
	return p, nil
}

// hear gives each service its part, in the order of names.
func (p *Peer) hear() {
	for i, part := range []interface{ serve(s *service) }{
		orders{p.order.watchers, p.order.stats}, payment{instant{}}, inventory{}, shipping{instant{}}, notify{instant{}},
	} {
		part.serve(p.services[i])
	}
}

// Register lets a server answer for the order and the inventory service.
func (p *Peer) Register(r grpc.ServiceRegistrar) {
	orderv1.RegisterOrderServiceServer(r, p.order)
	inventoryv1.RegisterInventoryServiceServer(r, p.items)
}

// Run hears and says until ctx is done. Nothing is said before all hearers are
// there: what nobody's queue is bound to is lost.
func (p *Peer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range p.services {
		g.Go(func() error { return s.router.Run(ctx) })
	}
	for _, s := range p.services {
		select {
		case <-s.router.Running():
		case <-ctx.Done():
			return g.Wait()
		}
	}
	for _, s := range p.services {
		g.Go(func() error { return s.forwarder.Run(ctx) })
	}
	return g.Wait()
}

// Ready returns nil if all hear, and the databases answer.
func (p *Peer) Ready(ctx context.Context) error {
	for _, s := range p.services {
		if !isClosed(s.router.Running()) || !isClosed(s.forwarder.Running()) {
			return fmt.Errorf("%s does not hear yet", s.name)
		}
		if err := s.pool.Ping(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close lets go of everything. Run should have returned.
func (p *Peer) Close() error {
	var errs []error
	for _, s := range p.services {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}
