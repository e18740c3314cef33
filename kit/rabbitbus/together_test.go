package rabbitbus_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/servers/servertest"
)

// Facts that are published together travel in one message; one alone travels as
// it always has.
func TestFactsTravelTogether(t *testing.T) {
	t.Parallel()
	f := onShared(t)
	ch := mustDial(t, f.config.URL)
	if err := f.queue.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close = %v; want nil", err)
	}
	for n, want := range map[int]struct {
		messages int
		kind     string
	}{
		1:   {1, "application/protobuf"},
		2:   {1, "application/cloudevents-batch+protobuf"},
		128: {2, "application/cloudevents-batch+protobuf"},
	} {
		if got, err := f.bus.Publish(t.Context(), batch(n)); err != nil {
			t.Fatalf("Publish(%d) = %d, %v; want nil", n, got, err)
		}
		var kinds []string
		for {
			d, ok, err := ch.Get(f.hearer, true)
			if err != nil {
				t.Fatalf("Get = %v; want nil", err)
			}
			if !ok {
				break
			}
			kinds = append(kinds, d.ContentType)
		}
		if !slices.Equal(kinds, slices.Repeat([]string{want.kind}, want.messages)) {
			t.Errorf("%d facts travel as %v; want %d of %s", n, kinds, want.messages, want.kind)
		}
	}
}

// A fact of a bundle that cannot be read is set aside as it came, alone, and the
// others are heard.
func TestUnreadableFactIsSetAsideAlone(t *testing.T) {
	t.Parallel()
	f := onShared(t)
	ch := mustDial(t, f.config.URL)
	// Two events, with an id each and a type; that of the second is no UUID.
	good := uuid.New().String()
	body := slices.Concat(event(good, placed), event("17", placed))
	err := ch.PublishWithContext(t.Context(), f.config.Exchange, placed+".0", true, false, amqp.Publishing{
		ContentType: "application/cloudevents-batch+protobuf", Body: body,
	})
	if err != nil {
		t.Fatalf("Publish = %v; want nil", err)
	}
	got := f.mustReceive(t, 2)
	if got[0].Err != nil || got[0].ID.String() != good || got[1].Err == nil {
		t.Fatalf("received %+v; want one fact and one that cannot be read", got)
	}
	if err := f.queue.Reject(got[1]); err != nil {
		t.Fatalf("Reject = %v; want nil", err)
	}
	dead := mustGet(t, ch, bus.DeadName(f.hearer))
	if want := event("17", placed); !slices.Equal(dead.Body, want) || dead.ContentType != "application/cloudevents-batch+protobuf" {
		t.Errorf("dead letter is %s of %x; want a bundle of %x", dead.ContentType, dead.Body, want)
	}
	if dead.Headers["x-first-death-queue"] != f.hearer || dead.Headers["x-first-death-reason"] != "rejected" {
		t.Errorf("dead letter has headers %v; want its first death", dead.Headers)
	}
	if err := f.queue.Ack(got[0]); err != nil {
		t.Fatalf("Ack = %v; want nil", err)
	}
	f.checkFlows(t)
}

// event is a CloudEvent in a batch, of an id and a type.
func event(id, kind string) []byte {
	e := append([]byte{1<<3 | 2, byte(len(id))}, id...)
	e = append(append(e, 4<<3|2, byte(len(kind))), kind...)
	return append([]byte{1<<3 | 2, byte(len(e))}, e...)
}

// mustGet takes the next message of a queue, as soon as there is one.
func mustGet(t *testing.T, ch *amqp.Channel, queue string) amqp.Delivery {
	t.Helper()
	var got amqp.Delivery
	eventually(t, "get", func() error {
		d, ok, err := ch.Get(queue, true)
		if err != nil || !ok {
			return errors.Join(err, errors.New("nothing is there"))
		}
		got = d
		return nil
	})
	return got
}

// As long as a rejected fact has no place among the dead letters it is not
// settled, so its bundle comes again after a break.
func TestRejectedIsSettledOnlyOnceItIsSetAside(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	f := setUp(t, configFor(t, through))
	ch := mustDial(t, servertest.RabbitURL(t))
	if _, err := ch.QueueDelete(bus.DeadName(f.hearer), false, false, false); err != nil {
		t.Fatalf("QueueDelete = %v; want nil", err)
	}
	said := batch(3)
	if _, err := f.bus.Publish(t.Context(), said); err != nil {
		t.Fatalf("Publish = %v; want nil", err)
	}
	got := f.mustReceive(t, 3)
	if err := f.queue.Reject(got[0]); err != nil {
		t.Fatalf("Reject = %v; want nil", err)
	}
	if err := f.queue.Ack(got[1:]...); err != nil {
		t.Fatalf("Ack = %v; want nil", err)
	}
	way.cut() // on the way back the queue of the dead letters is declared again
	again := f.mustReceive(t, 3)
	if again[0].ID != got[0].ID || !again[0].Redelivered {
		t.Errorf("received %s again; want %s", again[0].ID, got[0].ID)
	}
	if err := f.queue.Reject(again[0]); err != nil {
		t.Fatalf("Reject = %v; want nil", err)
	}
	if dead := mustGet(t, ch, bus.DeadName(f.hearer)); dead.MessageId != said[0].ID.String() {
		t.Errorf("dead letter is %s; want %s", dead.MessageId, said[0].ID)
	}
}
