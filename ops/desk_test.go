package ops_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/membus"
	"orpheus.example/kit/memlog"
	"orpheus.example/kit/outbox"
	"orpheus.example/kit/rpc"
	"orpheus.example/ops"
)

// patience is how long something that must happen may take.
const patience = time.Minute

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// An office is a service that only says, its desk, and somebody who hears it.
type office struct {
	opsv1.OpsServiceClient
	store  eventlog.Store
	broker *membus.Broker
	way    bus.Bus
	relay  *outbox.Step
	queue  bus.Queue
}

func says(kind string) bool { return kind == "v1.Said" || kind == "v1.Told" }

func open(t *testing.T) *office {
	t.Helper()
	broker, err := membus.Open(membus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{store: memlog.New(time.Now), broker: broker, way: broker.Connect("talker")}
	o.queue = o.hear(t, "hearer", "v1.Said", "v1.Told")
	o.relay = outbox.New(outbox.Config{
		Name: "talker", Store: o.store, Bus: o.way, Holder: "one", Now: time.Now, Says: says, Inline: true,
	})
	o.OpsServiceClient = opsv1.NewOpsServiceClient(serve(t, ops.New(ops.Config{
		Name: "talker", Store: o.store, Bus: o.way, Now: func() time.Time { return noon }, Steps: []loop.Step{o.relay}, Says: says,
	})))
	return o
}

func (o *office) hear(t *testing.T, queue string, types ...string) bus.Queue {
	t.Helper()
	q, err := o.broker.Connect(queue).Subscribe(t.Context(), bus.Subscription{Queue: queue, Types: types, Prefetch: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// serve serves a desk as a service does, without a port.
func serve(t *testing.T, d *ops.Desk) *grpc.ClientConn {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := rpc.NewServer(rpc.Config{Name: "talker", Table: rpc.StoreRows()})
	d.Register(s)
	go func() { _ = s.Serve(l) }() // ends with the server
	conn, err := grpc.NewClient("passthrough:///desk", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.Stop(ctx)
	})
	return conn
}

// keep adds an event to the end of a stream, recorded at a time.
func (o *office) keep(t *testing.T, stream, kind string, at time.Time) {
	t.Helper()
	past, err := o.store.ReadStream(t.Context(), stream, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(past))
	outcomes, err := o.store.Append(t.Context(), []eventlog.Unit{{
		Expect: []eventlog.Expect{{Stream: stream, Version: n}},
		Events: []eventlog.Record{{
			Stream: stream, Version: n + 1, ID: uuid.New(), Type: kind, Schema: 1, Time: at,
			Correlation: stream, Trace: fmt.Sprintf("trace of %s/%d", stream, n+1),
		}},
	}})
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
}

// relayAll has the relay say all there is.
func (o *office) relayAll(t *testing.T) {
	t.Helper()
	if err := loop.Until(t.Context(), o.relay); err != nil {
		t.Fatal(err)
	}
}

// heard returns what has come since it was last asked, as "stream/version", with
// a star if it was said again on purpose.
func (o *office) heard(t *testing.T) []string {
	t.Helper()
	var all []string
	for got := o.queue.Receive(100); len(got) > 0; got = o.queue.Receive(100) {
		for _, d := range got {
			name := fmt.Sprintf("%s/%d", d.Subject, d.Version)
			if d.Trace != "trace of "+name {
				t.Errorf("%s came with trace %q; want its own", name, d.Trace)
			}
			if d.Replayed {
				name += "*"
			}
			all = append(all, name)
		}
		if err := o.queue.Ack(got...); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
