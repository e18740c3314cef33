package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/bench/limit"
	"orpheus.example/bench/result"
	"orpheus.example/onebox/load"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args             string
		runs             int
		duration, warmup time.Duration
	}{
		"nothing_is_the_full_form": {"", 5, 3 * time.Minute, 15 * time.Second},
		"quick_is_short":           {"--quick", 1, 3 * time.Second, 1500 * time.Millisecond},
		"what_is_said_counts":      {"--quick --runs 2 --duration 10s --warmup 0", 2, 10 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o options
			if err := o.parse(strings.Fields(c.args)); err != nil || o.runs != c.runs || o.duration != c.duration || o.warmup != c.warmup {
				t.Errorf("parse(%q) = %d runs, %s after %s, %v; want %d, %s after %s", c.args, o.runs, o.duration, o.warmup, err, c.runs, c.duration, c.warmup)
			}
		})
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"--runs -1", "--duration 1ms", "--speed 9", "now"} {
		var o options
		if err := o.parse(strings.Fields(args)); !errors.Is(err, errUsage) {
			t.Errorf("parse(%q) = %v; want errUsage", args, err)
		}
	}
	if err := new(options).parse([]string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("parse(--help) = %v; want flag.ErrHelp", err)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	o := options{only: "hot,compare", modes: "bundled,peer"}
	scenes, err := o.scenes()
	if diff := cmp.Diff([]string{"hot", "compare"}, scenes); err != nil || diff != "" {
		t.Errorf("scenes() differ (%v):\n%s", err, diff)
	}
	// The peer always comes first: the others are measured at its rate.
	modes, err := o.compared()
	if diff := cmp.Diff([]result.Mode{result.Peer, result.Bundled}, modes); err != nil || diff != "" {
		t.Errorf("compared() differ (%v):\n%s", err, diff)
	}
	for _, wrong := range []options{{only: "nothing"}, {modes: "file"}} {
		_, err := wrong.scenes()
		_, err2 := wrong.compared()
		if !errors.Is(errors.Join(err, err2), errUsage) {
			t.Errorf("choices %+v = %v, %v; want errUsage", wrong, err, err2)
		}
	}
}

func TestCompleteWantsEveryFigure(t *testing.T) {
	t.Parallel()
	whole := result.Run{
		Delivered: 10, CPU: map[string]time.Duration{"order": time.Second},
		Load: load.Report{DeliveredRate: 5, Place: load.Latency{Count: 1}, Delivered: load.Latency{Count: 1}},
	}
	costs := limit.Costs{Unit: 1, BrokerPublish: 1, BundleBrokerDeliver: 1, Call: 1, Encode: 1, Decode: 1}
	f := &result.File{Runs: []result.Run{whole}, Parts: []result.Parts{{Costs: costs}}}
	if err := complete(f); err != nil {
		t.Errorf("complete(whole) = %v; want nil", err)
	}
	costs.Call = 0
	if err := complete(&result.File{Parts: []result.Parts{{Costs: costs}}}); !errors.Is(err, errNothing) {
		t.Errorf("complete(calls cost nothing) = %v; want errNothing", err)
	}
	whole.Load.Delivered.Count = 0
	if err := complete(&result.File{Runs: []result.Run{whole}}); !errors.Is(err, errNothing) {
		t.Errorf("complete(no order delivered) = %v; want errNothing", err)
	}
}
