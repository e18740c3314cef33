package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
)

// plans are the forms of a bench. A brief one fits into the time in which a
// machine can be had for it, and everything worth a goal comes early in it.
var plans = map[result.Form]result.Plan{
	result.Full: {
		Runs: 5, Duration: 3 * time.Minute, Warmup: 15 * time.Second,
		Aside: 3 * time.Minute, AsideWarmup: 15 * time.Second, Events: scene.Events,
	},
	result.Brief: {
		Runs: 3, Duration: 45 * time.Second, Warmup: 10 * time.Second,
		Aside: 30 * time.Second, AsideWarmup: 5 * time.Second, Events: scene.BriefEvents, Within: 38 * time.Minute,
	},
	result.Quick: {
		Runs: 1, Duration: 3 * time.Second, Warmup: 1500 * time.Millisecond,
		Aside: 3 * time.Second, AsideWarmup: 1500 * time.Millisecond, Events: scene.QuickEvents,
		Only: []string{"compare", "parts", "embedded"}, // the others take the same code through other loads
	},
}

// An options is what the command line says.
type options struct {
	plan     result.Plan
	modes    string
	out, bin string
	list     bool
	noReport bool
}

func (o *options) parse(args []string) error {
	var brief, quick bool
	var only string
	said := result.Plan{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&brief, "brief", false, "most things once: three rounds of the comparison, in 36 minutes")
	flags.BoolVar(&quick, "quick", false, "the short form: see in about a minute that the bench works, and write no report")
	flags.IntVar(&said.Runs, "runs", 0, "how often everything is measured (default 5)")
	flags.DurationVar(&said.Duration, "duration", 0, "how long each load is measured (default 3m)")
	flags.DurationVar(&said.Warmup, "warmup", 0, "how long each load goes on before that (default 15s)")
	flags.DurationVar(&said.Within, "within", 0, "begin nothing that would end later than that; without it (but for --brief) take whatever time it takes")
	flags.Int64Var(&said.Events, "events", 0, "in the log that is long")
	flags.StringVar(&only, "only", "", "scenarios to play, as compare,parts; by default all of --list")
	flags.StringVar(&o.modes, "modes", "", "what to compare, of peer,single,bundled; by default all")
	flags.StringVar(&o.out, "out", "", "file of raw results (default bench/results/DATE.json)")
	flags.StringVar(&o.bin, "bin", "", "folder to build the daemons into, and to keep; by default one that is deleted")
	flags.BoolVar(&o.list, "list", false, "list the scenarios, and how long all of it would take")
	flags.BoolVar(&o.noReport, "no-report", false, "keep the results, and leave docs/bench.md as it is")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag; %w", flags.Arg(0), errUsage)
	}
	if only != "" {
		said.Only = strings.Split(only, ",")
	}
	return o.complete(form(brief, quick), said, given(flags, "warmup"))
}

// given reports whether a flag was set. Where nothing is a choice too, the value
// alone does not tell.
func given(flags *flag.FlagSet, name string) (was bool) {
	flags.Visit(func(f *flag.Flag) { was = was || f.Name == name })
	return was
}

func form(brief, quick bool) result.Form {
	switch {
	case quick:
		return result.Quick
	case brief:
		return result.Brief
	}
	return result.Full
}

// complete makes the plan of a form, with what was said in place of its own. Of the
// warm-up it must be told whether anything was said.
func (o *options) complete(form result.Form, said result.Plan, warmup bool) error {
	p := plans[form]
	p.Form = form
	p.Runs, p.Events, p.Within = cmp.Or(said.Runs, p.Runs), cmp.Or(said.Events, p.Events), cmp.Or(said.Within, p.Within)
	if said.Duration != 0 {
		p.Duration, p.Aside = said.Duration, said.Duration
	}
	if warmup {
		p.Warmup, p.AsideWarmup = said.Warmup, said.Warmup
	}
	if said.Only != nil {
		p.Only = said.Only
	}
	if p.Runs < 1 || p.Duration < time.Second || p.Warmup < 0 || p.Events < 1 || p.Within < 0 {
		return fmt.Errorf("--runs and --events want 1 or more, --duration 1s or more, --warmup and --within 0 or more; %w", errUsage)
	}
	o.plan = p
	switch {
	case o.out != "":
	case form == result.Quick:
		o.out = filepath.Join(os.TempDir(), "orpheus-bench-quick.json")
	default:
		o.out = filepath.Join("bench", "results", time.Now().UTC().Format("2006-01-02-1504")+".json")
	}
	return o.knows()
}

// knows refuses scenarios that there are not.
func (o *options) knows() error {
	var known []string
	for _, s := range scene.Scenes() {
		known = append(known, s.Name)
	}
	return among("--only", o.plan.Only, known)
}

// compared returns the modes that are asked for, in the order in which they must
// be measured.
func (o *options) compared() ([]result.Mode, error) {
	switch {
	case o.modes != "":
	case o.plan.Form == result.Quick:
		return []result.Mode{result.Peer, result.Bundled}, nil // one fact per message is a setting
	default:
		return scene.Modes(), nil
	}
	var known []string
	chosen := strings.Split(o.modes, ",")
	var modes []result.Mode
	for _, m := range scene.Modes() {
		known = append(known, string(m))
		if slices.Contains(chosen, string(m)) {
			modes = append(modes, m)
		}
	}
	return modes, among("--modes", chosen, known)
}

// among refuses names that are not known.
func among(option string, names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: %q is none of %s; %w", option, name, strings.Join(known, ", "), errUsage)
		}
	}
	return nil
}
