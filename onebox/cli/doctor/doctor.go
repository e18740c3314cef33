// Package doctor looks at a shop and the machine it runs on, and says what is
// missing, out of reach or set in a way that will hurt, and what to do about it.
//
// It only looks. The one thing it asks of a broker beyond looking, whether a
// queue has the arguments that it should have, is asked of queues that exist, on
// a channel that is thrown away; nothing is made or changed by it.
package doctor

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// A Level says how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"
	Note    Level = "note"    // worth knowing; nothing has to be done
	Bad     Level = "BAD"     // will hurt
	Missing Level = "MISSING" // cannot be reached
)

// A Finding is one thing that was looked at.
type Finding struct {
	// Part is what it is about, as in "order" or "broker".
	Part string `json:"part"`
	// Level is how bad it is.
	Level Level `json:"level"`
	// What was found.
	What string `json:"what"`
	// Do is what to do about it; empty if nothing.
	Do string `json:"do,omitempty"`
}

// A Config says what to look at. What is left out is not looked at.
type Config struct {
	// Services are the addresses of gRPC servers, by name.
	Services map[string]string
	// Sandbox is the URL of the sandboxes.
	Sandbox string
	// Broker is the URL of the broker.
	Broker string
	// Hearers are whose queues must be there.
	Hearers []string
	// Partitions is how many queues each hearer has; 1 by default.
	Partitions int
	// Databases are the URLs of databases, by name.
	Databases map[string]string
	// Patience is how long each answer may take; 5 s by default.
	Patience time.Duration
	// Now is the time; time.Now by default.
	Now func() time.Time
	// LookPath finds an installed program; exec.LookPath by default.
	LookPath func(string) (string, error)
	// Transport carries the calls to Sandbox; http.DefaultTransport by default.
	Transport http.RoundTripper
}

// Examine looks at everything, one thing after the other, and returns what it
// found in the order in which a person should read it.
func Examine(ctx context.Context, c Config) []Finding {
	c = c.complete()
	d := &doctor{Config: c}
	d.installed()
	d.services(ctx)
	d.sandbox(ctx)
	d.broker(ctx)
	d.databases(ctx)
	return d.found
}

// A doctor is one examination.
type doctor struct {
	Config

	found []Finding
}

func (d *doctor) say(part string, level Level, what, do string) {
	d.found = append(d.found, Finding{part, level, what, do})
}

// within calls f with a context that ends when the answer has taken too long.
func (d *doctor) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.Patience)
	defer cancel()
	return f(ctx)
}

// skew is how far two clocks may be apart. Deadlines of orders are minutes, and
// the leases of replicas take the database's time.
const skew = 5 * time.Second

// clock compares somebody's clock with ours. The answer was on its way for a
// while, and exact is how exactly it tells the time.
func (d *doctor) clock(part string, asked, theirs time.Time, exact time.Duration) {
	answered := d.Now()
	switch early, late := asked.Sub(theirs)-exact, theirs.Sub(answered); {
	case early > skew:
		d.say(part, Bad, "its clock is "+early.Round(time.Second).String()+" behind ours", "synchronise the clocks (NTP); deadlines of orders are set by one and read by the other")
	case late > skew:
		d.say(part, Bad, "its clock is "+late.Round(time.Second).String()+" ahead of ours", "synchronise the clocks (NTP); deadlines of orders are set by one and read by the other")
	default:
		d.say(part, Fine, "its clock agrees with ours", "")
	}
}

// line returns an error in one line.
func line(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
