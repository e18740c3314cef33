package onebox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/inventory/inventoryd"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/notify/instantmailer"
	"orpheus.example/notify/notifyd"
	"orpheus.example/notify/smtpmailer"
	"orpheus.example/order/orderd"
	"orpheus.example/payment/instantprovider"
	"orpheus.example/payment/paymentd"
	"orpheus.example/payment/sandboxprovider"
	"orpheus.example/shipping/instantcarrier"
	"orpheus.example/shipping/sandboxcarrier"
	"orpheus.example/shipping/shippingd"
)

// within is how much a connection without a port holds before its reader reads.
const within = 256 << 10

// closeWithin bounds the wait for calls under way when a Box closes.
const closeWithin = 5 * time.Second

// A service is one of the five, with its store, its server and a way to it.
type service struct {
	name   string
	store  eventlog.Store
	server *rpc.Server
	conn   *grpc.ClientConn
}

// A part is a service as its own package makes it.
type part interface {
	Register(g grpc.ServiceRegistrar)
	Table() rpc.Table
	Steps() []loop.Step
}

func (b *Box) openServices(ctx context.Context) error {
	for _, name := range Names {
		if err := b.openService(ctx, name); err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
	}
	return nil
}

func (b *Box) openService(ctx context.Context, name string) error {
	store, err := b.openStore(ctx, name)
	if err != nil {
		return err
	}
	p, err := b.build(ctx, name, store, b.openBus(name))
	if err != nil {
		return err
	}
	if err := projection.Prepare(ctx, p.Steps()); err != nil {
		return err
	}
	s := &service{name: name, store: store, server: rpc.NewServer(rpc.Config{Name: name, Table: p.Table()})}
	p.Register(s.server)
	if err := s.connect(); err != nil {
		return err
	}
	b.onClose(name, s.close)
	b.services = append(b.services, s)
	b.steps = append(b.steps, p.Steps()...)
	return nil
}

// build makes one service as its program does, on what a Box has for it.
func (b *Box) build(ctx context.Context, name string, store eventlog.Store, way bus.Bus) (part, error) {
	c := b.config
	switch name {
	case orderd.Name:
		return orderd.New(ctx, orderd.Config{
			Store: store, Bus: way, Holder: holder, Now: b.now, Stepped: c.Stepped,
			PayWithin: c.PayWithin, FulfilWithin: c.FulfilWithin,
		})
	case paymentd.Name:
		provider, err := b.provider()
		if err != nil {
			return nil, err
		}
		return paymentd.New(ctx, paymentd.Config{
			Store: store, Bus: way, Holder: holder, Now: b.now, Stepped: c.Stepped, Provider: provider,
		})
	case inventoryd.Name:
		return inventoryd.New(ctx, inventoryd.Config{Store: store, Bus: way, Holder: holder, Now: b.now, Stepped: c.Stepped})
	case shippingd.Name:
		fleet, err := b.fleet()
		if err != nil {
			return nil, err
		}
		return shippingd.New(ctx, shippingd.Config{
			Store: store, Bus: way, Holder: holder, Now: b.now, Stepped: c.Stepped,
			Carriers: fleet, TrackEvery: c.TrackEvery,
		})
	case notifyd.Name:
		mailer, err := b.mailer()
		if err != nil {
			return nil, err
		}
		return notifyd.New(ctx, notifyd.Config{
			Store: store, Bus: way, Holder: holder, Now: b.now, Stepped: c.Stepped,
			Mailer: mailer, From: "Orpheus <shop@orpheus.example>", Domain: "orpheus.example", GapWait: c.GapWait,
		})
	}
	panic("onebox: service of unknown name")
}

func (b *Box) provider() (paymentd.Provider, error) {
	if b.config.Instant {
		return instantprovider.Provider{}, nil
	}
	return sandboxprovider.NewOver(World+"/provider", b.Transport())
}

func (b *Box) mailer() (notifyd.Mailer, error) {
	if b.config.Instant {
		return instantmailer.Mailer{}, nil
	}
	return smtpmailer.New(smtpmailer.Config{Server: "127.0.0.1:25", Dial: b.mail.Dial}) // the address is not looked at
}

func (b *Box) fleet() ([]shippingd.Named, error) {
	var fleet []shippingd.Named
	for _, name := range carriers {
		carrier, err := b.carrier(name)
		if err != nil {
			return nil, err
		}
		fleet = append(fleet, shippingd.Named{Name: name, Carrier: carrier})
	}
	return fleet, nil
}

func (b *Box) carrier(name string) (shippingd.Carrier, error) {
	if b.config.Instant {
		return instantcarrier.Carrier{}, nil
	}
	return sandboxcarrier.NewOver(World+"/carriers/"+name, b.Transport())
}

// connect serves s without a port, and connects to it.
func (s *service) connect() (err error) {
	l := bufconn.Listen(within)
	go func() { _ = s.server.Serve(l) }() // ends with the server; callers see what goes wrong
	s.server.SetServing(true)
	s.conn, err = grpc.NewClient("passthrough:///"+s.name,
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	return err
}

func (s *service) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	err := s.conn.Close()
	if !s.server.Stop(ctx) {
		err = errors.Join(err, errors.New("calls were cut off"))
	}
	return err
}

// conn returns the way to a service.
func (b *Box) conn(name string) *grpc.ClientConn {
	for _, s := range b.services {
		if s.name == name {
			return s.conn
		}
	}
	panic("onebox: service of unknown name")
}

// Orders returns a client of the order service that needs no port.
func (b *Box) Orders() orderv1.OrderServiceClient {
	return orderv1.NewOrderServiceClient(b.conn(orderd.Name))
}

// Payments returns a client of the payment service that needs no port.
func (b *Box) Payments() paymentv1.PaymentServiceClient {
	return paymentv1.NewPaymentServiceClient(b.conn(paymentd.Name))
}

// Stock returns a client of the inventory service that needs no port.
func (b *Box) Stock() inventoryv1.InventoryServiceClient {
	return inventoryv1.NewInventoryServiceClient(b.conn(inventoryd.Name))
}

// Shipments returns a client of the shipping service that needs no port.
func (b *Box) Shipments() shippingv1.ShippingServiceClient {
	return shippingv1.NewShippingServiceClient(b.conn(shippingd.Name))
}

// Mails returns a client of the notify service that needs no port.
func (b *Box) Mails() notifyv1.NotifyServiceClient {
	return notifyv1.NewNotifyServiceClient(b.conn(notifyd.Name))
}
