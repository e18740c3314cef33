package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"time"
)

// A fault is one kind of thing that goes wrong, and is put right again.
type fault struct {
	name, says string
	on         target
	often      float64       // in ten minutes
	within     time.Duration // how soon after it was put right all is to be well again
	try        func(context.Context, *trial) error
}

// A target is what a fault is about. Two faults at once are about two.
type target int

const (
	aService target = iota
	theBroker
	theDatabase
	everything // nothing else may go wrong meanwhile
)

// How soon those who were touched are to handle messages again: after their own
// start, after a server is back, after a replica is gone whose lease has to end,
// after a connection is dead of which nobody was told, and after the logs were
// said again. Longer than that is late, which is told and is no failure: that
// depends on the machine. To be late for patience is one.
const (
	afterStart   = 2 * time.Second
	afterServer  = 5 * time.Second
	afterReplica = 5 * time.Second
	afterSilence = 20 * time.Second
	afterReplay  = 45 * time.Second
)

// faults are all there are. The numbers make a full run of ten minutes with more
// than a hundred kills of services and ten of each server.
var faults = []fault{
	{"kill-service", "kill -9 of a service", aService, 60, afterStart, killService},
	{"kill-two", "kill -9 of two services at once", aService, 8, afterStart, killTwo},
	{"kill-all", "kill -9 of all five at once", aService, 8, afterServer, killAll},
	{"pause-service", "SIGSTOP of a service for some seconds", aService, 8, afterServer, pauseService},
	{"replicas", "two and three replicas come, are killed, and go", aService, 4, afterReplica, comeAndGo},

	{"kill-broker", "kill -9 of RabbitMQ", theBroker, 10, afterServer, killBroker},
	{"pause-broker", "SIGSTOP of RabbitMQ for some seconds", theBroker, 2, afterServer, pauseBroker},
	{"wipe-broker", "RabbitMQ loses all it has; the logs are said again", everything, 1, afterReplay, wipeBroker},
	{"cut-broker", "connections to RabbitMQ are reset, also in mid-frame", theBroker, 3, afterServer, cutBroker},
	{"deafen-broker", "connections to RabbitMQ are half-open", theBroker, 2, afterSilence, deafenBroker},
	{"stall-broker", "nothing passes to or from RabbitMQ for some seconds", theBroker, 2, afterServer, stallBroker},
	{"slow-broker", "connections to RabbitMQ are slow", theBroker, 2, afterServer, slowBroker},
	{"close-connections", "RabbitMQ closes all connections", theBroker, 2, afterServer, closeConnections},
	{"memory-alarm", "RabbitMQ is out of memory and blocks who publishes", theBroker, 1, afterServer, memoryAlarm},
	{"disk-alarm", "RabbitMQ is out of disk and blocks who publishes", theBroker, 1, afterServer, diskAlarm},
	{"revoke-permission", "RabbitMQ refuses everything", theBroker, 1, afterServer, revokePermission},
	{"consumer-timeout", "RabbitMQ ends consumers that do not acknowledge", everything, 1, afterServer, consumerTimeout},
	{"full-broker", "queues are full and refuse what is published", theBroker, 1, afterServer, fillBroker},
	{"delete-queue", "a queue is deleted; the logs are said again", everything, 1, afterReplay, deleteQueue},
	{"delete-exchange", "nothing can be routed; the logs are said again", everything, 1, afterReplay, deleteExchange},

	{"kill-database", "kill -9 of PostgreSQL", theDatabase, 10, afterServer, killDatabase},
	{"pause-database", "SIGSTOP of PostgreSQL for some seconds", theDatabase, 2, afterServer, pauseDatabase},
	{"kill-backends", "PostgreSQL ends all sessions of a service", theDatabase, 2, afterServer, killBackends},
	{"cut-database", "connections to PostgreSQL are reset, also in mid-frame", theDatabase, 3, afterServer, cutDatabase},
	{"deafen-database", "connections to PostgreSQL are half-open", theDatabase, 2, afterSilence, deafenDatabase},
	{"stall-database", "nothing passes to or from PostgreSQL for some seconds", theDatabase, 2, afterServer, stallDatabase},
	{"slow-database", "connections to PostgreSQL are slow", theDatabase, 2, afterServer, slowDatabase},
}

// A trial is one fault, tried on a shop.
type trial struct {
	*shop
	luck *rand.Rand

	victims []string         // whom it is tried on, for the report
	touched []string         // the services that must handle messages again
	since   map[string]int64 // and from where on in their logs
	healed  time.Time        // when all was put right
	silent  bool             // they do not know that anything is wrong, and go on with what they have
	Kills
}

// Kills are how often a process was killed, and how often the broker lost its data.
type Kills struct{ Services, Brokers, Databases, Wipes int }

func (k Kills) plus(other Kills) Kills {
	return Kills{k.Services + other.Services, k.Brokers + other.Brokers, k.Databases + other.Databases, k.Wipes + other.Wipes}
}

// touch says on whom the fault is tried.
func (t *trial) touch(victims ...string) {
	t.victims, t.touched = victims, victims
}

// touchAll says that the fault is tried on what all services need.
func (t *trial) touchAll() { t.touched = services }

// between returns a length of time from least to most.
func (t *trial) between(least, most time.Duration) time.Duration {
	return least + time.Duration(t.luck.Int64N(int64(most-least)))
}

// some returns so many different services.
func (t *trial) some(n int) []string {
	shuffled := slices.Clone(services)
	t.luck.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled[:n]
}

// revive has services started again. What they keep from then on shows that they
// are back: the clock runs from before their start.
func (t *trial) revive(ctx context.Context, start func() error) error {
	since := map[string]int64{}
	for _, name := range t.touched {
		at, err := t.pulse.head(ctx, name)
		if err != nil { // the database is away as well
			return t.heal(ctx, start)
		}
		since[name] = at
	}
	t.since, t.healed = since, time.Now()
	return start()
}

// heal puts right what was wrong. The clock runs from the end of it.
func (t *trial) heal(ctx context.Context, right func() error) error {
	if err := right(); err != nil {
		return err
	}
	t.healed = time.Now()
	var err error
	t.since, err = t.pulse.heads(ctx, t.touched)
	return err
}

// reopen has a server started that listens nowhere now. The clock runs from when
// its port is open, which may be before it lets anybody in.
func (t *trial) reopen(ctx context.Context, addr string, start func() error) error {
	looking, stop := context.WithCancel(ctx)
	defer stop()
	opened := make(chan error, 1)
	go func() { // ends when the port is open, or by stop
		opened <- t.heal(looking, func() error { return awaitPort(looking, addr) })
	}()
	err := start()
	if err != nil {
		stop()
	}
	return errors.Join(err, <-opened)
}

// awaitPort returns when somebody listens at addr.
func awaitPort(ctx context.Context, addr string) error {
	return eventually(ctx, patience, beat, addr+" is open", func() error {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// passed says that the fault was over as soon as it was there.
func (t *trial) passed(ctx context.Context) error {
	return t.heal(ctx, func() error { return nil })
}
