// Package scene is the plan of a bench: what is measured, in which order, under
// which load. Each scenario is one function in a file of its own.
//
// A bench goes through its scenarios as often as runs are wanted, so that what is
// compared is measured in turns, and a machine that becomes slower in the course
// of an hour does so for everybody. Each measurement is kept as soon as it is
// there, and counts once the books of its stand agree: who interrupts a bench has
// all that was finished, and a piece that fails costs no other.
package scene

import (
	"context"
	"errors"
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
	// brief says in which rounds of a brief bench it is played, as far as there
	// are so many; always the last of them if there are fewer.
	brief  []int
	pieces func(b *Bench) []piece
}

// A piece is a part of a scenario that stands by itself, and so may fail by
// itself. It opens one stand at most.
type piece struct {
	what  string        // empty if it is all of the scenario
	takes time.Duration // about
	run   func(ctx context.Context) error
}

// Scenes returns all scenarios, in the order in which they are played. Parts come
// after the comparison: the bare commit is measured at the rates found there.
func Scenes() []Scene {
	return []Scene{
		{"compare", "peer, single and bundled: at saturation, half of it, 50/s, half the peer's best", []int{1, 2, 3}, compare},
		{"parts", "what PostgreSQL, RabbitMQ, gRPC and protobuf can do by themselves", []int{1}, parts},
		{"hot", "every order asks for the same item, against a thousand items", []int{1}, hot},
		{"embedded", "the shop in one process: on files that wait for the disk, and in memory", []int{1}, embedded},
		{"idle", "what the shop uses when nobody orders", []int{1}, idle},
		{"start", "from the start of the programs to the first delivered order", []int{2}, start},
		{"backlog", "10,000 orders that were placed while the broker was down", []int{2}, backlog},
		{"replicas", "1, 2 and 3 replicas of each service", []int{2}, replicas},
		{"lines", "orders of 20 lines", []int{2}, lines},
		{"log", "an empty log, and one of millions of events", []int{2}, longLog},
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

	begun time.Time
	round int
	stand int // counts pieces, each of which has one
}

// Run plays all scenarios as often as is planned, and keeps the results. What
// fails is noted, and the rest goes on without it; the error is that of ctx, or
// of what cannot be kept.
func (b *Bench) Run(ctx context.Context) error {
	b.begun = time.Now()
	b.describe()
	b.Say(fmt.Sprintf("%d rounds, about %s", b.Plan.Runs, b.Takes().Round(time.Minute)))
	for b.round = 1; b.round <= b.Plan.Runs; b.round++ {
		for _, s := range Scenes() {
			if !b.plays(s) {
				continue
			}
			b.Say(fmt.Sprintf("round %d of %d: %s", b.round, b.Plan.Runs, s.Name))
			for _, p := range s.pieces(b) {
				if err := b.play(ctx, s.Name, p); err != nil {
					return err
				}
			}
		}
	}
	return b.save()
}

// plays reports whether a scenario is due in this round.
func (b *Bench) plays(s Scene) bool {
	if len(b.Plan.Only) > 0 && !slices.Contains(b.Plan.Only, s.Name) {
		return false
	}
	return b.Plan.Form != result.Brief || slices.ContainsFunc(s.brief, func(round int) bool {
		return min(round, b.Plan.Runs) == b.round
	})
}

// Takes returns about how long the bench takes in all.
func (b *Bench) Takes() (sum time.Duration) {
	now := b.round
	defer func() { b.round = now }()
	for b.round = 1; b.round <= b.Plan.Runs; b.round++ {
		for _, s := range Scenes() {
			if b.plays(s) {
				for _, p := range s.pieces(b) {
					sum += p.takes
				}
			}
		}
	}
	return sum
}

// What a stand takes to be opened, stocked, checked and closed, and what a load
// takes besides its own time, on a machine that has nothing else to do.
const (
	standTakes = 22 * time.Second
	loadTakes  = 4 * time.Second
)

// takes returns about how long a stand is needed for so many loads of the
// comparison at saturation, and so many others.
func (b *Bench) takes(loads, asides int) time.Duration {
	p := b.Plan
	return standTakes + time.Duration(loads)*(p.Warmup+p.Duration+loadTakes) + time.Duration(asides)*(p.AsideWarmup+p.Aside+loadTakes)
}

// slack is what a piece may take beyond twice of what it should before it is given
// up: with a bound to all, one that hangs must not cost the others their time.
const slack = time.Minute

// play plays a piece, unless there is no time left for it.
func (b *Bench) play(ctx context.Context, scene string, p piece) error {
	if b.Plan.Within > 0 {
		if left := time.Until(b.begun.Add(b.Plan.Within)); left < p.takes {
			return b.failed(scene, p, fmt.Sprintf("not begun: it takes about %s, and %s were left", p.takes.Round(time.Second), max(0, left).Round(time.Second)))
		}
		limited, cancel := context.WithTimeout(ctx, 2*p.takes+slack)
		defer cancel()
		ctx = limited
	}
	b.stand++
	err := p.run(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", scene, err)
	}
	return b.failed(scene, p, err.Error())
}

// failed notes what became of a piece.
func (b *Bench) failed(scene string, p piece, why string) error {
	b.Say(fmt.Sprintf("  FAILED: %s %s: %s", scene, p.what, why))
	b.Results.Failed = append(b.Results.Failed, result.Failure{Scene: scene, What: p.what, Round: b.round, Why: why})
	return b.save()
}

// describe notes what everything runs with.
func (b *Bench) describe() {
	b.Results.Plan = b.Plan
	b.Results.Settings = map[result.Mode]map[string]string{
		result.Single: stand.Settings(result.Single), result.Bundled: stand.Settings(result.Bundled),
		result.Peer: stand.PeerSettings(result.Peer), result.PeerCalm: stand.PeerSettings(result.PeerCalm),
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
