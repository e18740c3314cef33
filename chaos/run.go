package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/onebox/load"
)

const (
	// warmup is how long orders flow before anything is broken.
	warmup = 3 * time.Second
	// drain is how long the load itself waits for its orders to end. What has not
	// ended by then is waited for by the judge.
	drain = time.Minute
	// tooLong is how many times its time a run may take, and a minute, before no
	// more faults are begun.
	tooLong = 3
	// items is how many different things are sold.
	items = 20
	// atOnce is how many calls are under way at most. Those that come while a
	// fault lasts are made later, all at once.
	atOnce = 256
	// behind is how long services may be busy with what waited before it is no
	// longer watched when they come to what is new.
	behind = 30 * time.Second
)

// A Turn is what came of one fault, or of two at once.
type Turn struct {
	N       int
	Faults  []string
	Victims []string

	Attempts, Acknowledged int64
	Lost, Doubled, Missing int // of the orders acknowledged in it

	Took      time.Duration // all of it
	Recovered time.Duration // from when all was put right until a message was handled
	Late      bool          // more than is asked for
	CaughtUp  time.Duration // and until one about a new order was; 0 if not for long
	Busy      error         // who still used more than before, after some time
	Wrong     string        // what was not as it should be afterwards
}

// A run is one run of chaos.
type run struct {
	Config
	*shop
	report Report
	took   chan loaded // what came of the load
	stop   context.CancelFunc
}

// A loaded is what came of the load.
type loaded struct {
	report load.Report
	err    error
}

// Run breaks a shop in every way, and reports. The error says that this could not
// be done; what was found is in the report.
func Run(ctx context.Context, c Config) (_ Report, err error) {
	if c, err = c.complete(); err != nil {
		return Report{}, err
	}
	r := &run{Config: c, report: Report{Seed: c.Seed, For: c.For, Rate: c.Rate, Began: time.Now().UTC()}, took: make(chan loaded, 1)}
	r.say("seed %d, %s, %g orders per second", c.Seed, c.For, c.Rate)
	if r.shop, err = openShop(ctx, c); err != nil {
		return r.report, err
	}
	defer func() {
		if r.stop != nil {
			r.stop()
		}
		err = errors.Join(err, r.Close())
	}()
	if err := r.begin(ctx); err != nil {
		return r.report, err
	}
	err = r.play(ctx)
	r.report.Faulted = time.Since(r.report.Began)
	if err == nil {
		err = r.judge(ctx)
	}
	r.report.Took = time.Since(r.report.Began)
	return r.report, err
}

// say tells how it goes.
func (r *run) say(format string, args ...any) { _, _ = fmt.Fprintf(r.Out, format+"\n", args...) }

// begin has orders flow, and learns what is normal.
func (r *run) begin(ctx context.Context) error {
	loading, stop := context.WithCancel(ctx)
	r.stop = stop
	flowing := make(chan struct{})
	var once sync.Once
	go func() {
		report, err := load.Run(loading, load.Config{
			Orders: r.witness.orders(), Stock: inventoryv1.NewInventoryServiceClient(r.conns["inventory"]),
			Rate: r.Rate, Duration: tooLong*r.For + time.Hour, Mix: load.Realistic, SKUs: items, Lines: 2,
			Seed: r.Seed, Drain: drain, AtOnce: atOnce,
		}, func(load.Tick) { once.Do(func() { close(flowing) }) })
		r.took <- loaded{report, err}
	}()
	select {
	case <-flowing:
	case l := <-r.took:
		return fmt.Errorf("load: %w", l.err)
	}
	pause(ctx, warmup)
	if err := r.watchNormal(ctx); err != nil {
		return err
	}
	for _, name := range services {
		r.say("%-10s %s", name, r.normal[name])
	}
	return nil
}

// play plays the deck, and then kills services until the time is over.
func (r *run) play(ctx context.Context) error {
	begun := time.Now()
	deck := deal(r.Config)
	for _, c := range deck {
		if time.Since(begun) > tooLong*r.For+time.Minute {
			r.say("cut short: %d of %d turns were played", c.n-1, len(deck))
			break
		}
		if err := r.turn(ctx, c); err != nil {
			return err
		}
	}
	for n := len(deck) + 1; time.Since(begun) < r.For && len(r.Faults) == 0; n++ {
		if err := r.turn(ctx, card{n, faults[:1]}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// turn plays one turn, and returns when all is well again, or clearly is not.
func (r *run) turn(ctx context.Context, c card) error {
	begun := time.Now()
	r.witness.begin(c.n)
	trials := make([]*trial, len(c.faults))
	errs := make([]error, len(c.faults))
	var both sync.WaitGroup
	for i, f := range c.faults {
		//nolint:gosec // to be repeated, not to be secret
		t := &trial{shop: r.shop, luck: rand.New(rand.NewPCG(r.Seed, uint64(c.n)<<8|uint64(i)+1))}
		trials[i] = t
		both.Go(func() { errs[i] = f.try(ctx, t) })
	}
	both.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	done := Turn{N: c.n}
	for i, f := range c.faults {
		done.Faults = append(done.Faults, f.name)
		done.Victims = append(done.Victims, trials[i].victims...)
		r.report.Kills = r.report.plus(trials[i].Kills)
		if errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", f.name, errs[i])
		}
	}
	r.recover(ctx, c, trials, &done, errors.Join(errs...))
	done.Took = time.Since(begun)
	r.note(done)
	return ctx.Err()
}

// recover waits until all who were touched handle messages again and use no more
// than they did.
func (r *run) recover(ctx context.Context, c card, trials []*trial, done *Turn, err error) {
	if err == nil {
		err = r.clock(ctx, c, trials, done)
	}
	r.healAllWays()
	err = errors.Join(err, r.whole(ctx))
	if err == nil {
		done.Busy = r.calm(ctx)
	}
	if err != nil && ctx.Err() == nil {
		done.Wrong = err.Error()
	}
}

// clock takes the time from when all was put right until messages are handled
// again, and until the first of new orders are.
func (r *run) clock(ctx context.Context, c card, trials []*trial, done *Turn) error {
	since, healed, within, silent := map[string]int64{}, time.Time{}, time.Duration(0), false
	for i, t := range trials {
		for name, at := range t.since {
			if before, ok := since[name]; !ok || at < before {
				since[name] = at
			}
		}
		if t.healed.After(healed) {
			healed = t.healed
		}
		within, silent = max(within, c.faults[i].within), silent || t.silent
	}
	fresh := func() []string { return r.witness.since(healed) }
	if silent { // what they still have in hand says nothing
		err := r.pulse.awaitFresh(ctx, since, patience, fresh)
		done.Recovered = time.Since(healed)
		done.Late, done.CaughtUp = done.Recovered > within, done.Recovered
		return err
	}
	err := r.pulse.awaitAny(ctx, since)
	done.Recovered = time.Since(healed)
	done.Late = done.Recovered > within
	if err == nil && r.pulse.awaitFresh(ctx, since, behind, fresh) == nil {
		done.CaughtUp = time.Since(healed)
	}
	return err
}

// whole sees that every service runs. One that has ended by itself is started
// again, so that the run can go on.
func (r *run) whole(ctx context.Context) error {
	var errs []error
	for _, name := range services {
		if r.Pid(name) == 0 {
			errs = append(errs, fmt.Errorf("%s has ended by itself", name), r.Start(ctx, name))
		}
	}
	return errors.Join(errs...)
}

// note keeps and tells what came of a turn.
func (r *run) note(done Turn) {
	t := r.witness.tally(done.N)
	done.Attempts, done.Acknowledged = t.attempts, t.acknowledged
	slices.Sort(done.Victims) // two faults may have met the same one
	done.Victims = slices.Compact(done.Victims)
	whom := strings.Join(done.Victims, " ")
	if len(done.Victims) == len(services) {
		whom = "all"
	}
	r.report.Turns = append(r.report.Turns, done)
	line := fmt.Sprintf("%4d  %-34s %-22s attempts %4d  acknowledged %4d  took %4.1fs  recovered in %.2fs  caught up in %.2fs",
		done.N, strings.Join(done.Faults, " + "), whom, done.Attempts, done.Acknowledged, done.Took.Seconds(),
		done.Recovered.Seconds(), done.CaughtUp.Seconds())
	if done.Late {
		line += "  LATE"
	}
	if done.Busy != nil {
		line += "  BUSY: " + done.Busy.Error()
	}
	if done.Wrong != "" {
		line += "  WRONG: " + done.Wrong
	}
	r.say("%s", line)
}

// of returns the report's turn of a number, nil if there is none.
func (r *run) of(n int) *Turn {
	i := slices.IndexFunc(r.report.Turns, func(t Turn) bool { return t.N == n })
	if i < 0 {
		return nil
	}
	return &r.report.Turns[i]
}
