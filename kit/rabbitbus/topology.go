package rabbitbus

import (
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// What the bare booleans of the client library mean.
const (
	durable    = true  // outlives the broker
	autoDelete = false // and its last user
	exclusive  = false // other replicas of the service use it too
	internal   = false // clients may publish to it
	noWait     = false // we want to hear that it is so
)

// Arguments of queues. Each is spelt out, because brokers differ in their
// defaults (a delivery limit of none before 4.0 and of 20 since, for one).
const (
	// maxLength is how many messages a queue holds. Beyond, the broker refuses
	// what is published, and it stays in the log of its sayer. At a fact of
	// 1 kB this is some 10 GB of disk.
	maxLength = 10_000_000
	// deliveryLimit is how often a message comes back before it is a dead
	// letter. Hearers count and judge for themselves and use Reject; this is
	// for a message that kills whoever takes it. It is far off, because the
	// neighbours of such a message, and whatever is at hand when connections
	// break, count as delivered too.
	deliveryLimit = 1000
	// keepAlways is a delivery limit that is not reached: looking at dead
	// letters must not use them up.
	keepAlways = 1<<31 - 1
)

// A plan is what one hearer needs of the broker.
type plan struct {
	config Config
	hearer string
	types  []string
}

// queues are the names of its queues, by partition.
func (p plan) queues() []string {
	var names []string
	for i := range p.config.Partitions {
		names = append(names, bus.QueueName(p.hearer, i, p.config.Partitions))
	}
	return names
}

// declare makes sure that all of the plan is there. What is there already is
// left as it is. Nobody may still be on a queue that was deleted just now; see
// queuePause.
func (p plan) declare(conn *amqp.Connection) error {
	return aside(conn, func(ch *amqp.Channel) error {
		// Dead letters first: a queue without a place for them keeps them.
		if err := p.declareDead(ch); err != nil {
			return err
		}
		for _, name := range p.queues() {
			if err := declareQueue(ch, name, p.arguments()); err != nil {
				return err
			}
		}
		return p.bind(ch)
	})
}

// rebind makes sure that all but the queues is there, and fails if those are
// not.
func (p plan) rebind(conn *amqp.Connection) error {
	return aside(conn, func(ch *amqp.Channel) error {
		if err := p.declareDead(ch); err != nil {
			return err
		}
		return p.bind(ch)
	})
}

// declareDead makes sure that there is a place for dead letters.
func (p plan) declareDead(ch *amqp.Channel) error {
	if err := declareExchange(ch, p.config.DeadExchange); err != nil {
		return err
	}
	name := bus.DeadName(p.hearer)
	if err := declareQueue(ch, name, deadArguments()); err != nil {
		return err
	}
	return bind(ch, name, p.hearer, p.config.DeadExchange, noWait)
}

// deadArguments are those of the queues that hold dead letters.
func deadArguments() amqp.Table {
	return amqp.Table{
		amqp.QueueTypeArg:     amqp.QueueTypeQuorum,
		amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish,
		amqp.QueueMaxLenArg:   int64(maxLength),
		"x-delivery-limit":    int64(keepAlways),
	}
}

// arguments are those of the queues that are heard.
func (p plan) arguments() amqp.Table {
	return amqp.Table{
		amqp.QueueTypeArg:           amqp.QueueTypeQuorum,
		amqp.QueueMaxLenArg:         int64(maxLength),
		"x-delivery-limit":          int64(deliveryLimit),
		"x-dead-letter-exchange":    p.config.DeadExchange,
		"x-dead-letter-routing-key": p.hearer,
		// A dead letter leaves this queue only when the other has confirmed
		// it. That needs the overflow to be what it is here.
		"x-dead-letter-strategy": "at-least-once",
		amqp.QueueOverflowArg:    amqp.QueueOverflowRejectPublish,
	}
}

// bind binds the queues to what is published. It asks for all bindings at once and
// hears only of the last: if the broker refuses one it closes the channel. While a
// queue is bound to some of its facts, the others are lost to it if somebody else
// takes them, so that time must be short.
func (p plan) bind(ch *amqp.Channel) error {
	if err := declareExchange(ch, p.config.Exchange); err != nil {
		return err
	}
	queues := p.queues()
	left := len(queues) * len(p.types)
	for i, queue := range queues {
		for _, t := range p.types {
			left--
			if err := bind(ch, queue, bus.RoutingKey(t, i), p.config.Exchange, left > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// aside does something on a channel of its own, because the broker closes the
// channel on which it is asked for something impossible.
func aside(conn *amqp.Connection, do func(*amqp.Channel) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	if err := do(ch); err != nil {
		giveUp(ch) // the broker mostly has
		return err
	}
	return ch.Close()
}

// declareExchange makes sure that an exchange is there. It is a direct one, since
// all keys are spelt out, and to match patterns costs the broker half as much
// again for each message.
func declareExchange(ch *amqp.Channel, name string) error {
	err := ch.ExchangeDeclare(name, amqp.ExchangeDirect, durable, autoDelete, internal, noWait, nil)
	return explain("exchange "+name, "delete it, which leaves the queues and what is in them", err)
}

func declareQueue(ch *amqp.Channel, name string, args amqp.Table) error {
	_, err := ch.QueueDeclare(name, durable, autoDelete, exclusive, noWait, args)
	return explain("queue "+name, "drain it, delete it", err)
}

func bind(ch *amqp.Channel, queue, key, exchange string, unheard bool) error {
	if err := ch.QueueBind(queue, key, exchange, unheard, nil); err != nil {
		return fmt.Errorf("bind queue %s to %s of exchange %s: %w", queue, key, exchange, err)
	}
	return nil
}

// explain says what to do about a thing that exists in another shape.
func explain(thing, remedy string, err error) error {
	if err == nil {
		return nil
	}
	var refusal *amqp.Error
	if errors.As(err, &refusal) && refusal.Code == amqp.PreconditionFailed {
		return fmt.Errorf("declare %s: it exists with other arguments, or of another type; %s, and it is made anew: %w", thing, remedy, err)
	}
	return fmt.Errorf("declare %s: %w", thing, err)
}
