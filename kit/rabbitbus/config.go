package rabbitbus

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"orpheus.example/kit/bus"
)

// DeadExchange is where queues send what was rejected or delivered too often.
const DeadExchange = "orpheus.dead"

// maxPartitions bounds how many queues one hearer can have.
const maxPartitions = 256

// A Config says which broker to use and how. Only URL is required.
type Config struct {
	// URL is of the form amqp://user:password@host:port/vhost, or amqps.
	URL string
	// Source names the service that this bus belongs to. It stands in for
	// messages that do not name theirs, and names the connections in the
	// broker's lists.
	Source string

	// Exchange is where facts are published; bus.Exchange by default.
	Exchange string
	// DeadExchange is where dead letters go; the constant by default.
	DeadExchange string
	// Partitions is how many queues each hearer has; 1 by default.
	Partitions int

	// Bundle is how many facts of one type that are published together travel
	// in one message at most; 64 by default, and no more than that. 1 has each
	// travel by itself. All who hear must know bundles before anybody writes
	// them; those of this package always do.
	Bundle int
	// Window is how many messages, bundles or not, may be on their way to the
	// broker and not confirmed, of all publications together; 1024 by default,
	// which is room for four of 256 each without bundles. More gains nothing.
	Window int
	// ConfirmLimit is how long the broker may confirm nothing although
	// something waits; 10 s by default. Then the connection is given up.
	ConfirmLimit time.Duration
	// Reassert is how often queues and bindings are declared again while all
	// is well; every 15 s by default. It bounds how long a deleted binding
	// goes unnoticed, of which the broker does not tell.
	Reassert time.Duration

	// Log is told of each change for the better or worse; slog's default if
	// nil.
	Log *slog.Logger
	// Meter counts what nobody else can see; OpenTelemetry's global one if
	// nil.
	Meter metric.Meter
}

// complete returns c with defaults in place of what was left out.
func (c Config) complete() (Config, error) {
	if err := checkURL(c.URL); err != nil {
		return c, err
	}
	if c.Partitions < 0 || c.Partitions > maxPartitions {
		return c, fmt.Errorf("%d partitions; at most %d are possible", c.Partitions, maxPartitions)
	}
	orDefault(&c.Exchange, bus.Exchange)
	orDefault(&c.DeadExchange, DeadExchange)
	if c.Bundle < 0 || c.Bundle > maxBundle {
		return c, fmt.Errorf("bundles of %d facts; at most %d are possible", c.Bundle, maxBundle)
	}
	orDefault(&c.Partitions, 1)
	orDefault(&c.Bundle, maxBundle)
	orDefault(&c.Window, 1024)
	orDefault(&c.ConfirmLimit, 10*time.Second)
	orDefault(&c.Reassert, 15*time.Second)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Meter == nil {
		c.Meter = otel.Meter("orpheus.example/kit/rabbitbus")
	}
	return c, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// checkURL keeps the URL out of the error, because there is a password in it.
func checkURL(s string) error {
	_, err := amqp.ParseURI(s)
	if err == nil {
		return nil
	}
	if broken := (*url.Error)(nil); errors.As(err, &broken) {
		err = broken.Err
	}
	return fmt.Errorf("broker url: %w", err)
}
