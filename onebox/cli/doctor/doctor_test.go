package doctor_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/onebox/cli/doctor"
)

// check sees that a finding about part says what is wanted, at that level.
func check(t *testing.T, found []doctor.Finding, part string, level doctor.Level, what string) {
	t.Helper()
	for _, f := range found {
		if f.Part == part && f.Level == level && strings.Contains(f.What, what) {
			if level != doctor.Fine && f.Do == "" {
				t.Errorf("%s: %s, and nothing to do about it", part, f.What)
			}
			return
		}
	}
	t.Errorf("nothing of %s is %s and says %q:\n%v", part, level, what, found)
}

func TestBrokerIsExamined(t *testing.T) {
	t.Parallel()
	url, fine, drifted := servertest.RabbitURL(t), servertest.Prefix(t)+"fine", servertest.Prefix(t)+"drifted"
	hear(t, url, fine)
	declare(t, url, drifted)
	found := doctor.Examine(t.Context(), doctor.Config{Broker: url, Hearers: []string{fine, drifted}, Patience: 30 * time.Second})
	check(t, found, "broker", doctor.Fine, "RabbitMQ")
	check(t, found, "queue "+fine, doctor.Fine, "heard by 1, 0 messages wait")
	check(t, found, "queue "+fine+".dead", doctor.Fine, "no dead letters")
	check(t, found, "queue "+drifted, doctor.Bad, "other arguments")
	check(t, found, "queue "+drifted+".dead", doctor.Bad, "is not there")
}

// hear makes the queue of a hearer as a service does, and hears it.
func hear(t *testing.T, url, hearer string) {
	t.Helper()
	b, err := rabbitbus.Open(t.Context(), rabbitbus.Config{URL: url, Source: "doctor"})
	if err != nil {
		t.Fatal(err)
	}
	over := context.WithoutCancel(t.Context())
	t.Cleanup(func() { _ = b.Close(over) }) // the test has seen what it wanted
	q, err := b.Subscribe(t.Context(), bus.Subscription{Queue: hearer, Types: []string{"doctor.v1.Looked"}, Prefetch: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close(over) }) // likewise
}

// declare makes a queue as no service does.
func declare(t *testing.T, url, name string) {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	const durable, kept = true, false
	if _, err := ch.QueueDeclare(name, durable, kept, kept, kept, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(url, name) })
}

// drop leaves nothing behind on a broker that is not ours alone.
func drop(url, name string) {
	conn, err := amqp.Dial(url)
	if err != nil {
		return
	}
	defer conn.Close()
	if ch, err := conn.Channel(); err == nil {
		_, _ = ch.QueueDelete(name, false, false, false)
	}
}

func TestDatabaseIsExamined(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	found := doctor.Examine(t.Context(), doctor.Config{Patience: 30 * time.Second, Databases: map[string]string{
		"sound": url, "careless": url + separator + "synchronous_commit=off",
	}})
	check(t, found, "database sound", doctor.Fine, "PostgreSQL")
	check(t, found, "database sound", doctor.Fine, "clock agrees")
	check(t, found, "database sound", doctor.Fine, "synchronous_commit is")
	check(t, found, "database careless", doctor.Bad, "synchronous_commit is off")
}

// TestClocksApartAreFound has the sandbox answer from the past and the future.
func TestClocksApartAreFound(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		off   time.Duration
		level doctor.Level
		what  string
	}{
		"same":   {0, doctor.Fine, "agrees"},
		"behind": {-time.Hour, doctor.Bad, "behind ours"},
		"ahead":  {time.Hour, doctor.Bad, "ahead of ours"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := doctor.Examine(t.Context(), doctor.Config{Sandbox: "http://world", Transport: answering(time.Now().Add(one.off))})
			check(t, found, "sandbox", one.level, one.what)
		})
	}
}

// answering is a server whose clock stands at a time.
type answering time.Time

// RoundTrip answers anything.
func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	date := time.Time(a).UTC().Format(http.TimeFormat)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Date": {date}}, Body: http.NoBody}, nil
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	found := doctor.Examine(t.Context(), doctor.Config{
		Services: map[string]string{"order": nobody}, Sandbox: "http://" + nobody,
		Broker: "amqp://guest:secret@" + nobody + "/", Databases: map[string]string{"order": "postgres://order:secret@" + nobody + "/order"},
		LookPath: func(string) (string, error) { return "", errors.New("not there") },
	})
	check(t, found, "order", doctor.Missing, nobody)
	check(t, found, "sandbox", doctor.Note, "refused")
	check(t, found, "broker", doctor.Missing, "refused")
	check(t, found, "database order", doctor.Missing, "refused")
	check(t, found, "go", doctor.Note, "not installed")
	for _, f := range found {
		if strings.Contains(f.What+f.Do, "secret") {
			t.Errorf("%s shows a password: %s", f.Part, f.What)
		}
	}
}
