package part

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/bench/stand"
)

const (
	// factSize is a fact on the wire, with its headers.
	factSize = 600
	// FullBundle is how many facts one message carries at most.
	FullBundle = 64
	// window is how many messages wait for the broker's word at a time.
	window = 256
	// hearers is the larger number of queues that get every message.
	hearers = 3
	// ackEvery is after how many messages they are acknowledged, all at once.
	ackEvery = 64
)

// broker measures messages with one hearer and with several, of one fact and of a
// bundle. What a delivery costs is the difference that a hearer makes; the rest is
// the publication.
func (m *measuring) broker(ctx context.Context) error {
	c := &m.out.Costs
	single, err := m.costs(ctx, "single", factSize)
	if err != nil {
		return err
	}
	bundle, err := m.costs(ctx, "bundle", FullBundle*factSize)
	if err != nil {
		return err
	}
	c.BrokerPublish, c.BrokerDeliver = single.broker.publish, single.broker.deliver
	c.ClientPublish, c.ClientDeliver = single.client.publish, single.client.deliver
	c.Bundle = FullBundle
	c.BundleBrokerPublish, c.BundleBrokerDeliver = bundle.broker.publish, bundle.broker.deliver
	c.BundleClientPublish, c.BundleClientDeliver = bundle.client.publish, bundle.client.deliver
	m.out.Rates["messages"], m.out.Rates["facts in bundles"] = single.rate, FullBundle*bundle.rate
	return nil
}

// A way is what a message costs one side, in microseconds.
type way struct{ publish, deliver float64 }

type ways struct {
	broker, client way
	rate           float64 // messages a second, with one hearer
}

// costs measures messages of one size.
func (m *measuring) costs(ctx context.Context, name string, size int) (ways, error) {
	one, rate, err := m.used(ctx, m.flow(name+"-one", size, 1))
	if err != nil {
		return ways{}, err
	}
	several, _, err := m.used(ctx, m.flow(name+"-several", size, hearers))
	if err != nil {
		return ways{}, err
	}
	return ways{
		broker: split(one[stand.Broker], several[stand.Broker]),
		client: split(one[stand.Generator], several[stand.Generator]), rate: rate,
	}, nil
}

// split tells publication and delivery apart. Noise must not make either of them
// less than nothing.
func split(one, several float64) way {
	deliver := min(max(0, (several-one)/(hearers-1)), one)
	return way{publish: one - deliver, deliver: deliver}
}

// flow returns what publishes and hears for a while, and says how many messages
// every queue has delivered.
func (m *measuring) flow(exchange string, size, queues int) func(context.Context) (int64, error) {
	return func(ctx context.Context) (n int64, err error) {
		conn, err := amqp.Dial(m.stand.Rabbit.URL())
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		f := &flow{exchange: exchange, body: make([]byte, size), each: m.Each}
		var hearing sync.WaitGroup
		for q := range queues {
			heard, err := f.hear(conn, fmt.Sprintf("%s-%d", exchange, q))
			if err != nil {
				return 0, err
			}
			hearing.Go(heard)
		}
		if err := f.publish(ctx, conn); err != nil {
			return 0, err
		}
		if f.published == 0 {
			return 0, errors.New("no message was published")
		}
		// Everything confirmed is in the queues; the hearers end when they have it.
		f.said.Store(f.published)
		hearing.Wait()
		return f.published, f.failed()
	}
}

// A flow is one stream of messages.
type flow struct {
	exchange  string
	body      []byte
	each      time.Duration // how long it is published
	published int64
	said      atomic.Int64 // how many there are in all; 0 while that is not known
	mu        sync.Mutex
	err       error
}

func (f *flow) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = errors.Join(f.err, err)
}

func (f *flow) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Bare booleans of the AMQP client.
const (
	durable    = true
	autoDelete = false
	internal   = false
	exclusive  = false
	noWait     = false
	noLocal    = false
	autoAck    = false
	mandatory  = true
	immediate  = false
	multiple   = true
)

// hear declares a queue, and returns what takes its messages until all are there.
func (f *flow) hear(conn *amqp.Connection, queue string) (func(), error) {
	ch, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	args := amqp.Table{"x-queue-type": "quorum"}
	_, declared := ch.QueueDeclare(queue, durable, autoDelete, exclusive, noWait, args)
	err = errors.Join(
		ch.ExchangeDeclare(f.exchange, "direct", durable, autoDelete, internal, noWait, nil), declared,
		ch.QueueBind(queue, "fact", f.exchange, noWait, nil),
		ch.Qos(2*window, 0, false),
	)
	if err != nil {
		return nil, err
	}
	deliveries, err := ch.Consume(queue, "", autoAck, exclusive, noLocal, noWait, nil)
	return func() { f.take(ch, deliveries) }, err
}

// patience is how long a hearer waits for a message: when all were published, the
// last may be acknowledged already.
const patience = 50 * time.Millisecond

func (f *flow) take(ch *amqp.Channel, deliveries <-chan amqp.Delivery) {
	defer func() { _ = ch.Close() }() // what is not acknowledged is of no use to anybody
	var taken int64
	again := time.NewTicker(patience)
	defer again.Stop()
	for {
		select {
		case d, ok := <-deliveries:
			if !ok {
				f.fail(amqp.ErrClosed)
				return
			}
			taken++
			if taken%ackEvery != 0 {
				continue
			}
			if err := d.Ack(multiple); err != nil {
				f.fail(err)
				return
			}
		case <-again.C:
		}
		if said := f.said.Load(); said > 0 && taken >= said {
			return
		}
	}
}

// publish says messages until the time is up, with a window of confirms. Those
// come in order, so the oldest is waited for.
func (f *flow) publish(ctx context.Context, conn *amqp.Connection) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Confirm(noWait); err != nil {
		return err
	}
	waiting := make(chan *amqp.DeferredConfirmation, window)
	settle := func() error {
		if ok, err := (<-waiting).WaitContext(ctx); err != nil || !ok {
			return errors.Join(errors.New("message was not confirmed"), err)
		}
		return nil
	}
	m := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: f.body}
	for until := time.Now().Add(f.each); time.Now().Before(until); {
		if len(waiting) == window {
			if err := settle(); err != nil {
				return err
			}
		}
		confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, f.exchange, "fact", mandatory, immediate, m)
		if err != nil {
			return err
		}
		waiting <- confirm
		f.published++
	}
	for len(waiting) > 0 {
		if err := settle(); err != nil {
			return err
		}
	}
	return nil
}
