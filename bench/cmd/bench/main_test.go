package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/onebox/load"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args             string
		runs             int
		duration, warmup time.Duration
		within           time.Duration
	}{
		"nothing_is_the_full_form": {"", 5, 3 * time.Minute, 15 * time.Second, 0},
		"brief_has_a_bound":        {"--brief", 3, 45 * time.Second, 10 * time.Second, 38 * time.Minute},
		"quick_is_short":           {"--quick", 1, 3 * time.Second, 1500 * time.Millisecond, 0},
		"what_is_said_counts":      {"--quick --runs 2 --duration 10s --warmup 0 --within 1h", 2, 10 * time.Second, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o options
			err := o.parse(strings.Fields(c.args))
			if p := o.plan; err != nil || p.Runs != c.runs || p.Duration != c.duration || p.Warmup != c.warmup || p.Within != c.within {
				t.Errorf("parse(%q) = %+v, %v; want %d runs of %s after %s within %s", c.args, p, err, c.runs, c.duration, c.warmup, c.within)
			}
		})
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"--runs -1", "--duration 1ms", "--warmup -1s", "--speed 9", "now", "--only nothing"} {
		var o options
		if err := o.parse(strings.Fields(args)); !errors.Is(err, errUsage) {
			t.Errorf("parse(%q) = %v; want errUsage", args, err)
		}
	}
	if err := new(options).parse([]string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("parse(--help) = %v; want flag.ErrHelp", err)
	}
}

// A brief bench has to fit into its bound, with some time to spare for a machine
// that is slower than thought.
func TestTheBriefFormFits(t *testing.T) {
	t.Parallel()
	var o options
	if err := o.parse([]string{"--brief"}); err != nil {
		t.Fatal(err)
	}
	b := &scene.Bench{Plan: o.plan, Modes: scene.Modes()}
	if takes := b.Takes(); takes < o.plan.Within/2 || takes > o.plan.Within*19/20 {
		t.Errorf("Takes() = %s; want somewhat less than %s", takes, o.plan.Within)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	// The peer always comes first: the others are measured at its rate.
	modes, err := (&options{modes: "bundled,peer"}).compared()
	if diff := cmp.Diff([]result.Mode{result.Peer, result.Bundled}, modes); err != nil || diff != "" {
		t.Errorf("compared() differ (%v):\n%s", err, diff)
	}
	if _, err := (&options{modes: "file"}).compared(); !errors.Is(err, errUsage) {
		t.Errorf("compared(file) = %v; want errUsage", err)
	}
}

func TestCompleteWantsOrdersAndParts(t *testing.T) {
	t.Parallel()
	whole := result.Run{Checked: true, Load: load.Report{Accepted: 5, Watched: 1, States: map[string]int64{"delivered": 5}}}
	rates := map[string]float64{"units": 1, "duties": 1, "messages": 1, "facts in bundles": 1, "calls": 1, "facts written": 1}
	f := &result.File{Runs: []result.Run{whole}, Parts: []result.Parts{{Rates: rates}}}
	if err := complete(f); err != nil {
		t.Errorf("complete(whole) = %v; want nil", err)
	}
	for name, change := range map[string]func(*result.Run){
		"none_accepted":   func(r *result.Run) { r.Load.Accepted = 0 },
		"one_not_arrived": func(r *result.Run) { r.Load.Accepted++ },
		"none_watched":    func(r *result.Run) { r.Load.Watched = 0 },
		"not_checked":     func(r *result.Run) { r.Checked = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := whole
			change(&r)
			if err := complete(&result.File{Runs: []result.Run{r}}); !errors.Is(err, errNothing) {
				t.Errorf("complete(%+v) = %v; want errNothing", r.Load, err)
			}
		})
	}
	if err := complete(&result.File{Parts: []result.Parts{{}}}); !errors.Is(err, errNothing) {
		t.Errorf("complete(no rates) = %v; want errNothing", err)
	}
}
