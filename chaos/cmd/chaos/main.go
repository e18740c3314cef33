// Chaos breaks a shop in every way while orders flow, and sees whether anything is
// lost, doubled, missing or stuck.
//
//	chaos                          ten minutes
//	chaos --for 2m --seed 7        two, with the faults of an earlier run
//	chaos --faults kill-broker     one kind of fault only
//	chaos --list                   what kinds there are
//
// It builds the daemons, and starts private servers; nothing outlives it. Its exit
// code is 1 if anything was wrong. Then all logs are kept below .run/chaos.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"orpheus.example/chaos"
	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/servers"
)

var (
	errUsage = errors.New("see chaos --help")
	errWrong = errors.New("something is wrong")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := do(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage), errors.Is(err, chaos.ErrSettings):
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// An options is what the command line says.
type options struct {
	chaos.Config
	faults, ledger, keep string
	list                 bool
}

func (o *options) parse(args []string) error {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.DurationVar(&o.For, "for", chaos.DefaultFor, "how long faults go on, about")
	flags.Float64Var(&o.Rate, "rate", chaos.DefaultRate, "orders per second")
	flags.Uint64Var(&o.Seed, "seed", 0, "what decides which faults come, in which order; 0 has one chosen")
	flags.StringVar(&o.faults, "faults", "", "faults to choose from, as kill-broker,cut-database; by default all")
	flags.StringVar(&o.ledger, "ledger", "", "file to add a row to, such as docs/ledger.md")
	flags.StringVar(&o.keep, "keep", filepath.Join(".run", "chaos"), "folder for the logs of a run that went wrong")
	flags.StringVar(&o.Bin, "bin", "", "folder of daemons that are built already")
	flags.BoolVar(&o.list, "list", false, "list the faults")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag; %w", flags.Arg(0), errUsage)
	}
	for o.Seed == 0 {
		o.Seed = uint64(rand.Uint32()) //nolint:gosec // short, to be typed again
	}
	if o.faults != "" {
		o.Faults = strings.Split(o.faults, ",")
	}
	o.Out = os.Stdout
	return nil
}

// do does what args ask for.
func do(ctx context.Context, args []string) error {
	var o options
	if err := o.parse(args); err != nil {
		return err
	}
	if o.list {
		for _, k := range chaos.Kinds() {
			fmt.Printf("%-20s %s\n", k.Name, k.Says)
		}
		return nil
	}
	return play(ctx, o)
}

// play builds the daemons, runs, and reports.
func play(ctx context.Context, o options) error {
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	if o.Dir, err = servers.Scratch(); err != nil {
		return err
	}
	if o.Bin == "" {
		o.Bin = filepath.Join(o.Dir, "bin")
		fmt.Println("building the daemons")
		if err := devstack.Build(ctx, root, o.Bin, devstack.Daemons()); err != nil {
			return err
		}
	}
	report, err := chaos.Run(ctx, o.Config)
	if len(report.Turns) > 0 {
		err = errors.Join(err, report.Write(os.Stdout))
	}
	if err == nil && !report.Clean() {
		err = errWrong
	}
	if o.ledger != "" && report.Acknowledged > 0 {
		err = errors.Join(err, report.Enter(o.ledger, commit(ctx, root)))
	}
	if err != nil && !errors.Is(err, chaos.ErrSettings) {
		err = errors.Join(err, keep(o, report))
	}
	return err
}

// commit names the source that was tried; with a plus if it was changed since.
func commit(ctx context.Context, root string) string {
	git := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+", "--abbrev=7")
	git.Dir = root
	text, err := git.Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(text))
}

// keep keeps the logs and all that was found.
func keep(o options, report chaos.Report) error {
	to := filepath.Join(o.keep, time.Now().UTC().Format("20060102-150405")+fmt.Sprintf("-%d", o.Seed))
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	logs, _ := filepath.Glob(filepath.Join(o.Dir, "log", "*.log")) // the only error is a bad pattern
	more, _ := filepath.Glob(filepath.Join(o.Dir, "*", "*.log"))
	most, _ := filepath.Glob(filepath.Join(o.Dir, "rabbitmq", "log", "*.log"))
	var errs []error
	for _, path := range append(append(logs, more...), most...) {
		text, err := os.ReadFile(path) //nolint:gosec // of our own folder
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(path)), text, 0o600) //nolint:gosec // likewise
		}
		errs = append(errs, err)
	}
	found := strings.Join(slices.Concat(report.Violations, report.Evidence), "\n") + "\n"
	errs = append(errs, os.WriteFile(filepath.Join(to, "violations.txt"), []byte(found), 0o600))
	fmt.Println("the logs are kept in", to)
	return errors.Join(errs...)
}
