package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/bench/stand"
	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/servers"
)

// The amounts of a bench, and of its short form.
const (
	fullRuns     = 5
	fullDuration = 3 * time.Minute
	fullWarmup   = 15 * time.Second

	quickRuns     = 1
	quickDuration = 3 * time.Second
	quickWarmup   = 1500 * time.Millisecond
	quickOnly     = "compare,parts,embedded" // the others take the same code through other loads
)

// gcPercent is what all programs run with, ours and the peer's: memory is not what
// is short, and less collecting is a tenth more orders for everybody.
const gcPercent = 400

// An options is what the command line says.
type options struct {
	runs             int
	duration, warmup time.Duration
	only, modes      string
	out, bin         string
	quick, list      bool
	noReport         bool
}

func (o *options) parse(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.runs, "runs", 0, "how often everything is measured (default 5)")
	flags.DurationVar(&o.duration, "duration", 0, "how long each load is measured (default 3m)")
	flags.DurationVar(&o.warmup, "warmup", -1, "how long each load goes on before that (default 15s)")
	flags.StringVar(&o.only, "only", "", "scenarios to play, as compare,parts; by default all of --list")
	flags.StringVar(&o.modes, "modes", "", "what to compare, of peer,single,bundled; by default all")
	flags.StringVar(&o.out, "out", "", "file of raw results (default bench/results/DATE.json)")
	flags.StringVar(&o.bin, "bin", "", "folder to build the daemons into, and to keep; by default one that is deleted")
	flags.BoolVar(&o.quick, "quick", false, "the short form: see in about a minute that the bench works, and write no report")
	flags.BoolVar(&o.list, "list", false, "list the scenarios")
	flags.BoolVar(&o.noReport, "no-report", false, "keep the results, and leave docs/bench.md as it is")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag; %w", flags.Arg(0), errUsage)
	}
	o.complete()
	if o.runs < 1 || o.duration < time.Second || o.warmup < 0 {
		return fmt.Errorf("--runs wants 1 or more, --duration 1s or more, --warmup 0 or more; %w", errUsage)
	}
	return nil
}

// complete fills in what was left out.
func (o *options) complete() {
	runs, duration, warmup := fullRuns, fullDuration, fullWarmup
	if o.quick {
		runs, duration, warmup = quickRuns, quickDuration, quickWarmup
		o.only = cmp.Or(o.only, quickOnly)
	}
	o.runs, o.duration = cmp.Or(o.runs, runs), cmp.Or(o.duration, duration)
	if o.warmup < 0 {
		o.warmup = warmup
	}
	if o.out == "" {
		o.out = filepath.Join("bench", "results", time.Now().UTC().Format("2006-01-02-1504")+".json")
		if o.quick {
			o.out = filepath.Join(os.TempDir(), "orpheus-bench-quick.json")
		}
	}
}

// scenes returns the scenarios that are asked for.
func (o *options) scenes() ([]string, error) {
	var known []string
	for _, s := range scene.Scenes() {
		known = append(known, s.Name)
	}
	return choose("--only", o.only, known)
}

// compared returns the modes that are asked for, in the order in which they must
// be measured.
func (o *options) compared() ([]result.Mode, error) {
	var known []string
	for _, m := range scene.Modes() {
		known = append(known, string(m))
	}
	chosen, err := choose("--modes", o.modes, known)
	var modes []result.Mode
	for _, m := range scene.Modes() {
		if len(chosen) == 0 || slices.Contains(chosen, string(m)) {
			modes = append(modes, m)
		}
	}
	return modes, err
}

// choose returns the names in a list, all of which must be known.
func choose(option, list string, known []string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var chosen []string
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%s: %q is none of %s; %w", option, name, strings.Join(known, ", "), errUsage)
		}
		chosen = append(chosen, name)
	}
	return chosen, nil
}

// measure runs a bench, and writes the report unless it was a short one.
func measure(ctx context.Context, args []string) error {
	var o options
	if err := o.parse(args); err != nil {
		return err
	}
	if o.list {
		for _, s := range scene.Scenes() {
			fmt.Printf("%-10s %s\n", s.Name, s.Says)
		}
		return nil
	}
	debug.SetGCPercent(gcPercent)
	b, err := o.bench(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := b.Run(ctx); err != nil {
		return err
	}
	fmt.Printf("took %s; results are in %s\n", time.Since(begun).Round(time.Second), o.out)
	if o.quick {
		return complete(b.Results)
	}
	if o.noReport {
		return nil
	}
	return report([]string{o.out})
}

// bench builds the daemons and makes the plan.
func (o *options) bench(ctx context.Context) (*scene.Bench, error) {
	only, err := o.scenes()
	if err != nil {
		return nil, err
	}
	modes, err := o.compared()
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	root, err := devstack.Root()
	if err != nil {
		return nil, err
	}
	bin := o.bin
	if bin == "" {
		if bin, err = servers.Scratch(); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	say := func(line string) { fmt.Printf("%8s  %s\n", time.Since(begun).Round(time.Second), line) }
	say("building the daemons")
	daemons := append(stand.Daemons(1), devstack.Daemon{Name: "peer", Package: stand.PeerPackage})
	if err := devstack.Build(ctx, root, bin, daemons); err != nil {
		return nil, err
	}
	return &scene.Bench{
		Plan:  result.Plan{Runs: o.runs, Duration: o.duration, Warmup: o.warmup, Quick: o.quick, Only: only},
		Modes: modes, Bin: bin, Program: program, Out: o.out, Say: say,
		Results: &result.File{Begun: begun.UTC(), Machine: machine(ctx, root), Versions: versions(ctx, bin)},
	}, nil
}

// errNothing says that a part of the bench has measured nothing.
var errNothing = errors.New("nothing was measured")

// complete sees that every part of a short bench has yielded something: a load
// its orders, a process its time, a part its costs.
func complete(f *result.File) error {
	for _, r := range f.Runs {
		if r.Rate() <= 0 || r.CPUPerOrder("") <= 0 || r.Load.Place.Count == 0 || r.Load.Delivered.Count == 0 {
			return fmt.Errorf("%s of %s: %w", r.Scene, r.Mode, errNothing)
		}
	}
	for _, p := range f.Parts {
		c := p.Costs
		for name, v := range map[string]float64{
			"unit": c.Unit, "message": c.BrokerPublish + c.BrokerDeliver, "bundle": c.BundleBrokerPublish + c.BundleBrokerDeliver,
			"call": c.Call, "encode": c.Encode, "decode": c.Decode,
		} {
			if v <= 0 {
				return fmt.Errorf("%s: %w", name, errNothing)
			}
		}
	}
	return nil
}
