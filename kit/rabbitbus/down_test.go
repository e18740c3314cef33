package rabbitbus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

// recovery is how soon after the broker is back messages must flow.
const recovery = 5 * time.Second

func TestOpenRefusesAWrongConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]rabbitbus.Config{
		"no_url":              {},
		"no_such_scheme":      {URL: "http://user:secret@localhost/"},
		"no_such_port":        {URL: "amqp://user:secret@localhost:port/"},
		"too_many_partitions": {URL: "amqp://localhost/", Partitions: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := rabbitbus.Open(t.Context(), c)
			if err == nil {
				mustClose(t, b)
				t.Fatal("Open = nil; want an error")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("Open = %q; want it without the password", err)
			}
		})
	}
}

// With no broker there all calls return at once, and what was wished for comes
// true as soon as there is one.
func TestBrokerMayComeLater(t *testing.T) {
	t.Parallel()
	broker := servertest.RabbitURL(t)
	way, through := startProxy(t, broker)
	way.stop()
	config := configFor(t, through)
	var f fixture
	checkFast(t, "Subscribe without a broker", time.Second, func() { f = setUp(t, config) })
	checkFast(t, "Publish without a broker", time.Second, func() {
		n, err := f.bus.Publish(t.Context(), []bus.Message{{ID: uuid.New(), Type: placed}})
		if n != 0 || !errors.Is(err, bus.ErrDown) {
			t.Errorf("Publish without a broker = %d, %v; want 0, %v", n, err, bus.ErrDown)
		}
	})
	way.resume(t)
	if took := f.checkFlows(t); took > recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, recovery)
	}
}

// A bus that never had a broker can be closed all the same.
func TestCloseWithoutABroker(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	way.stop()
	f := setUp(t, configFor(t, through))
	checkFast(t, "Queue.Close", time.Second, func() {
		if err := f.queue.Close(t.Context()); err != nil {
			t.Errorf("Queue.Close = %v; want nil", err)
		}
	})
	checkFast(t, "Close", time.Second, func() { mustClose(t, f.bus) })
}

// A connection on which nothing is heard any more, though it stands, is given
// up once a confirm is overdue.
func TestSilentConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	config := configFor(t, through)
	config.ConfirmLimit = 300 * time.Millisecond
	f := setUp(t, config)
	f.checkFlows(t)
	way.deafen()
	checkFast(t, "Publish into silence", 2*time.Second, func() {
		_, err := f.bus.Publish(t.Context(), []bus.Message{{ID: uuid.New(), Type: placed}})
		if !errors.Is(err, bus.ErrDown) {
			t.Errorf("Publish into silence = %v; want %v", err, bus.ErrDown)
		}
	})
	// The other connection has nothing overdue but heartbeats.
	if took := f.checkFlows(t); took > 8*time.Second+recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, 8*time.Second+recovery)
	}
}

// A caller that does not want to wait need not, whatever the connection does.
func TestPublishIntoSilenceHeedsItsContext(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	f := setUp(t, configFor(t, through))
	f.checkFlows(t)
	way.deafen()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	checkFast(t, "Publish into silence", time.Second, func() {
		n, err := f.bus.Publish(ctx, batch(5000)) // more than may be on their way
		if n != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Publish into silence = %d, %v; want 0, %v", n, err, context.DeadlineExceeded)
		}
	})
	checkFast(t, "Close into silence", 3*time.Second, func() { mustClose(t, f.bus) })
}

// Close within a time that is too short for goodbyes cuts, and says so.
func TestCloseInNoTime(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	f := setUp(t, configFor(t, through))
	way.deafen()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	checkFast(t, "Close", 500*time.Millisecond, func() {
		if err := f.bus.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v; want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestCounts(t *testing.T) {
	t.Parallel()
	way, through := startProxy(t, servertest.RabbitURL(t))
	config := configFor(t, through)
	reader := metric.NewManualReader()
	config.Meter = metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	f := setUp(t, config)
	if _, err := f.bus.Publish(t.Context(), []bus.Message{{ID: uuid.New(), Type: "order.v1.Unheard"}}); !errors.Is(err, bus.ErrUnroutable) {
		t.Errorf("Publish = %v; want %v", err, bus.ErrUnroutable)
	}
	way.cut()
	f.checkFlows(t)
	got := counted(t, reader)
	if got["orpheus.bus.returned"] != 1 || got["orpheus.bus.reconnects"] < 1 {
		t.Errorf("counted %v; want 1 returned, and reconnects", got)
	}
}

// counted returns the sum of each counter.
func counted(t *testing.T, reader metric.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatalf("Collect = %v; want nil", err)
	}
	sums := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				sums[m.Name] += p.Value
			}
		}
	}
	return sums
}
