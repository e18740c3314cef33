// Package scene is the plan of a bench: what is measured, in which order, under
// which load. Each scenario is one function in a file of its own.
//
// A bench goes through its scenarios as often as runs are wanted, so that what is
// compared is measured in turns, and a machine that becomes slower in the course
// of an hour does so for everybody. Each measurement is kept as soon as it is
// there: who interrupts a bench has all that was finished.
package scene

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// A Scene is one scenario.
type Scene struct {
	Name string
	Says string // what it is about, in a line
	run  func(ctx context.Context, b *Bench) error
}

// Scenes returns all scenarios, in the order in which they are played. Parts come
// after the comparison: the bare commit is measured at the rates found there.
func Scenes() []Scene {
	return []Scene{
		{"compare", "peer, single and bundled: at saturation, half of it, 50/s, half the peer's best", compare},
		{"parts", "what PostgreSQL, RabbitMQ, gRPC and protobuf can do by themselves", parts},
		{"hot", "every order asks for the same item, against a thousand items", hot},
		{"lines", "orders of 20 lines", lines},
		{"replicas", "1, 2 and 3 replicas of each service", replicas},
		{"backlog", "10,000 orders that were placed while the broker was down", backlog},
		{"log", "an empty log, and one of 5,000,000 events", longLog},
		{"embedded", "the shop in one process: on files that wait for the disk, and in memory", embedded},
		{"start", "from the start of the programs to the first delivered order", start},
		{"idle", "what the shop uses when nobody orders", idle},
	}
}

// A Bench is a plan, and what was measured of it so far. All fields are required.
type Bench struct {
	Plan    result.Plan
	Modes   []result.Mode // of the comparison
	Bin     string        // where the daemons were built
	Program string        // this program
	Out     string        // where the results are kept
	Results *result.File
	Say     func(line string)

	round int
}

// Quantities that differ between a bench and its short form.
type quantities struct {
	items int // that orders are spread over
	// How many orders are under way at saturation: enough for every commit and
	// every bundle to be full, and for none to wait for the generator. The peer's
	// handlers take one message each: more orders would only wait in its queues.
	// The shop in one process needs no round trips.
	window, peerWindow, boxWindow int
	backlog                       int
	events                        int64 // in the long log
	idle                          time.Duration
	part                          time.Duration // for which each part is measured
	verify                        int           // orders that are read whole, at most
}

// How many events the long log holds before it is measured.
const (
	Events      = 5_000_000
	QuickEvents = 50_000
)

func (b *Bench) quantities() quantities {
	if b.Plan.Quick {
		return quantities{
			items: 50, window: 100, peerWindow: 50, boxWindow: 100,
			backlog: 200, events: QuickEvents, idle: 2 * time.Second, part: 500 * time.Millisecond, verify: 500,
		}
	}
	return quantities{
		items: 1000, window: 2000, peerWindow: 200, boxWindow: 1000,
		backlog: 10_000, events: Events, idle: time.Minute, part: 10 * time.Second, verify: 20_000,
	}
}

// Run plays all scenarios as often as is planned, and keeps the results.
func (b *Bench) Run(ctx context.Context) error {
	b.describe()
	for b.round = 1; b.round <= b.Plan.Runs; b.round++ {
		for _, s := range Scenes() {
			if len(b.Plan.Only) > 0 && !slices.Contains(b.Plan.Only, s.Name) {
				continue
			}
			b.Say(fmt.Sprintf("round %d of %d: %s", b.round, b.Plan.Runs, s.Name))
			if err := s.run(ctx, b); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	return b.save()
}

// describe notes what everything runs with.
func (b *Bench) describe() {
	b.Results.Plan = b.Plan
	b.Results.Settings = map[result.Mode]map[string]string{
		result.Single: stand.Settings(result.Single), result.Bundled: stand.Settings(result.Bundled), result.Peer: stand.PeerSettings(),
	}
	b.Results.Servers = map[string]string{"fsync": "on", "synchronous_commit": "on"}
	for _, settings := range []map[string]string{stand.PostgresSettings(), stand.RabbitSettings()} {
		maps.Copy(b.Results.Servers, settings)
	}
}

func (b *Bench) save() error {
	b.Results.Ended = time.Now().UTC()
	return b.Results.Save(b.Out)
}

// time keeps what was timed.
func (b *Bench) time(scene string, mode result.Mode, values map[string]float64) error {
	b.Results.Timing = append(b.Results.Timing, result.Timing{Scene: scene, Mode: mode, Round: b.round, Values: values})
	var said []string
	for name, v := range values {
		said = append(said, fmt.Sprintf("%s %.4g", name, v))
	}
	slices.Sort(said)
	b.Say("  " + scene + ": " + strings.Join(said, ", "))
	return b.save()
}

// shop opens our daemons, has f work with them, and closes them.
func (b *Bench) shop(ctx context.Context, mode result.Mode, replicas int, f func(*stand.Stand) error) error {
	s, err := stand.OpenShop(ctx, mode, b.Bin, replicas)
	return with(s, err, f)
}

// with has f work with a stand that was opened, and closes it.
func with(s *stand.Stand, err error, f func(*stand.Stand) error) error {
	if err != nil {
		return err
	}
	err = f(s)
	if closing := s.Close(); err == nil {
		err = closing
	}
	return err
}
