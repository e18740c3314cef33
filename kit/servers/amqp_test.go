package servers_test

import (
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What the bare booleans of amqp091 mean.
const (
	durable   = true  // the queue survives the broker
	keep      = false // and its last consumer
	open      = false // others may use it
	wait      = false // the answer is waited for
	mandatory = true  // no queue, no confirm
	immediate = false // not in use any more
	autoAck   = true  // taken is done
)

// mustOpen opens a channel that ends with the test.
func mustOpen(t *testing.T, url string) *amqp.Channel {
	t.Helper()
	c, err := amqp.Dial(url)
	if err != nil {
		t.Fatalf("Dial(%q) = %v; want nil", url, err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the broker may be gone by then
	ch, err := c.Channel()
	if err != nil {
		t.Fatalf("Channel() = %v; want nil", err)
	}
	return ch
}

// mustPublish puts "hello" into a durable quorum queue, and returns when the
// broker has said that it is safe.
func mustPublish(t *testing.T, url, queue string) {
	t.Helper()
	ch := mustOpen(t, url)
	args := amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum}
	if _, err := ch.QueueDeclare(queue, durable, keep, open, wait, args); err != nil {
		t.Fatalf("QueueDeclare(%q) = %v; want nil", queue, err)
	}
	if err := ch.Confirm(wait); err != nil {
		t.Fatalf("Confirm() = %v; want nil", err)
	}
	hello := amqp.Publishing{Body: []byte("hello"), DeliveryMode: amqp.Persistent}
	confirm, err := ch.PublishWithDeferredConfirm("", queue, mandatory, immediate, hello)
	if err != nil {
		t.Fatalf("Publish(%q) = %v; want nil", queue, err)
	}
	if ok, err := confirm.WaitContext(t.Context()); !ok || err != nil {
		t.Fatalf("confirm = %v, %v; want true, nil", ok, err)
	}
}

// mustGet takes one message from queue, if there is one.
func mustGet(t *testing.T, url, queue string) (amqp.Delivery, bool) {
	t.Helper()
	d, ok, err := mustOpen(t, url).Get(queue, autoAck)
	if err != nil {
		t.Fatalf("Get(%q) = %v; want nil", queue, err)
	}
	return d, ok
}
