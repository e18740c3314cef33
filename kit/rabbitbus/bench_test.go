package rabbitbus_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
)

const (
	benchBatch = 256
	benchBody  = 600
	benchUnder = 4 // publications under way at a time

	benchRounds = 3 // in which all that is compared takes turns
)

// BenchmarkBus publishes in batches of 256 facts of 600 bytes, four of them under
// way at a time, and hears and settles all of it. It tells facts per second and,
// since that depends on what else runs, the CPU of the broker and of this process
// in microseconds per fact. One op is one batch. All take turns:
//
//	go test ./rabbitbus -run '^$' -bench Bus -benchtime 200x
func BenchmarkBus(b *testing.B) {
	broker := startMeter(b)
	for range benchRounds {
		for _, fan := range []int{1, 3} {
			for _, bundle := range []int{1, 16, 64} {
				b.Run(fmt.Sprintf("fan=%d/bundle=%d", fan, bundle), func(b *testing.B) {
					broker.measure(b, fan, func(c *rabbitbus.Config) { c.Bundle = bundle })
				})
			}
		}
		for _, window := range []int{64, 256, 4096} {
			b.Run(fmt.Sprintf("fan=1/bundle=1/window=%d", window), func(b *testing.B) {
				broker.measure(b, 1, func(c *rabbitbus.Config) { c.Bundle, c.Window = 1, window })
			})
		}
	}
}

// A meter is a broker the CPU of which can be read.
type meter struct {
	url string
	pid string
}

func startMeter(b *testing.B) meter {
	b.Helper()
	rabbit := servertest.Rabbit(b)
	pid, err := rabbit.Ctl(b.Context(), "eval", "os:getpid().")
	if err != nil {
		b.Fatal(err)
	}
	return meter{url: rabbit.URL(), pid: strings.Trim(strings.TrimSpace(pid), `"`)}
}

// cpu returns how long a process has been running on a processor.
func cpu(b *testing.B, pid string) time.Duration {
	b.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		b.Skip("needs /proc")
	}
	// What is in parentheses may hold spaces; user and system time are the 12th
	// and 13th after it, in hundredths of a second (proc(5)).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f) // the kernel wrote it
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// report tells what facts have cost since the timer was reset.
func (m meter) report(b *testing.B, facts int, broker, client time.Duration) {
	b.ReportMetric(float64(facts)/b.Elapsed().Seconds(), "facts/s")
	b.ReportMetric(float64((cpu(b, m.pid)-broker).Microseconds())/float64(facts), "beam-us/fact")
	b.ReportMetric(float64((cpu(b, "self")-client).Microseconds())/float64(facts), "go-us/fact")
}

func (m meter) measure(b *testing.B, fan int, with func(*rabbitbus.Config)) {
	config := configFor(b, m.url)
	with(&config)
	on := mustOpen(b, config)
	defer on.Close(b.Context())
	var hearing sync.WaitGroup
	for i := range fan {
		q, err := on.Subscribe(b.Context(), bus.Subscription{
			Queue: fmt.Sprintf("%s.%d", config.Exchange, i), Types: []string{placed},
		})
		if err != nil {
			b.Fatalf("Subscribe = %v; want nil", err)
		}
		hearing.Go(func() { hearAll(b, q, b.N*benchBatch) })
	}
	said := batch(benchBatch)
	broker, client := cpu(b, m.pid), cpu(b, "self")
	b.ResetTimer()
	var under []bus.Sent
	for range b.N {
		under = append(under, on.Send(b.Context(), said))
		if len(under) == benchUnder {
			mustWait(b, under[0])
			under = under[1:]
		}
	}
	for _, s := range under {
		mustWait(b, s)
	}
	hearing.Wait()
	m.report(b, b.N*benchBatch, broker, client)
}

func mustWait(b *testing.B, s bus.Sent) {
	b.Helper()
	if n, err := s.Wait(b.Context()); err != nil {
		b.Fatalf("Wait = %d, %v; want nil", n, err)
	}
}

// batch returns n facts of different streams.
func batch(n int) []bus.Message {
	all := make([]bus.Message, n)
	for i := range all {
		id := uuid.New()
		all[i] = bus.Message{
			ID: id, Type: placed, Subject: "order-" + id.String(), Version: 1, Source: "order",
			Time: time.Now(), Correlation: id.String(), Causation: id.String(), Actor: "customer:1",
			Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Body: make([]byte, benchBody),
		}
	}
	return all
}

// hearAll receives and settles n deliveries.
func hearAll(b *testing.B, q bus.Queue, n int) {
	for n > 0 {
		<-q.Arrived()
		got := q.Receive(256)
		if err := q.Ack(got...); err != nil {
			b.Errorf("Ack = %v; want nil", err)
			return
		}
		n -= len(got)
	}
}

// BenchmarkExchange publishes to an exchange of either kind that 36 keys are
// bound to, one queue for each four, and hears nothing: what differs is routing.
func BenchmarkExchange(b *testing.B) {
	broker := startMeter(b)
	for range benchRounds {
		for _, kind := range []string{amqp.ExchangeTopic, amqp.ExchangeDirect} {
			b.Run(kind, func(b *testing.B) { broker.route(b, kind) })
		}
	}
}

func (m meter) route(b *testing.B, kind string) {
	conn, err := amqp.Dial(m.url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		b.Fatal(err)
	}
	exchange := servertest.Prefix(b) + kind
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(ch.ExchangeDeclare(exchange, kind, true, false, false, false, nil))
	for i := range 36 {
		queue := fmt.Sprintf("%s.%d", exchange, i/4)
		_, err := ch.QueueDeclare(queue, true, false, false, false, amqp.Table{"x-queue-type": "quorum", "x-max-length": int64(1000)})
		must(err)
		must(ch.QueueBind(queue, fmt.Sprintf("order.v1.OrderPlaced%d.0", i), exchange, false, nil))
	}
	must(ch.Confirm(false))
	broker, client := cpu(b, m.pid), cpu(b, "self")
	b.ResetTimer()
	var under []*amqp.DeferredConfirmation
	for i := range b.N * benchBatch {
		c, err := ch.PublishWithDeferredConfirm(exchange, fmt.Sprintf("order.v1.OrderPlaced%d.0", i%36), true, false, amqp.Publishing{
			DeliveryMode: amqp.Persistent, Body: make([]byte, benchBody),
		})
		must(err)
		if under = append(under, c); len(under) == benchBatch {
			under[0].Wait()
			under = under[1:]
		}
	}
	for _, c := range under {
		c.Wait()
	}
	m.report(b, b.N*benchBatch, broker, client)
}
