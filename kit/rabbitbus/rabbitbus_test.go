package rabbitbus_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/bustest"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// patience is how long anything may take that is waited for.
const patience = 30 * time.Second

func TestBus(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, w bustest.Wants) bustest.Broker { return start(t, w, 0) })
}

func TestBusWithoutBundles(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, w bustest.Wants) bustest.Broker { return start(t, w, 1) })
}

// start makes room for one law on the shared broker, with a way to it that can
// be cut. A law that restarts the broker gets its own.
func start(t *testing.T, w bustest.Wants, bundle int) bustest.Broker {
	broker, restart := "", (func(testing.TB))(nil)
	if w.Restart {
		rabbit := servertest.Rabbit(t)
		broker = rabbit.URL()
		restart = func(t testing.TB) { mustRestart(t, rabbit) }
	} else {
		broker = servertest.RabbitURL(t)
	}
	way, through := startProxy(t, broker)
	config := configFor(t, through)
	config.Partitions, config.Bundle = w.Partitions, bundle
	return bustest.Broker{
		Open:    func(t testing.TB) bus.Bus { return mustOpen(t, config) },
		Prefix:  config.Exchange + ".",
		Dead:    func(t testing.TB, hearer string) []uuid.UUID { return deadLetters(t, broker, hearer) },
		Break:   func(testing.TB) { way.cut() },
		Restart: restart,
	}
}

// queueAge is how old the youngest queue must be for a broker to survive being
// killed. RabbitMQ 3.10 writes the directory of its quorum queues to disk every
// half second (ra_directory, a DETS table); a queue that is not yet in it does
// not find a leader after a restart, and never confirms again.
const queueAge = 2 * time.Second

// mustRestart kills a broker, as with -9, and starts it again.
func mustRestart(t testing.TB, rabbit *servers.Rabbit) {
	t.Helper()
	time.Sleep(queueAge) // nothing shows when the directory is written
	if err := rabbit.Kill(); err != nil {
		t.Fatalf("Kill() = %v; want nil", err)
	}
	if err := rabbit.Restart(t.Context()); err != nil {
		t.Fatalf("Restart(ctx) = %v; want nil", err)
	}
}

// configFor returns a configuration with names of its own. What is made under
// those names stays behind, empty or not, until the broker ends.
func configFor(t testing.TB, broker string) rabbitbus.Config {
	prefix := servertest.Prefix(t)
	return rabbitbus.Config{
		URL: broker, Source: "test",
		Exchange: prefix + "facts", DeadExchange: prefix + "dead",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// mustOpen opens a bus that the caller closes.
func mustOpen(t testing.TB, c rabbitbus.Config) *rabbitbus.Bus {
	t.Helper()
	b, err := rabbitbus.Open(context.Background(), c)
	if err != nil {
		t.Fatalf("Open(%+v) = %v; want nil", c, err)
	}
	return b
}

// deadLetters looks at the dead letters of a hearer, and leaves them there.
func deadLetters(t testing.TB, broker, hearer string) []uuid.UUID {
	t.Helper()
	ch := mustDial(t, broker)
	defer ch.Close() // which gives back what was looked at
	var ids []uuid.UUID
	for {
		d, ok, err := ch.Get(bus.DeadName(hearer), false)
		if err != nil {
			t.Fatalf("Get(%s) = %v; want nil", bus.DeadName(hearer), err)
		}
		if !ok {
			return ids
		}
		ids = append(ids, uuid.MustParse(d.MessageId))
	}
}

// mustDial returns a channel of a plain client, as somebody else would use.
func mustDial(t testing.TB, broker string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(broker)
	if err != nil {
		t.Fatalf("Dial(%q) = %v; want nil", broker, err)
	}
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatalf("Channel() = %v; want nil", err)
	}
	return ch
}
