// Package bus carries facts from those who say them to those who hear them.
//
// What a bus promises:
//
//   - A message that Publish counts as confirmed has reached the queue of every
//     hearer that has ever subscribed to its type, and survives a restart of the
//     broker there.
//   - It is delivered at least once: until it is settled it comes again, after a
//     crash of the hearer, of the broker, or of the way between them.
//   - Hearers of one queue share it: each message goes to one of them at a time.
//   - What was published in order reaches each queue in order for the first time,
//     as far as it is of one stream and the broker takes it.
//
// What it does not promise is order of delivery, or that a message comes only
// once. Package inbox sees to the second, deciders tolerate the first.
//
// Messages of one type that are published together may travel together: then
// they go to the same hearer, and as long as one of them is not settled, those
// that are may come again with it. Each is settled by itself all the same, and
// one that cannot be read or is rejected takes no other with it.
//
// A fact that has no hearer at all is not confirmed but named as unroutable, so
// that a missing queue cannot swallow it; unless its sayer marks it as terminal.
package bus

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Exchange is the one place that all facts are published to.
const Exchange = "orpheus.facts"

// A Message is one fact on its way.
type Message struct {
	ID      uuid.UUID // of the event; the same however often it is sent
	Type    string    // full name of the body's kind, as in "order.v1.OrderPlaced"
	Subject string    // the stream it happened to
	Version int64     // its place in that stream
	Source  string    // the service that says it
	Body    []byte    // protobuf

	Time        time.Time // when it was recorded
	Correlation string    // what larger undertaking it belongs to; also picks the partition
	Causation   string    // id of the event or request that led to it
	Actor       string    // who asked for what led to it
	Trace       string    // W3C traceparent of its creation, or empty
	Replayed    bool      // it has been sent before, and is sent again on purpose

	// Terminal says that nobody need hear it: where no queue takes it, it counts
	// as delivered. It is for the sayer alone and does not travel.
	Terminal bool
}

// A Bus is a connection to the broker. Its methods may be called by many at a
// time.
type Bus interface {
	// Publish sends messages in order and waits until the broker has answered
	// for each, or ctx is done. The first n were confirmed and routed. If n is
	// less than len(messages), err says what became of message n; those after
	// it may have been sent as well, and must be sent again.
	Publish(ctx context.Context, messages []Message) (n int, err error)

	// Send is Publish without the wait, so that more can be sent while the
	// broker has yet to answer. It waits only for room on the way, no longer
	// than ctx. Messages must not be changed until Sent.Wait has returned.
	//
	// Nothing overtakes what has failed: once a Sent is not confirmed whole,
	// because of a message or of the connection, those sent after it fail as
	// well, if only with ErrBehind, until all that are out have been waited for.
	// What had left before the failure may have arrived.
	Send(ctx context.Context, messages []Message) Sent

	// Subscribe makes sure that the queue exists and gets what it asks for,
	// also while nobody listens, and returns a way to receive from it. A
	// connection that breaks is rebuilt by the bus; what was delivered on the
	// old one and not settled comes again.
	Subscribe(ctx context.Context, s Subscription) (Queue, error)

	// Close lets go of all connections, within the time of ctx.
	Close(ctx context.Context) error
}

// A Sent is a publication that is under way.
type Sent interface {
	// Wait waits until the broker has answered for each message, or ctx is
	// done, and returns what Publish would have. Each Sent must be waited for
	// once, in the order of sending, even if nobody cares any more.
	Wait(ctx context.Context) (n int, err error)
}

// A Subscription says what a hearer wants to hear.
type Subscription struct {
	Queue    string   // name of the hearer, as in "payment"
	Types    []string // full names of the facts it hears
	Prefetch int      // how many unsettled messages it holds at most; 256 by default
}

// A Queue is one hearer's end of a queue.
type Queue interface {
	// Receive returns what has arrived, up to limit, without waiting.
	Receive(limit int) []Delivery

	// Arrived returns a channel that is closed once Receive has something to
	// return, and when the queue is closed.
	Arrived() <-chan struct{}

	// Ack settles deliveries: once the broker has heard of it, and of the others
	// that travelled with them, they never come again. Nothing tells when it has; an ack that is lost on the way is a
	// delivery that comes again. So does one of a connection that has since
	// broken, which is why its ack is passed over.
	Ack(deliveries ...Delivery) error

	// Reject sets a delivery aside for people to look at: it goes to the dead
	// letters of the queue, and is settled once it is there. If the connection
	// breaks before, it comes again, and may be there twice.
	Reject(d Delivery) error

	// Close stops the flow of deliveries. Those already received may still be
	// settled until the bus closes; others go back to the broker.
	Close(ctx context.Context) error
}

// A Waiter is a Queue that can say how much waits for it. Not every queue is one.
type Waiter interface {
	// Waiting returns how many messages wait at the broker for a hearer of this
	// queue to take them, as the broker counts: what travels together may count
	// as one. It is for people who look, not for work.
	Waiting(ctx context.Context) (int64, error)
}

// A Delivery is a message as it arrived.
type Delivery struct {
	Message
	// Err is set if what arrived cannot be read as a message at all; Message
	// then holds what could be made out. It is an ErrUnfit if more came than fits
	// a message: then only Reject keeps all of it.
	Err error
	// Redelivered is the broker's word that it may have been delivered before.
	// It is a hint, not a truth.
	Redelivered bool
	// Epoch and Tag are for the driver: which connection it came on, and its
	// name there.
	Epoch, Tag uint64
}

// What can go wrong with a publication, besides the errors of ctx.
var (
	// ErrUnroutable says that no queue takes this type. It stays in the log of
	// its sayer until one does.
	ErrUnroutable = errors.New("no queue takes this type")
	// ErrRefused says that the broker would not take the message.
	ErrRefused = errors.New("broker refused the message")
	// ErrBlocked says that the broker takes no messages for now, being short
	// of memory or disk.
	ErrBlocked = errors.New("broker is blocked")
	// ErrDown says that there is no connection to the broker at present.
	ErrDown = errors.New("no connection to the broker")
	// ErrBehind says that messages were not sent because some that were sent
	// before them have failed and nobody has waited for those yet.
	ErrBehind = errors.New("behind messages that have failed")
	// ErrClosed says that the bus was closed.
	ErrClosed = errors.New("bus is closed")
)

// Owner returns the service that alone may say facts of a type: the first part of
// the type's name.
func Owner(messageType string) string {
	owner, _, _ := strings.Cut(messageType, ".")
	return owner
}

// RoutingKey returns the name under which a message of a type travels, when its
// correlation falls into a partition.
func RoutingKey(messageType string, partition int) string {
	return messageType + "." + strconv.Itoa(partition)
}

// Partition returns which of n partitions a correlation falls into. All that
// belongs to one undertaking falls into the same one.
func Partition(correlation string, n int) int {
	if n == 1 {
		return 0 // as nearly always
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(correlation))       // a hash never fails to write
	return int(uint64(h.Sum32()) % uint64(n)) //nolint:gosec // n is positive and small
}

// QueueName returns the name of a hearer's queue for one of n partitions. With
// a single partition it is the hearer's own name.
func QueueName(hearer string, partition, n int) string {
	if n == 1 {
		return hearer
	}
	return fmt.Sprintf("%s.%d", hearer, partition)
}

// DeadName returns the name of the queue that holds a hearer's dead letters.
func DeadName(hearer string) string { return hearer + ".dead" }
