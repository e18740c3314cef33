package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/bench/stand"
	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/servers"
)

// gcPercent is what all programs run with, ours and the peer's: it is the default of
// our daemons, and nobody is to be slower for collecting more often.
const gcPercent = 400

// measure runs a bench, and writes the report unless it was a short one. What was
// measured before it was interrupted is reported all the same.
func measure(ctx context.Context, args []string) error {
	var o options
	if err := o.parse(args); err != nil {
		return err
	}
	modes, err := o.compared()
	if err != nil {
		return err
	}
	b := &scene.Bench{Plan: o.plan, Modes: modes, Out: o.out}
	if o.list {
		list(b)
		return nil
	}
	debug.SetGCPercent(gcPercent)
	begun := time.Now()
	if err := o.prepare(ctx, b, begun); err != nil {
		return err
	}
	ran := b.Run(ctx)
	fmt.Printf("took %s; results are in %s\n", time.Since(begun).Round(time.Second), o.out)
	switch {
	case o.plan.Form == result.Quick:
		return errors.Join(ran, broken(b.Results), complete(b.Results))
	case o.noReport:
		return errors.Join(ran, broken(b.Results))
	}
	return errors.Join(ran, report([]string{o.out}), broken(b.Results))
}

// list says what there is to play, and how long the plan would take.
func list(b *scene.Bench) {
	for _, s := range scene.Scenes() {
		fmt.Printf("%-10s %s\n", s.Name, s.Says)
	}
	fmt.Printf("all that is planned: about %s on an idle machine\n", b.Takes().Round(time.Minute))
}

// errBroken says that a part of the bench has failed; which, is in its results.
var errBroken = errors.New("did not work")

// broken returns an error if anything has failed.
func broken(f *result.File) error {
	var errs []error
	for _, one := range f.Failed {
		errs = append(errs, fmt.Errorf("%s %s in round %d %w: %s", one.Scene, one.What, one.Round, errBroken, one.Why))
	}
	return errors.Join(errs...)
}

// prepare builds the daemons, and gives b what it runs with.
func (o *options) prepare(ctx context.Context, b *scene.Bench, begun time.Time) (err error) {
	if b.Program, err = os.Executable(); err != nil {
		return err
	}
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	if b.Bin = o.bin; b.Bin == "" {
		if b.Bin, err = servers.Scratch(); err != nil {
			return err
		}
	}
	b.Say = func(line string) { fmt.Printf("%8s  %s\n", time.Since(begun).Round(time.Second), line) }
	b.Say("building the daemons")
	daemons := append(stand.Daemons(1), devstack.Daemon{Name: "peer", Package: stand.PeerPackage})
	if err := devstack.Build(ctx, root, b.Bin, daemons); err != nil {
		return err
	}
	b.Results = &result.File{Begun: begun.UTC(), Machine: machine(ctx, root), Versions: versions(ctx, b.Bin)}
	return nil
}

// errNothing says that a part of the bench has measured nothing.
var errNothing = errors.New("nothing was measured")

// complete sees that every part of a short bench has yielded something: a load
// orders that were delivered and times that were taken of them, a part what it
// did. How much of it fell into the steady time, or how much processor time the
// system has counted, says more about what else the machine had to do, so a rate
// or a cost may be nothing.
func complete(f *result.File) error {
	for _, r := range f.Runs {
		if r.Load.Accepted == 0 || r.Load.States["delivered"] < r.Load.Accepted || r.Load.Watched == 0 || !r.Checked {
			return fmt.Errorf("%s of %s: %w", r.Scene, r.Mode, errNothing)
		}
	}
	for _, p := range f.Parts {
		for _, name := range []string{"units", "duties", "messages", "facts in bundles", "calls", "facts written"} {
			if p.Rates[name] <= 0 {
				return fmt.Errorf("%s: %w", name, errNothing)
			}
		}
	}
	return nil
}
