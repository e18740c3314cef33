package main

import (
	"errors"
	"flag"
	"slices"
	"testing"
	"time"

	"orpheus.example/chaos"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		err  error
	}{
		"list":           {[]string{"--list"}, nil},
		"help":           {[]string{"--help"}, flag.ErrHelp},
		"unknown_flag":   {[]string{"--fast"}, errUsage},
		"too_much":       {[]string{"now"}, errUsage},
		"unknown_fault":  {[]string{"--bin", t.TempDir(), "--faults", "flood"}, chaos.ErrSettings},
		"less_than_none": {[]string{"--bin", t.TempDir(), "--for", "-1s"}, chaos.ErrSettings},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := slices.Concat(test.args, []string{"--keep", t.TempDir()})
			if err := do(t.Context(), args); !errors.Is(err, test.err) {
				t.Errorf("do(%q) = %v; want %v", args, err, test.err)
			}
		})
	}
}

// Whoever names no seed gets one that can be typed again.
func TestParseChoosesASeed(t *testing.T) {
	t.Parallel()
	var o options
	if err := o.parse([]string{"--for", "2m", "--faults", "kill-broker,cut-database"}); err != nil {
		t.Fatalf("parse() = %v; want nil", err)
	}
	if o.Seed == 0 || o.For != 2*time.Minute || len(o.Faults) != 2 {
		t.Errorf("parse() = seed %d, %s, %q; want a seed, 2m, two faults", o.Seed, o.For, o.Faults)
	}
}
