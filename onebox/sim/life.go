package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	"orpheus.example/inventory/inventoryd"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
	"orpheus.example/notify/notifyd"
	"orpheus.example/order/orderd"
	"orpheus.example/payment/paymentd"
	"orpheus.example/shipping/shippingd"
)

// The settings of the shop, those of the daemons but for tracking.
const (
	payWithin    = 15 * time.Minute
	fulfilWithin = 72 * time.Hour
	gapWait      = 30 * time.Second
	trackEvery   = 20 * time.Second
	holder       = "sim"
	domain       = "orpheus.example"
)

var carriers = []string{"swift", "steady"}

// names are the services, in the order of the dance and of the counts of their
// crashes.
var names = [...]string{orderd.Name, paymentd.Name, inventoryd.Name, shippingd.Name, notifyd.Name}

// A service is one of the five over all its lives: what it keeps outlives them.
// The log is its database; the queue is at the broker.
type service struct {
	number int
	name   string
	log    *memlog.Log
	// trouble counts what befell it in a schedule: crashes, and calls that failed.
	trouble int
	*life
}

// A life is one process of a service, from start to crash.
type life struct {
	w       *world
	service *service
	dead    bool
	link    *link
	answers []any // the methods of the service, and those for operators
	steps   []step
	again   time.Time // when the inbox looks again at what it has kept back
	// disturbed is set once a call was made, or something failed, since work was
	// last claimed.
	disturbed bool
	regards   [len(targets)]regard // in their order
}

// A step is one loop of a life.
type step struct {
	loop.Step
	kind    kindOfStep
	service *service
}

type kindOfStep int

const (
	relay kindOfStep = iota
	inbox
	duty
	alarm
	other // views, and those who watch
)

// kindOf tells a loop by its name.
func kindOf(s loop.Step) kindOfStep {
	_, name, _ := strings.Cut(s.Name(), ".")
	switch name {
	case "relay":
		return relay
	case "inbox":
		return inbox
	case "duty":
		return duty
	case "alarm":
		return alarm
	}
	return other
}

// A part is a service as its own package makes it. Nothing of it is replaced but
// what its Config asks for.
type part interface {
	Register(g grpc.ServiceRegistrar)
	Steps() []loop.Step
}

// registrar takes a service's methods, to be called without a network.
type registrar struct{ methods []any }

// RegisterService implements grpc.ServiceRegistrar.
func (r *registrar) RegisterService(_ *grpc.ServiceDesc, methods any) {
	r.methods = append(r.methods, methods)
}

// methods returns the methods of a service, as callers know them.
func methods[T any](w *world, name string) T {
	for _, one := range w.service(name).answers {
		if m, ok := one.(T); ok {
			return m
		}
	}
	panic("sim: " + name + " has other methods")
}

// begin starts a new life of s, as its program does after a crash: with nothing in
// memory, on the same log. What the old one had in hand comes again.
func (s *service) begin(w *world) {
	l := &life{w: w, service: s}
	l.link = &link{l: l}
	made, err := build(s.name, l, &store{s.log, l})
	if err != nil {
		panic(fmt.Sprintf("sim: %s does not start: %v", s.name, err)) // nothing fails in New
	}
	var r registrar
	made.Register(&r)
	l.answers = r.methods
	for _, one := range made.Steps() {
		if kind := kindOf(one); kind != other {
			l.steps = append(l.steps, step{one, kind, s})
		}
	}
	s.life = l
}

// build makes one service as its program does.
func build(name string, l *life, kept eventlog.Store) (part, error) {
	ctx, now := context.Background(), l.w.time
	// Pauses are of the middling length: chance is drawn from the tape alone.
	middling := func(below time.Duration) time.Duration { return below / 2 }
	var way bus.Bus = l.link
	switch name {
	case orderd.Name:
		return orderd.New(ctx, orderd.Config{
			Store: kept, Bus: way, Holder: holder, Now: now, Rand: middling, Stepped: true, PayWithin: payWithin, FulfilWithin: fulfilWithin,
		})
	case paymentd.Name:
		return paymentd.New(ctx, paymentd.Config{Store: kept, Bus: way, Holder: holder, Now: now, Rand: middling, Stepped: true, Provider: bank{l}})
	case inventoryd.Name:
		return inventoryd.New(ctx, inventoryd.Config{Store: kept, Bus: way, Holder: holder, Now: now, Rand: middling, Stepped: true})
	case shippingd.Name:
		var fleet []shippingd.Named
		for _, c := range carriers {
			fleet = append(fleet, shippingd.Named{Name: c, Carrier: haulier{l, c}})
		}
		return shippingd.New(ctx, shippingd.Config{
			Store: kept, Bus: way, Holder: holder, Now: now, Rand: middling, Stepped: true, Carriers: fleet, TrackEvery: trackEvery,
		})
	case notifyd.Name:
		return notifyd.New(ctx, notifyd.Config{
			Store: kept, Bus: way, Holder: holder, Now: now, Rand: middling, Stepped: true,
			Mailer: post{l}, From: "shop@" + domain, Domain: domain, GapWait: gapWait,
		})
	}
	panic("sim: service of unknown name")
}

// ready reports whether a step may have something to do now. It looks past all
// failures, and saves calling loops that would find nothing. That it must know
// what each loop waits for is the price.
func (s step) ready(now time.Time) bool {
	l := s.service.log
	switch s.kind {
	case relay:
		head, _ := l.Head(context.Background())
		said, _ := l.Where(context.Background(), "relay")
		return head > said
	case inbox:
		q := s.service.link.q // what is out and not settled was kept back
		return len(q.ready) > 0 || len(q.out) > 0 && !s.service.again.After(now)
	case duty:
		return due(l, eventlog.Duty, now)
	case alarm:
		return due(l, eventlog.Alarm, now)
	case other:
	}
	return false
}

func due(l *memlog.Log, kind string, now time.Time) bool {
	at, ok, _ := l.NextDue(context.Background(), kind)
	return ok && !at.After(now)
}
