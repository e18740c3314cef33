package peer

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/jackc/pgx/v5/pgxpool"
	rabbit "github.com/rabbitmq/amqp091-go"
)

//go:embed schema
var schemas embed.FS

// outbox is the topic on which the facts of a service wait for the forwarder.
const outbox = "outbox"

// closeWithin bounds how long handlers may finish what they have at hand.
const closeWithin = 10 * time.Second

// A service is one of the five: a database, a router that hears the facts of
// others, and a forwarder that carries its own from the outbox to the broker.
type service struct {
	Config
	name       string
	log        watermill.LoggerAdapter
	pool       *pgxpool.Pool
	router     *message.Router
	subscriber *amqp.Subscriber
	publisher  *amqp.Publisher
	outbox     *sql.Subscriber
	forwarder  *forwarder.Forwarder
}

// openService opens a service with its tables, which are made if they are not
// there. What has been opened is closed
// again if something cannot be.
func openService(ctx context.Context, c Config, name string) (_ *service, err error) {
	s := &service{Config: c, name: name, log: quietly()}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open %s: %w", name, err)
			_ = s.close() // the reason is worth more
		}
	}()
	if s.pool, err = openDatabase(ctx, c, name); err != nil {
		return s, err
	}
	for _, file := range []string{"inbox", name} {
		ddl, err := schemas.ReadFile("schema/" + file + ".sql")
		if err != nil {
			return s, err
		}
		if _, err := s.pool.Exec(ctx, string(ddl)); err != nil {
			return s, err
		}
	}
	if err := s.openBroker(); err != nil {
		return s, err
	}
	return s, s.openForwarder()
}

// quietly logs through slog. What Watermill takes for news, such as every
// handler that starts, is for debugging here.
func quietly() watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(slog.Default(), map[slog.Level]slog.Level{
		slog.LevelInfo: slog.LevelDebug,
	})
}

// openBroker makes the router, and both connections: as in real life a blocked
// publisher must not hold up the acks.
func (s *service) openBroker() (err error) {
	config := s.amqp() // two connections of the same settings
	if s.publisher, err = amqp.NewPublisher(config, s.log); err != nil {
		return err
	}
	if s.subscriber, err = amqp.NewSubscriber(config, s.log); err != nil {
		return err
	}
	// What nobody can read must have a queue before it comes.
	if err := s.subscriber.SubscribeInitialize(s.topic("poison." + s.name)); err != nil {
		return err
	}
	if s.router, err = message.NewRouter(message.RouterConfig{CloseTimeout: closeWithin}, s.log); err != nil {
		return err
	}
	poison, err := middleware.PoisonQueueWithFilter(s.publisher, s.topic("poison."+s.name), isPermanent)
	if err != nil {
		return err
	}
	// Deadlocks and short outages pass. A message that is being retried holds up
	// its copy of the handler, so the waits are short.
	retry := middleware.Retry{
		MaxRetries: 5, InitialInterval: 10 * time.Millisecond, MaxInterval: time.Second, Multiplier: 2,
		ShouldRetry: func(p middleware.RetryParams) bool { return !isPermanent(p.Err) }, Logger: s.log,
	}
	// What still fails after the retries is nacked, and so delivered again.
	s.router.AddMiddleware(poison, retry.Middleware, middleware.Recoverer)
	return nil
}

// amqp returns Watermill's settings for durable publish-subscribe: an exchange
// for each topic, and in front of each hearer a queue for each topic.
func (s *service) amqp() amqp.Config {
	c := amqp.NewDurablePubSubConfig(s.AMQPURL, amqp.GenerateQueueNameTopicNameWithSuffix(s.name))
	c.Connection.Reconnect = amqp.DefaultReconnectConfig()
	c.Publish.ConfirmDelivery = true
	c.Publish.ChannelPoolSize = s.Channels
	c.Consume.Qos.PrefetchCount = s.Prefetch
	if s.Quorum {
		c.Queue.Arguments = rabbit.Table{rabbit.QueueTypeArg: rabbit.QueueTypeQuorum}
		// Without this a message that is delivered a second time is never
		// handled: x-delivery-count is a number, and Watermill takes only text.
		c.Marshaler = amqp.DefaultMarshaler{PreprocessDelivery: onlyText}
	}
	return c
}

// onlyText drops the headers that Watermill cannot read.
func onlyText(d rabbit.Delivery) rabbit.Delivery {
	for name, value := range d.Headers {
		if _, ok := value.(string); !ok {
			delete(d.Headers, name)
		}
	}
	return d
}

// openForwarder makes the table of the outbox, and what empties it.
func (s *service) openForwarder() (err error) {
	s.outbox, err = sql.NewSubscriber(sql.BeginnerFromPgx(s.pool), sql.SubscriberConfig{
		ConsumerGroup:  s.group(),
		PollInterval:   s.Poll,
		SchemaAdapter:  s.schema(),
		OffsetsAdapter: s.offsets(),
	}, s.log)
	if err != nil {
		return err
	}
	if err := s.outbox.SubscribeInitialize(outbox); err != nil {
		return err
	}
	s.forwarder, err = forwarder.NewForwarder(s.outbox, s.publisher, s.log, forwarder.Config{
		ForwarderTopic: outbox, CloseTimeout: closeWithin,
	})
	return err
}

// group is the consumer group of the forwarder. The queue schema knows none.
func (s *service) group() string {
	if s.QueueSchema {
		return ""
	}
	return "forwarder"
}

// schema keeps the outbox in the order of transactions, with xid8. It never
// skips a row, but a long transaction in any database of the server holds up
// the forwarder.
func (s *service) schema() sql.SchemaAdapter {
	if s.QueueSchema {
		return sql.PostgreSQLQueueSchema{SubscribeBatchSize: s.Batch}
	}
	return sql.DefaultPostgreSQLSchema{SubscribeBatchSize: s.Batch}
}

// offsets belongs to schema. The default one keeps one row per consumer group,
// and locks it while a batch is forwarded, message by message.
func (s *service) offsets() sql.OffsetsAdapter {
	if s.QueueSchema {
		return sql.PostgreSQLQueueOffsetsAdapter{DeleteOnAck: true}
	}
	return sql.DefaultPostgreSQLOffsetsAdapter{}
}

// topic returns the topic of a kind of facts.
func (s *service) topic(kind string) string { return s.Name + "." + kind }

// close lets go of everything, the router first, so that handlers still have
// what they need.
func (s *service) close() error {
	var errs []error
	closers := []func() error{}
	if s.router != nil && s.router.IsRunning() {
		closers = append(closers, s.router.Close)
	}
	if s.forwarder != nil && isClosed(s.forwarder.Running()) {
		closers = append(closers, s.forwarder.Close)
	}
	if s.outbox != nil {
		closers = append(closers, s.outbox.Close)
	}
	if s.subscriber != nil {
		closers = append(closers, s.subscriber.Close)
	}
	if s.publisher != nil {
		closers = append(closers, s.publisher.Close)
	}
	for _, c := range closers {
		errs = append(errs, c())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return errors.Join(errs...)
}

// isClosed reports whether c is closed already.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
