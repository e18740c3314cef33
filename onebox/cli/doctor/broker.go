package doctor

import (
	"context"
	"fmt"
	"net"

	"orpheus.example/kit/rabbitbus"
)

// oldestBroker is the oldest whose quorum queues hand on dead letters safely.
const oldestBroker = "3.10"

// broker looks at the broker's version, and at every queue that a service needs.
func (d *doctor) broker(ctx context.Context) {
	if d.Broker == "" {
		return
	}
	var found rabbitbus.Inspection
	err := d.within(ctx, func(ctx context.Context) (err error) {
		found, err = rabbitbus.Inspect(rabbitbus.Config{URL: d.Broker, Partitions: d.Partitions}, dialer(ctx), d.Hearers)
		return err
	})
	if err != nil {
		d.say("broker", Missing, line(err), "see that it runs, and that the URL is right; facts wait in the logs of their services meanwhile")
		return
	}
	if older(found.Version, oldestBroker) {
		d.say("broker", Bad, found.Product+" "+found.Version, "use RabbitMQ 3.10 or later: earlier ones lose dead letters on their way")
	} else {
		d.say("broker", Fine, found.Product+" "+found.Version, "")
	}
	for _, q := range found.Queues {
		d.queue(q)
	}
}

// queue says how it is with one queue.
func (d *doctor) queue(q rabbitbus.InspectedQueue) {
	part := "queue " + q.Name
	switch {
	case q.Missing && q.Dead:
		d.say(part, Bad, "is not there, so rejected messages stay where they are", "start the service, which makes it")
	case q.Missing:
		d.say(part, Bad, "is not there: what is said now, it will not hear", "start every service once before the first order")
	case q.Drift != nil:
		d.say(part, Bad, line(q.Drift), "drain it, delete it, and the service makes it anew")
	case q.Dead && q.Messages > 0:
		d.say(part, Bad, fmt.Sprintf("holds %d dead letters", q.Messages), "see what they are, and replay or discard them")
	case q.Dead:
		d.say(part, Fine, "no dead letters", "")
	case q.Consumers == 0:
		d.say(part, Bad, fmt.Sprintf("nobody hears it; %d messages wait", q.Messages), "start the service")
	default:
		d.say(part, Fine, fmt.Sprintf("heard by %d, %d messages wait", q.Consumers, q.Messages), "")
	}
}

// dialer makes connections that end with ctx, whatever is asked on them.
func dialer(ctx context.Context) func(network, address string) (net.Conn, error) {
	return func(network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		// The handshake has to be over by then; the library sets deadlines of
		// its own after it.
		if deadline, ok := ctx.Deadline(); ok {
			err = conn.SetDeadline(deadline)
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() }) // a look takes no longer
		return conn, err
	}
}

// older compares versions by their first two numbers. What is not a version is
// not older: there is no telling.
func older(version, least string) bool {
	var a, b, c, d int
	if n, _ := fmt.Sscanf(version, "%d.%d", &a, &b); n < 2 {
		return false
	}
	_, _ = fmt.Sscanf(least, "%d.%d", &c, &d) // our own, and a version
	return a < c || a == c && b < d
}
