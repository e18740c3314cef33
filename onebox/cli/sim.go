package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"orpheus.example/onebox/sim"
)

// errNeverThere says that a simulation has looked, but not where trouble lies.
var errNeverThere = errors.New("something rare never happened")

// A search is one run of the simulator.
type search struct {
	sim.Config
	lasts  time.Duration
	shrink time.Duration
	replay uint64
}

func (s *session) sim() *cobra.Command {
	var f search
	c := &cobra.Command{
		Use: "sim", Short: "Look for trouble: run the shop on virtual time while everything fails",
		Long: `Run the whole shop in memory and on virtual time, one schedule of a few orders
after the other, while messages are lost, doubled and late, processes crash, and
calls fail; and see whether what is promised holds. It needs no running shop.

A seed is a schedule: the same seed does the same, to the letter. What fails is
shrunk, told, drawn as a sequence diagram, and kept in the folder of seeds, to be
run first the next time. Exits with 4 if anything was wrong.`,
		Example: `  orpheus sim --for 2m --workers 2
  orpheus sim --replay 4711`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			if f.Orders < 1 || f.Orders > sim.MostOrders {
				return misuse("--orders is %d; want 1 to %d", f.Orders, sim.MostOrders)
			}
			quiet()
			if c.Flags().Changed("replay") {
				return s.replaySeed(f)
			}
			return s.search(c.Context(), f)
		}),
	}
	c.Flags().DurationVar(&f.lasts, "for", time.Minute, "how long to look")
	c.Flags().Uint64Var(&f.Seed, "seed", 1, "the first seed; the others follow it")
	c.Flags().Uint64Var(&f.Schedules, "schedules", 0, "how many schedules to run at most (default as many as there is time for)")
	c.Flags().IntVar(&f.Orders, "orders", 3, "orders in each schedule")
	c.Flags().IntVar(&f.Workers, "workers", runtime.NumCPU(), "schedules at a time")
	c.Flags().StringVar(&f.Seeds, "seeds", "", "a folder of schedules that failed once: run first, and added to")
	c.Flags().DurationVar(&f.shrink, "shrink", 20*time.Second, "how long to look for a simpler failure")
	c.Flags().Uint64Var(&f.replay, "replay", 0, "run the schedule of this seed only, and tell what happens in it")
	return c
}

// quiet keeps the services from complaining of failures that are meant, and the
// collector from coming for the little that a schedule leaves behind. Memory that
// is too large for the processor's cache would cost as much as it saves.
func quiet() {
	debug.SetGCPercent(2000)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	otel.SetTracerProvider(noop.NewTracerProvider())
}

// replaySeed tells one schedule.
func (s *session) replaySeed(f search) error {
	told := sim.Seeded(f.replay, f.Orders).Replay()
	if err := told.WriteTranscript(s.Out); err != nil {
		return err
	}
	return told.Err()
}

// search runs schedules and reports.
func (s *session) search(ctx context.Context, f search) error {
	ctx, cancel := context.WithTimeout(ctx, f.lasts)
	defer cancel()
	r, err := sim.Run(ctx, f.Config)
	if err != nil {
		return err
	}
	if err := writeCounts(s.Out, r); err != nil {
		return err
	}
	if r.Failure != nil {
		return s.tellFailure(f, r.Failure)
	}
	missing := r.Counts.Missing()
	if len(missing) > 0 && r.Schedules >= sim.Enough {
		return fmt.Errorf("%w: %s", errNeverThere, named(missing))
	}
	return nil
}

func named(missing []sim.Rare) string {
	words := make([]string, len(missing))
	for i, r := range missing {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}

// writeCounts says what was looked at.
func writeCounts(out io.Writer, r sim.Result) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, n := range r.Counts {
		_, _ = fmt.Fprintf(t, "%d\t  %s\n", n, sim.Rare(i)) // Flush tells of any error
	}
	if err := t.Flush(); err != nil {
		return err
	}
	rate := float64(r.Schedules) / max(r.Took.Seconds(), 0.001)
	_, err := fmt.Fprintf(out, "%d schedules in %v (%.0f a second); %d kept seeds\n",
		r.Schedules, r.Took.Round(time.Millisecond), rate, r.Kept)
	each := func(n uint64) float64 { return float64(n) / max(float64(r.Schedules), 1) }
	_, late := fmt.Fprintf(out, "a schedule has %.0f choices, %.0f steps, %.0f messages, %.1f faults, %.0f events\n",
		each(r.Work.Draws), each(r.Work.Steps), each(r.Work.Messages), each(r.Work.Faults), each(r.Work.Events))
	return errors.Join(err, late)
}

// tellFailure shrinks a failure, tells and draws it, and keeps it.
func (s *session) tellFailure(f search, found *sim.Failure) error {
	ctx, cancel := context.WithTimeout(context.Background(), f.shrink)
	defer cancel()
	small := found.Shrink(ctx)
	if err := errors.Join(small.WriteTranscript(s.Out), small.WriteDrawing(s.Out)); err != nil {
		return err
	}
	if f.Seeds != "" {
		path, err := small.Keep(f.Seeds, strconv.FormatUint(found.Seed, 10))
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.Err, "kept as %s\n", path) // nobody is left to tell
	}
	_, _ = fmt.Fprintf(s.Err, "again: orpheus sim --orders %d --replay %d\n", f.Orders, found.Seed)
	return found.Err()
}
