package scene

import (
	"context"
	"fmt"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
	"orpheus.example/onebox/load"
)

const (
	// watched is how many orders a second are followed to their end, by a stream
	// each: some five thousand in three minutes. More would be a good part of what
	// is measured.
	watched = 30
	// lastLook is how long before the end of the steady time memory is looked at.
	lastLook = 1500 * time.Millisecond
)

// saturation is a load that keeps so many orders under way as the mode needs to
// show what it can do.
func (b *Bench) saturation(mode result.Mode) load.Config {
	c, q := b.config(), b.quantities()
	c.Window, c.WatchShare = q.window, 0.02
	switch mode {
	case result.Peer, result.PeerCalm:
		c.Window, c.WatchShare = q.peerWindow, 0.2
	case result.OnFile, result.InMind:
		c.Window = q.boxWindow
	case result.Single, result.Bundled:
	}
	if b.Plan.Form == result.Quick {
		c.WatchShare = 1
	}
	return c
}

// rate is a load of so many orders a second.
func (b *Bench) rate(perSecond float64) load.Config {
	c := b.config()
	c.Rate, c.WatchShare = perSecond, min(1, watched/perSecond)
	return c
}

// config is what all loads have in common.
func (b *Bench) config() load.Config {
	return load.Config{
		Warmup: b.Plan.AsideWarmup, Duration: b.Plan.Aside, Drain: b.quantities().drain, Deadline: b.quantities().deadline,
		SKUs: b.quantities().items, Lines: 1, Seed: uint64(b.round), //nolint:gosec // a small number
	}
}

// measure makes a load on a stand, and keeps what was measured. Stock says whether
// the shelves are still empty.
func (b *Bench) measure(ctx context.Context, s *stand.Stand, scene string, c load.Config, stock bool) (result.Run, error) {
	run := result.Run{Scene: scene, Mode: s.Mode, Round: b.round, At: time.Now().UTC(), Stand: b.stand}
	c.Orders = s.Orders
	if stock {
		c.Stock = s.Stock
	}
	count := func() (stand.Tally, error) { return stand.Tally{}, nil }
	if scene == Saturation { // which the limit is computed for
		count = func() (stand.Tally, error) { return s.Tally(ctx) }
	}
	before, err := count()
	if err != nil {
		return run, err
	}
	watch := &watch{ctx: ctx, stand: s, sending: c.Warmup + c.Duration}
	if run.Load, err = load.Run(ctx, c, watch.tick); err != nil {
		return run, err
	}
	if run.Load.Interrupted {
		return run, fmt.Errorf("load: %w", context.Cause(ctx))
	}
	if err := run.Load.Err(); err != nil {
		return run, fmt.Errorf("load: %w", err)
	}
	if err := watch.report(&run); err != nil {
		return run, err
	}
	after, err := count()
	if err != nil {
		return run, err
	}
	if counts := after.Since(before); counts.Orders > 0 {
		run.Counts = &counts
	}
	b.Results.Runs = append(b.Results.Runs, run)
	b.Say("  " + line(run))
	return run, b.save()
}

// line says what a run has found.
func line(r result.Run) string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%-8s %-16s %7.1f delivered/s  place p99 %.1f ms  delivered p50 %.1f p99 %.1f ms  CPU %.2f ms/order  WAL %.1f kB/order",
		r.Mode, r.Scene, r.Rate(), ms(r.Load.Place.P99), ms(r.Load.Delivered.P50), ms(r.Load.Delivered.P99), r.CPUPerOrder(""), r.WALPerOrder()/1000)
}

// A watch looks at the processes while a load goes on: when its steady time
// begins, and then every second, so that the last look is one within it.
type watch struct {
	ctx     context.Context //nolint:containedctx // of the one load that is watched
	stand   *stand.Stand
	sending time.Duration

	first, last   stand.Look
	before, after load.Tick
	err           error
}

func (w *watch) tick(t load.Tick) {
	if t.Phase != "steady" || w.err != nil {
		return
	}
	look, err := w.stand.Look(w.ctx, t.At > w.sending-lastLook)
	if err != nil {
		w.err = err
		return
	}
	if w.first.At.IsZero() {
		w.first, w.before = look, t
	}
	w.last, w.after = look, t
}

// report puts what was seen into run.
func (w *watch) report(run *result.Run) error {
	run.Window = w.last.At.Sub(w.first.At)
	run.Delivered = w.after.Delivered - w.before.Delivered
	run.CPU, run.WAL = w.last.Since(w.first)
	run.Memory = w.last.Memory
	return w.err
}

// check compares the books after all loads of a stand. Only if they agree do its
// runs count.
func (b *Bench) check(ctx context.Context, s *stand.Stand, accepted int64) error {
	books, err := s.Check(ctx, accepted, b.quantities().verify)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Mode, err)
	}
	b.Say(fmt.Sprintf("  %-8s books agree: %d orders counted, %d read whole, in %s", s.Mode, books.Orders, books.Verified, books.Took.Round(time.Millisecond)))
	books.Stand = b.stand
	b.Results.Books = append(b.Results.Books, *books)
	for i := range b.Results.Runs {
		if r := &b.Results.Runs[i]; r.Stand == b.stand {
			r.Checked = true
		}
	}
	return b.save()
}
