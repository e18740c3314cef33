package rabbitbus

import (
	"errors"
	"fmt"
	"net"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// An Inspection is what a look at a broker finds.
type Inspection struct {
	Product, Version string // as in "RabbitMQ" and "3.10.8"
	Queues           []InspectedQueue
}

// An InspectedQueue is one queue that a hearer needs.
type InspectedQueue struct {
	Name      string
	Dead      bool  // it holds dead letters
	Missing   bool  // it is not there
	Drift     error // it has other arguments than it should
	Messages  int   // ready to be taken
	Consumers int
}

// Inspect looks at the queues of hearers and changes nothing. Whether a queue has
// drifted is found by declaring it as it should be, which the broker compares with
// what is there; a queue that is not there is not declared.
func Inspect(c Config, dialer func(network, address string) (net.Conn, error), hearers []string) (Inspection, error) {
	c, err := c.complete()
	if err != nil {
		return Inspection{}, err
	}
	conn, err := amqp.DialConfig(c.URL, amqp.Config{Dial: dialer})
	if err != nil {
		return Inspection{}, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // it was only asked
	found := Inspection{Product: property(conn, "product"), Version: property(conn, "version")}
	for _, h := range hearers {
		p := plan{config: c, hearer: h}
		for _, name := range p.queues() {
			q, err := inspect(conn, name, p.arguments())
			if err != nil {
				return found, err
			}
			found.Queues = append(found.Queues, q)
		}
		dead, err := inspect(conn, bus.DeadName(h), deadArguments())
		if err != nil {
			return found, err
		}
		dead.Dead = true
		found.Queues = append(found.Queues, dead)
	}
	return found, nil
}

func property(conn *amqp.Connection, name string) string {
	text, _ := conn.Properties[name].(string) // empty if the broker does not say
	return text
}

func inspect(conn *amqp.Connection, name string, args amqp.Table) (InspectedQueue, error) {
	q := InspectedQueue{Name: name}
	err := aside(conn, func(ch *amqp.Channel) error {
		there, err := ch.QueueDeclarePassive(name, durable, autoDelete, exclusive, noWait, nil)
		q.Messages, q.Consumers = there.Messages, there.Consumers
		return err
	})
	switch {
	case isMissing(err):
		q.Missing = true
		return q, nil
	case err != nil:
		return q, fmt.Errorf("look at queue %s: %w", name, err)
	}
	err = aside(conn, func(ch *amqp.Channel) error { return declareQueue(ch, name, args) })
	var refusal *amqp.Error
	if errors.As(err, &refusal) && refusal.Code == amqp.PreconditionFailed {
		q.Drift, err = err, nil
	}
	return q, err
}

// isMissing reports whether err is the broker's word that something is not there.
func isMissing(err error) bool {
	var refusal *amqp.Error
	return errors.As(err, &refusal) && refusal.Code == amqp.NotFound
}
