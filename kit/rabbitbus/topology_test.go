package rabbitbus_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/servers/servertest"
)

// Whatever somebody deletes under our feet is made again, and messages flow.
func TestTopologyHeals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		remove func(*amqp.Channel, fixture) error
	}{
		{"queue", func(ch *amqp.Channel, f fixture) error {
			_, err := ch.QueueDelete(f.hearer, false, false, false)
			return err
		}},
		{"exchange", func(ch *amqp.Channel, f fixture) error {
			return ch.ExchangeDelete(f.config.Exchange, false, false)
		}},
		{"binding", func(ch *amqp.Channel, f fixture) error {
			return ch.QueueUnbind(f.hearer, bus.RoutingKey(placed, 0), f.config.Exchange, nil)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := configFor(t, servertest.RabbitURL(t))
			config.Reassert = 200 * time.Millisecond
			f := setUp(t, config)
			f.checkFlows(t)
			if err := c.remove(mustDial(t, config.URL), f); err != nil {
				t.Fatalf("delete the %s = %v; want nil", c.name, err)
			}
			f.checkFlows(t)
		})
	}
}

// Who has heard a queue says so when it is gone, and does not when only the
// connection was.
func TestAQueueThatIsGoneIsMourned(t *testing.T) {
	t.Parallel()
	const lament = "what it held is lost"
	broker := servertest.RabbitURL(t)
	config := configFor(t, broker)
	said := new(text)
	config.Log = slog.New(slog.NewTextHandler(said, nil))
	proxy, url := startProxy(t, broker)
	config.URL = url
	f := setUp(t, config)
	f.checkFlows(t)
	proxy.cut()
	f.checkFlows(t)
	if got := said.String(); strings.Contains(got, lament) {
		t.Errorf("log = %s; want nothing lamented", got)
	}
	if _, err := mustDial(t, broker).QueueDelete(f.hearer, false, false, false); err != nil {
		t.Fatalf("QueueDelete = %v; want nil", err)
	}
	f.checkFlows(t)
	if got := said.String(); !strings.Contains(got, lament) || !strings.Contains(got, "heard_until=") {
		t.Errorf("log = %s; want %q in it, and since when", got, lament)
	}
}

// A queue that is deleted under several replicas is made again by one of them,
// when none of them is on it any more: otherwise the broker would give messages
// to a consumer that does not get them.
func TestDeletedQueueKeepsNothingFromReplicas(t *testing.T) {
	t.Parallel()
	config := configFor(t, servertest.RabbitURL(t))
	config.Reassert = 100 * time.Millisecond
	replicas := []fixture{setUp(t, config), setUp(t, config), setUp(t, config)}
	if _, err := mustDial(t, config.URL).QueueDelete(replicas[0].hearer, false, false, false); err != nil {
		t.Fatalf("QueueDelete = %v; want nil", err)
	}
	missing := map[uuid.UUID]bool{}
	for _, m := range batch(60) {
		eventually(t, "publish", func() error {
			_, err := replicas[0].bus.Publish(t.Context(), []bus.Message{m})
			return err
		})
		missing[m.ID] = true
	}
	eventually(t, "hear", func() error {
		for _, f := range replicas {
			for _, d := range f.queue.Receive(10) {
				delete(missing, d.ID)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("%d have not come", len(missing))
		}
		return nil
	})
}

// Dead letters find their way even if their queue and exchange were deleted. One
// that finds none is kept, and tried again after three minutes (RabbitMQ's
// dead_letter_worker_publisher_confirm_timeout); the test is not so patient.
func TestDeadLettersHeal(t *testing.T) {
	t.Parallel()
	config := configFor(t, servertest.RabbitURL(t))
	config.Reassert = 200 * time.Millisecond
	f := setUp(t, config)
	ch := mustDial(t, config.URL)
	if _, err := ch.QueueDelete(bus.DeadName(f.hearer), false, false, false); err != nil {
		t.Fatalf("QueueDelete = %v; want nil", err)
	}
	if err := ch.ExchangeDelete(config.DeadExchange, false, false); err != nil {
		t.Fatalf("ExchangeDelete = %v; want nil", err)
	}
	eventually(t, "route a dead letter", func() error { return deadRoute(t, f) })
	m := bus.Message{ID: uuid.New(), Type: placed}
	if _, err := f.bus.Publish(t.Context(), []bus.Message{m}); err != nil {
		t.Fatalf("Publish = %v; want nil", err)
	}
	if err := f.queue.Reject(f.mustReceive(t, 1)[0]); err != nil {
		t.Fatalf("Reject = %v; want nil", err)
	}
	checkDeadLetters(t, f, 2)
}

// deadRoute sends a dead letter of its own, and returns nil if it has arrived.
func deadRoute(t *testing.T, f fixture) error {
	t.Helper()
	ch := mustDial(t, f.config.URL)
	if err := ch.Confirm(false); err != nil {
		return err
	}
	returned := ch.NotifyReturn(make(chan amqp.Return, 1))
	sent, err := ch.PublishWithDeferredConfirm(f.config.DeadExchange, f.hearer, true, false, amqp.Publishing{})
	if err != nil {
		return err
	}
	if !sent.Wait() || len(returned) > 0 {
		return errors.New("it has no way to go")
	}
	return nil
}

// checkDeadLetters waits until the queue of dead letters is there, and has so
// many.
func checkDeadLetters(t *testing.T, f fixture, want int) {
	t.Helper()
	eventually(t, "look at dead letters", func() error {
		// On a new channel each time, because it closes if there is no queue.
		q, err := mustDial(t, f.config.URL).QueueDeclarePassive(bus.DeadName(f.hearer), true, false, false, false, nil)
		if err == nil && q.Messages != want {
			err = fmt.Errorf("%d dead letters; want %d", q.Messages, want)
		}
		return err
	})
}

// A text is a log that is written and read at the same time.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *text) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *text) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// A queue that exists with other arguments is named in the log, with what to do
// about it, and once that is done the bus goes on by itself.
func TestMismatchIsNamedAndHeals(t *testing.T) {
	t.Parallel()
	config := configFor(t, servertest.RabbitURL(t))
	said := new(text)
	config.Log = slog.New(slog.NewTextHandler(said, nil))
	ch := mustDial(t, config.URL)
	hearer := config.Exchange + ".payment"
	if _, err := ch.QueueDeclare(hearer, true, false, false, false, nil); err != nil {
		t.Fatalf("QueueDeclare = %v; want nil", err)
	}
	f := setUp(t, config)
	for _, want := range []string{"queue " + hearer + ":", "other arguments", "delete it"} {
		if got := said.String(); !strings.Contains(got, want) {
			t.Errorf("log = %s; want %q in it", got, want)
		}
	}
	if _, err := ch.QueueDelete(hearer, false, false, false); err != nil {
		t.Fatalf("QueueDelete = %v; want nil", err)
	}
	f.checkFlows(t)
}

// So is an exchange of another type.
func TestExchangeOfAnotherTypeIsNamedAndHeals(t *testing.T) {
	t.Parallel()
	config := configFor(t, servertest.RabbitURL(t))
	said := new(text)
	config.Log = slog.New(slog.NewTextHandler(said, nil))
	ch := mustDial(t, config.URL)
	if err := ch.ExchangeDeclare(config.Exchange, amqp.ExchangeTopic, true, false, false, false, nil); err != nil {
		t.Fatalf("ExchangeDeclare = %v; want nil", err)
	}
	f := setUp(t, config)
	for _, want := range []string{"exchange " + config.Exchange + ":", "another type", "delete it"} {
		if got := said.String(); !strings.Contains(got, want) {
			t.Errorf("log = %s; want %q in it", got, want)
		}
	}
	if err := ch.ExchangeDelete(config.Exchange, false, false); err != nil {
		t.Fatalf("ExchangeDelete = %v; want nil", err)
	}
	f.checkFlows(t)
}

// All of one undertaking goes into one queue, and the queues share the rest.
func TestPartitionsByCorrelation(t *testing.T) {
	t.Parallel()
	config := configFor(t, servertest.RabbitURL(t))
	config.Partitions, config.Bundle = 3, 1 // so that each message is one
	f := setUp(t, config)
	if err := f.queue.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close = %v; want nil", err)
	}
	want := make([]int, 3)
	var said []bus.Message
	for i := range 60 {
		m := bus.Message{ID: uuid.New(), Type: placed, Correlation: fmt.Sprintf("undertaking-%d", i%10)}
		want[bus.Partition(m.Correlation, 3)]++
		said = append(said, m)
	}
	if _, err := f.bus.Publish(t.Context(), said); err != nil {
		t.Fatalf("Publish = %v; want nil", err)
	}
	ch := mustDial(t, config.URL)
	for i := range want {
		name := bus.QueueName(f.hearer, i, 3)
		eventually(t, "count "+name, func() error {
			if got := messagesInQueue(t, ch, name); got != want[i] {
				return fmt.Errorf("%d messages; want %d", got, want[i])
			}
			return nil
		})
	}
}

// What a stranger writes into our exchange is delivered with what is wrong with
// it, and can be set aside.
func TestStrangersMessagesAreTold(t *testing.T) {
	t.Parallel()
	f := onShared(t)
	ch := mustDial(t, f.config.URL)
	err := ch.PublishWithContext(t.Context(), f.config.Exchange, bus.RoutingKey(placed, 0), true, false, amqp.Publishing{
		ContentType: "text/html", Body: []byte("<html>"),
		Headers: amqp.Table{
			"orpheus_version": amqp.Table{"a": []any{int32(1), nil, true}},
			"cloudEvents_id":  int64(17), "traceparent": time.Unix(0, 0), "x": 1.5,
		},
	})
	if err != nil {
		t.Fatalf("PublishWithContext = %v; want nil", err)
	}
	d := f.mustReceive(t, 1)[0]
	if d.Err == nil || string(d.Body) != "<html>" {
		t.Errorf("received %q, error %v; want the body, and an error", d.Body, d.Err)
	}
	if err := f.queue.Reject(d); err != nil {
		t.Errorf("Reject = %v; want nil", err)
	}
	checkDeadLetters(t, f, 1)
	f.checkFlows(t)
}
