// Devstack runs the shop, or the servers that its tests need, on this machine.
//
//	devstack test -- go test ./...   run a command with a broker and a database
//	devstack run                     bring the whole shop up, and leave it up
//	devstack status                  say what is up
//	devstack stop                    end what run started; the data stays
//	devstack wipe                    stop, and delete the data
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"orpheus.example/deploy/devstack"
)

const usage = `Devstack runs the shop, or the servers that its tests need, on this machine.

  devstack test -- CMD [ARG...]  run CMD with ORPHEUS_TEST_AMQP_URL and
                                 ORPHEUS_TEST_POSTGRES_URL set; the servers are
                                 those that these name already, or private ones,
                                 or Docker's, or installed (as root on Debian)
  devstack run [FLAG...]         bring the whole shop up, and leave it up
  devstack status [-dir DIR]     say what is up
  devstack stop [-dir DIR]       end what run started, and nothing else; the
                                 data stays
  devstack wipe [-dir DIR]       stop, and delete DIR with all data

Daemons get our ORPHEUS_* and OTEL_* variables.

Flags:
`

// An options is what the command line says.
type options struct {
	dir  string
	base int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code, err := devstackMain(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "devstack:", err)
	}
	os.Exit(code)
}

// errUsage says that the command line makes no sense.
var errUsage = errors.New("see devstack --help")

// devstackMain does what args ask for and returns the exit code.
func devstackMain(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 {
		return 2, errUsage
	}
	var o options
	flags := flag.NewFlagSet("devstack", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.dir, "dir", ".run", "folder of data, logs and programs")
	flags.IntVar(&o.base, "base", devstack.DefaultBase, "first port: order listens on the next one")
	verb, rest := args[0], args[1:]
	if verb == "help" || verb == "--help" || verb == "-help" || verb == "-h" {
		return help(flags)
	}
	if err := flags.Parse(rest); errors.Is(err, flag.ErrHelp) {
		return help(flags)
	} else if err != nil {
		return 2, fmt.Errorf("%w; %w", err, errUsage)
	}
	return do(ctx, verb, o, flags.Args())
}

// help prints what devstack can do.
func help(flags *flag.FlagSet) (int, error) {
	fmt.Print(usage)
	flags.SetOutput(os.Stdout)
	flags.PrintDefaults()
	return 0, nil
}

// do does what verb says.
func do(ctx context.Context, verb string, o options, rest []string) (int, error) {
	if verb == "test" && len(rest) > 0 {
		return devstack.Test(ctx, say, rest)
	}
	if len(rest) > 0 {
		return 2, fmt.Errorf("%q is too much; %w", rest, errUsage)
	}
	switch verb {
	case "run":
		return exit(up(ctx, o))
	case "status":
		return status(o)
	case "stop":
		return exit(devstack.Down(ctx, o.dir, say))
	case "wipe":
		return exit(devstack.Wipe(ctx, o.dir, say))
	}
	return 2, errUsage
}

// exit turns an error into an exit code.
func exit(err error) (int, error) {
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// up brings the shop up and says where it is.
func up(ctx context.Context, o options) error {
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	already, err := devstack.Up(ctx, root, devstack.Config{Dir: o.dir, Base: o.base, Say: say})
	if err != nil {
		return err
	}
	if already {
		say("all is up already")
	}
	s, err := devstack.Look(o.dir)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n", s)
	fmt.Print(s.Hints(o.dir))
	return nil
}

// status says what is up, and exits with 1 unless all is.
func status(o options) (int, error) {
	s, err := devstack.Look(o.dir)
	if err != nil {
		return 1, err
	}
	fmt.Print(s)
	if !s.Whole(devstack.Daemons()) {
		say("not up, or not all of it; `make run` starts it")
		return 1, nil
	}
	return 0, nil
}

// say tells of a step. It goes where a command's own output does not.
func say(line string) { fmt.Fprintln(os.Stderr, "devstack:", line) }
